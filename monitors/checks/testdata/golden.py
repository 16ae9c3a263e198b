"""Writes golden-scipy.json: p-values and statistics of scipy 1.17.1 for
random tables and samples. Run: python3 golden.py > golden-scipy.json"""
import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(7)
out = {"source": "golden.py with scipy 1.17.1", "fisher": [], "chi_square": [], "student": [], "ks": [], "kolmogorov": [], "contingency": []}

for a, b, c, d in [(0, 1, 0, 1), (1, 0, 0, 1), (3, 1, 1, 3), (8, 2, 1, 5), (0, 50, 5, 45), (10, 90, 10, 90), (1000, 999000, 20, 9980),
                   (1000, 999000, 60, 9940), (5, 1995, 300, 700), (500000, 500000, 480, 520), (500000, 500000, 4000, 6000),
                   (999999, 1, 29, 1), (0, 1000000, 1, 29), (30, 0, 0, 30), (1000, 0, 0, 1000)]:
    out["fisher"].append({"table": [a, b, c, d], "p": stats.fisher_exact([[a, b], [c, d]]).pvalue})

for x, df in [(0.5, 1), (3.84, 1), (9, 9), (30, 9), (359.6404888523824, 1), (1200, 9), (100, 99), (250, 99), (5100, 4999)]:
    out["chi_square"].append({"x": x, "df": df, "p": stats.chi2.sf(x, df)})

for t, nu in [(0, 6), (1, 6), (-3.5, 6), (8, 27), (60, 6), (-0.3, 12)]:
    out["student"].append({"t": t, "nu": nu, "p": 2 * stats.t.sf(abs(t), nu)})

for n, m, shift, step in [(10, 10, 0, 0), (50, 30, 1, 0), (100, 100, 3, 0), (500, 20, 0, 0.5), (1000, 900, 0.1, 0), (300, 300, 0.4, 0.25), (7, 1000, 1, 0), (1, 1, 0, 0)]:
    r, c = rng.normal(size=n).round(6), rng.normal(shift, 1, size=m).round(6)
    if step:
        r, c = np.round(r / step) * step, np.round(c / step) * step
    k = stats.ks_2samp(r, c, method="exact")
    out["ks"].append({"reference": list(r), "current": list(c), "d": k.statistic, "p": k.pvalue, "wasserstein": stats.wasserstein_distance(r, c)})

for n, d in [(200, 0.05), (200, 0.0957), (200, 0.15), (200, 0.3), (1000, 0.02), (1000, 0.06), (5000, 0.018), (5000, 0.03), (5000, 0.2),
             (200000, 0.0025), (200000, 0.004), (1000000, 0.0015), (1000000, 0.003), (1000000, 0.01), (500, 0.9), (30, 0.1), (30, 0.3)]:
    out["kolmogorov"].append({"n": n, "d": d, "p": stats.kstwo.sf(d, n)})

for rows in [[[10, 10, 20], [20, 20, 20]], [[120, 80, 40], [90, 95, 70]], [[100000, 200000, 5000], [400, 600, 40]]]:
    k = stats.chi2_contingency(rows, correction=False)
    out["contingency"].append({"table": rows, "x": k.statistic, "p": k.pvalue})

print(json.dumps(out))
