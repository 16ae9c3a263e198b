"""Writes golden-peers.json: what evidently 0.7.23, nannyml 0.13.1, and scipy
1.17.1 by the formulas of TFDV and Deequ, give of the same samples.
Run: python3 peers.py > golden-peers.json"""
import json

import numpy as np
import pandas as pd
from evidently.legacy.calculations.stattests.hellinger_distance import _hellinger_distance
from evidently.legacy.calculations.stattests.jensenshannon import _jensenshannon
from evidently.legacy.calculations.stattests.kl_div import _kl_div
from evidently.legacy.calculations.stattests.psi import _psi
from evidently.legacy.calculations.stattests.wasserstein_distance_norm import _wasserstein_distance_norm
from evidently.legacy.core import ColumnType
from nannyml.drift.univariate.methods import (CategoricalJensenShannonDistance, ContinuousHellingerDistance,
                                              ContinuousJensenShannonDistance)
from nannyml.chunk import DefaultChunker
from nannyml.thresholds import ConstantThreshold
from scipy.spatial.distance import jensenshannon

rng = np.random.default_rng(23)


def nannyml(method, r, c):
    m = method(chunker=DefaultChunker(), threshold=ConstantThreshold(), computation_params={})
    m._fit(pd.Series(r))
    return m._calculate(pd.Series(c))


def numbers(name, r, c, note=""):
    r, c = np.round(np.asarray(r, float), 6), np.round(np.asarray(c, float), 6)
    ev = lambda f: float(f(pd.Series(r), pd.Series(c), ColumnType.Numerical, 0.1)[0])
    back = lambda f: float(f(pd.Series(c), pd.Series(r), ColumnType.Numerical, 0.1)[0])
    return {"name": name, "note": note, "reference": r.tolist(), "current": c.tolist(), "want": {
        "evidently_psi": ev(_psi), "evidently_js_nats": ev(_jensenshannon), "evidently_hellinger": ev(_hellinger_distance),
        "evidently_kl_swapped": back(_kl_div), "evidently_wasserstein": ev(_wasserstein_distance_norm),
        "nannyml_js": float(nannyml(ContinuousJensenShannonDistance, r, c)),
        "nannyml_hellinger": float(nannyml(ContinuousHellingerDistance, r, c)),
    }}


def categories(name, r, c):
    lists = [sum(([k] * n for k, n in side.items()), []) for side in (r, c)]
    ev = lambda f: float(f(pd.Series(lists[0]), pd.Series(lists[1]), ColumnType.Categorical, 0.1)[0])
    keys = sorted(set(r) | set(c))
    p = np.array([r.get(k, 0) for k in keys]) / len(lists[0])
    q = np.array([c.get(k, 0) for k in keys]) / len(lists[1])
    n, m = len(lists[0]), len(lists[1])
    d = float(np.max(np.abs(p - q)))
    return {"name": name, "reference": r, "current": c, "want": {
        "evidently_psi": ev(_psi), "evidently_js_nats": ev(_jensenshannon), "evidently_hellinger": ev(_hellinger_distance),
        "nannyml_js": float(nannyml(CategoricalJensenShannonDistance, lists[0], lists[1])),
        "tfdv_js": float(jensenshannon(p, q, 2) ** 2), "tfdv_l_infinity": d,
        "deequ_l_infinity_robust": max(0.0, d - 1.8 * np.sqrt((n + m) / (n * m))),
    }}


out = {"source": "peers.py with evidently 0.7.23, nannyml 0.13.1, scipy 1.17.1, numpy 2.4.6", "numbers": [
    numbers("normal", rng.normal(0, 1, 400), rng.normal(0.3, 1.2, 200)),
    numbers("lognormal", np.exp(rng.normal(0, 1, 500)), np.exp(rng.normal(0.2, 1.3, 300))),
    numbers("ties on edges", rng.integers(0, 100, 600), rng.integers(5, 121, 300)),
    numbers("inside", rng.normal(0, 1, 300), rng.normal(0, 0.3, 100)),
], "categories": [
    categories("one unseen", {"a": 50, "b": 30, "c": 20}, {"a": 20, "b": 15, "d": 5}),
    categories("plain", {"a": 500, "b": 300, "c": 200}, {"a": 40, "b": 35, "c": 25}),
]}
print(json.dumps(out))
