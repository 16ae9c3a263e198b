#!/usr/bin/env python3
"""Makes a stream whose drift is known, and says what must be found in it.

    generate.py OUT [--records 50000] [--reference 20000] [--windows 10] [--seed 1]

writes into the folder OUT

    records.jsonl    the payloads of the stream, in the order they are to be
                     sent; line i belongs into partition i mod 4. Event times
                     are up to two seconds out of order and fill the windows
                     from 2026-03-01T00:00:00Z on, one minute each. The last
                     four lines lie a minute behind the last window, one for
                     each partition, so that it closes.
    reference.jsonl  the training data, from the same distributions undrifted
    reference.csv    the values in it, without what is null or of a wrong type
    monitor.yaml     streams and monitor to read them with
    expected.json    for each window and field: rows, present, null, missing,
                     invalid, distinct, and the value of each check, with its
                     p-value where it has one

The results are computed here from the raw values with scipy and numpy, and by
the definitions written beside each function: nothing is taken from the program
under test. Needs the packages in requirements.txt.
"""

import argparse
import csv
import datetime
import json
import math
import pathlib
import statistics
from decimal import Decimal

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon

START = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
WINDOW = 60  # seconds
LATENESS = 5
PARTITIONS = 4
NUMBER, CATEGORY, BOOLEAN, TIMESTAMP = "number", "category", "boolean", "timestamp"

# What a field may hold instead of its value: shares of missing, null and
# wrongly typed ones.
MISSING, NULL = object(), None
WRONG = {
    NUMBER: ["12", True, [1, 2], {"value": 3}],
    CATEGORY: [[1], {"name": "x"}],
    BOOLEAN: ["true", 1],
    TIMESTAMP: ["yesterday", False, {}],
}


class Field:
    """A field: how its values are drawn and how often it is not there.

    draw(rng, n, shift) returns n values; shift is 0 for the reference and
    undrifted windows. drifts maps a window's number to its shift, nulls maps
    it to a share of nulls other than the usual. limits is the least and the
    greatest value that the monitor accepts.
    """

    def __init__(self, name, kind, draw, missing=0.0, null=0.0, wrong=0.0, drifts=None, nulls=None, limits=None):
        self.name, self.kind, self.draw, self.limits = name, kind, draw, limits
        self.missing, self.null, self.wrong = missing, null, wrong
        self.drifts, self.nulls = drifts or {}, nulls or {}

    def column(self, rng, n, window=None):
        """n cells: a value, NULL, MISSING, or a value of a wrong type."""
        cells = list(self.draw(rng, n, self.drifts.get(window, 0.0)))
        null = self.nulls.get(window, self.null)
        fate = rng.random(n)
        for i, u in enumerate(fate):
            if u < self.missing:
                cells[i] = MISSING
            elif u < self.missing + null:
                cells[i] = NULL
            elif u < self.missing + null + self.wrong:
                cells[i] = WRONG[self.kind][int(rng.integers(len(WRONG[self.kind])))]
        return cells


def floats(a):
    return [float(x) for x in a]


def latitudes(rng, n, shift):
    """Most people live in a few cities: dense clusters far apart."""
    cities = np.array([-23.55, -22.91, 38.72, 40.71, 41.15, 19.43])
    where = rng.choice(len(cities), n, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05])
    return floats(cities[where] + rng.normal(0, 0.02, n) + shift)


def zero_inflated(rng, n, shift):
    amounts = np.round(rng.exponential(400.0, n), 2)
    return floats(np.where(rng.random(n) < 0.7 - shift, 0.0, amounts))


def prices(rng, n, shift):
    points = [0.99, 4.99, 9.99, 14.99, 19.99, 49.0, 99.0]
    p = np.array([0.05, 0.2, 0.3, 0.2, 0.15, 0.07, 0.03]) + shift * np.array([0, -1, -1, 0, 1, 1, 0])
    return floats(rng.choice(points, n, p=p))


def countries(rng, n, shift):
    names = ["BR", "PT", "US", "ES", "MX", "new"]
    return [str(x) for x in rng.choice(names, n, p=[0.4 - shift, 0.25, 0.2, 0.1, 0.05, shift])]


def postcodes(rng, n, shift):
    """Half are JSON numbers: in a category a number is its literal text."""
    ranks = np.minimum(rng.zipf(1.3 + shift, n), 400)
    return [int(r) if r % 2 else f"p{r}" for r in ranks]


def shops(rng, n, shift):
    return [f"shop {x}" for x in np.minimum(rng.zipf(1.2 + shift, n), 100_000)]


def moments(rng, n, shift):
    """Unix seconds; every second one is written in RFC 3339."""
    t = START.timestamp() - np.floor(rng.exponential(90 + 60 * shift, n) * 86400)
    return [rfc3339(int(x)) if i % 2 else int(x) for i, x in enumerate(t)]


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


FIELDS = [
    # Few distinct values: every answer must be exact.
    Field("customer.age", NUMBER, lambda g, n, s: [int(x) for x in np.clip(np.round(g.normal(44 + 10 * s, 14, n)), 18, 95)],
          null=0.01, wrong=0.002, drifts={4: 1, 5: 1, 6: 1}, limits=(19, 90)),
    Field("price", NUMBER, prices, missing=0.005, drifts={3: 0.1}),
    Field("visits", NUMBER, lambda g, n, s: [int(x) for x in np.where(g.random(n) < 0.6, 0, g.poisson(2 + s, n))], drifts={8: 2}),
    Field("delta", NUMBER, lambda g, n, s: floats(np.round(g.normal(s, 1, n), 1)), null=0.02, drifts={7: 0.5}),  # holds -0.0
    Field("seven", NUMBER, lambda g, n, s: [7] * n),
    # More than 2,048 distinct values.
    Field("amount", NUMBER, lambda g, n, s: floats(g.lognormal(3 + s, 1, n)), null=0.03, wrong=0.004, drifts={4: 0.2, 5: 0.4, 6: 0.8}),
    Field("score", NUMBER, lambda g, n, s: floats(g.beta(2 + s, 5, n)), drifts={6: 0.5, 7: 1}, limits=(0, 0.7)),
    Field("claims", NUMBER, zero_inflated, drifts={8: 0.3}),
    Field("latitude", NUMBER, latitudes, missing=0.01, drifts={9: 0.01}),
    Field("wide", NUMBER, lambda g, n, s: floats(g.normal(0, 1, n) * 10.0 ** g.normal(s, 30, n)), drifts={2: 20}),
    Field("seen_at", TIMESTAMP, moments, null=0.01, wrong=0.003, drifts={5: 1}),
    # Names.
    Field("country", CATEGORY, countries, null=0.01, wrong=0.002, drifts={3: 0.02, 7: 0.2}),
    Field("postcode", CATEGORY, postcodes, missing=0.02, drifts={6: 0.5}),
    Field("shop", CATEGORY, shops, drifts={7: 0.3}),  # some thousand names
    Field("member", BOOLEAN, lambda g, n, s: [bool(x) for x in g.random(n) < 0.6 + s], null=0.005, wrong=0.001, drifts={8: -0.2}, nulls={9: 0.2}),
]


def valid(kind, cell):
    """The cell as the number or name it stands for; None if of a wrong type."""
    if kind == NUMBER:
        ok = isinstance(cell, (int, float)) and not isinstance(cell, bool)
        return float(cell) + 0.0 if ok else None  # -0.0 + 0.0 is 0.0
    if kind == BOOLEAN:
        return str(cell).lower() if isinstance(cell, bool) else None
    if kind == CATEGORY:
        if isinstance(cell, str):
            return cell
        return json.dumps(cell) if isinstance(cell, int) and not isinstance(cell, bool) else None
    if isinstance(cell, str):
        try:
            return datetime.datetime.strptime(cell, "%Y-%m-%dT%H:%M:%S%z").timestamp()
        except ValueError:
            return None
    return float(cell) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else None


def split(kind, cells):
    """Values present, and how many cells were null, missing and invalid."""
    values, null, missing, invalid = [], 0, 0, 0
    for cell in cells:
        if cell is MISSING:
            missing += 1
        elif cell is NULL:
            null += 1
        elif (v := valid(kind, cell)) is None:
            invalid += 1
        else:
            values.append(v)
    return values, null, missing, invalid


def edges(reference):
    """Ten bins of equal frequency: each edge is the least reference value at or
    below which at least k tenths of the reference lie. Equal edges are one; an
    edge at the reference's maximum would leave the last bin empty: no edge."""
    e = np.unique(np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf"))
    return e[e < np.max(reference)]


def smoothed(r, c, smoothing=0.0):
    """The counts of each bin. A bin that is empty on both sides is none; one
    that is empty on one side gets the smoothing on both."""
    r, c = np.asarray(r, float), np.asarray(c, float)
    used = (r > 0) | (c > 0)
    r, c = r[used], c[used]
    add = np.where((r == 0) | (c == 0), smoothing, 0.0)
    return r + add, c + add


def shares(r, c, smoothing=0.0):
    r, c = smoothed(r, c, smoothing)
    return r / np.sum(r), c / np.sum(c)


def psi(r, c):
    p, q = shares(r, c, 0.5)
    return float(math.fsum((q - p) * np.log(q / p)))


def kl(r, c):
    """In decimals: of small divergences floating point leaves 11 digits."""
    r, c = ([Decimal(x) for x in side.tolist()] for side in smoothed(r, c, 0.5))
    nr, nc = sum(r), sum(c)
    return float(sum(b / nc * ((b / nc) / (a / nr)).ln() for a, b in zip(r, c)))


def hellinger(r, c):
    p, q = shares(r, c)
    return math.sqrt(math.fsum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2)


def divergences(r, c, p):
    """The distances of two tables, all with the p-value p."""
    found = {"psi": psi(r, c), "kl": kl(r, c), "js": float(jensenshannon(*shares(r, c), base=2)), "hellinger": hellinger(r, c)}
    return {name: {"value": value} | p_value(p) for name, value in found.items()}


def number_checks(reference, current):
    assert min(len(reference), len(current)) >= 100  # below, the test table has fewer bins
    e = edges(reference)
    # side="left" puts a value that equals an edge to the bin on its left:
    # bins are right-closed, and the outer ones open.
    r = np.bincount(np.searchsorted(e, reference, side="left"), minlength=len(e) + 1)
    c = np.bincount(np.searchsorted(e, current, side="left"), minlength=len(e) + 1)
    ks = stats.ks_2samp(reference, current, method="exact" if len(reference) * len(current) <= 10**7 else "asymp")
    found = divergences(r, c, pearson(r, c)[1]) | moments_of(current)
    found["psi"]["bins"] = len(e) + 1
    found["ks"] = {"value": float(ks.statistic), "p_value": float(ks.pvalue)}
    area = float(stats.wasserstein_distance(reference, current))
    found["wasserstein"] = {"value": area} | p_value(float(ks.pvalue) if np.ptp(reference) > 0 else None)
    return found


def moments_of(current):
    values = {
        "mean": math.fsum(current) / len(current), "stddev": statistics.pstdev(current.tolist()),
        "min": float(np.min(current)), "max": float(np.max(current)), "quantile": float(np.quantile(current, 0.5)),
    }
    return {name: {"value": value} for name, value in values.items()}


def category_checks(reference, current):
    names = sorted(set(reference))
    r, c = counts(reference), counts(current)
    unseen = sum(k for name, k in c.items() if name not in r)
    table_r = [r[name] for name in names] + [0]
    table_c = [c.get(name, 0) for name in names] + [unseen]
    statistic, p = category_test(r, c)
    found = divergences(table_r, table_c, p)
    found["chi2"] = {"value": statistic} | p_value(p)
    found["l_infinity"] = {"value": float(np.max(np.abs(np.subtract(*shares(table_r, table_c)))))} | p_value(p)
    found["unseen"] = {"value": unseen / len(current), "p_value": good_turing(r, unseen, len(current))}
    return found


def good_turing(r, unseen, n):
    """As many values as occur once in the reference are expected to be new."""
    if unseen == 0:
        return 1.0  # there are always at least none
    n_r, u = sum(r.values()), unseen / n
    once, twice = (sum(1 for k in r.values() if k == times) for times in (1, 2))
    z = (u - once / n_r) / math.sqrt((once + 2 * twice + 1) / n_r**2 + u * (1 - u) / n)
    return float(stats.norm.sf(z))


def category_test(r, c):
    """Every value seen on either side is a category. Those that the smaller
    sample is expected to hold fewer than 5 of are one; if that expects fewer
    than 5 too it is tested against all others by Fisher's exact test. Returns
    Pearson's statistic and the p-value."""
    n_r, n_c = sum(r.values()), sum(c.values())
    table, rare = [], [0, 0]
    for name in r.keys() | c.keys():
        cell = r.get(name, 0), c.get(name, 0)
        if sum(cell) * min(n_r, n_c) / (n_r + n_c) < 5:
            rare = [rare[0] + cell[0], rare[1] + cell[1]]
        else:
            table.append(cell)
    if sum(rare) == 0:
        return pearson(*zip(*table))
    if sum(rare) * min(n_r, n_c) / (n_r + n_c) >= 5:
        return pearson(*zip(*table, rare))
    statistic, p = pearson(*zip(*table))
    fisher = stats.fisher_exact([rare, [n_r - rare[0], n_c - rare[1]]]).pvalue
    return statistic, min(1.0, 2 * min(p or 1.0, float(fisher)))


def pearson(r, c):
    """Statistic and p-value, None where there is nothing to test."""
    used = [(x, y) for x, y in zip(r, c) if x + y > 0]
    if len(used) < 2:
        return 0.0, None
    test = stats.chi2_contingency(np.array(used).T, correction=False)
    return float(test.statistic), float(test.pvalue)


def p_value(p):
    return {} if p is None else {"p_value": p}


def share_check(k, n, k_reference, n_reference):
    table = [[k, n - k], [k_reference, n_reference - k_reference]]
    return {"value": k / n, "p_value": float(stats.fisher_exact(table).pvalue)}


def counts(values):
    names, n = np.unique(values, return_counts=True)
    return {str(name): int(k) for name, k in zip(names, n)}


def judge(field, reference, cells):
    values, null, missing, invalid = split(field.kind, cells)
    rows = len(cells)
    distinct = len(set(values))
    ref, *reference_counts = split(field.kind, reference)
    numeric = field.kind in (NUMBER, TIMESTAMP)
    found = number_checks(np.array(ref), np.array(values)) if numeric else category_checks(ref, values)
    found["distinct"] = {"value": distinct}
    for name, k, k_reference in zip(("nulls", "missing", "invalid"), (null, missing, invalid), reference_counts):
        found[name] = share_check(k, rows, k_reference, len(reference))
    if field.limits:
        least, greatest = field.limits
        found["range"] = {"value": sum(1 for v in values if not least <= v <= greatest) / rows}
    return {
        "rows": rows, "present": len(values), "null": null, "missing": missing, "invalid": invalid,
        "distinct": distinct, "reference_distinct": len(set(ref)),
        "drifted": False, "checks": found,
    }


def record(cells, extra):
    """One JSON object; a dotted name is a path."""
    out = dict(extra)
    for name, cell in cells.items():
        if cell is MISSING:
            continue
        *path, last = name.split(".")
        target = out
        for key in path:
            target = target.setdefault(key, {})
        target[last] = cell
    return out


def window_start(window):
    return int(START.timestamp()) + window * WINDOW


def event_times(rng, n, window):
    """Times inside the window, up to two seconds out of order, in ms."""
    begin = window_start(window) * 1000
    t = np.sort(rng.integers(0, WINDOW * 1000, n))
    t = t[np.argsort(t + rng.integers(0, 2000, n), kind="stable")]
    return [begin + int(x) for x in t]


def stream(rng, reference, records, windows):
    lines, expected = [], []
    for w in range(windows):
        n = records * (w + 1) // windows - records * w // windows
        columns = {f.name: f.column(rng, n, w) for f in FIELDS}
        fields = {f.name: judge(f, reference[f.name], columns[f.name]) for f in FIELDS}
        for f in FIELDS:
            fields[f.name]["drifted"] = w in f.drifts
        extra = rng.random(n) < 0.1
        for i, t in enumerate(event_times(rng, n, w)):
            head = {"id": f"{w}-{i}", "ts": t} | ({"surprise": 1} if extra[i] else {})
            lines.append(record({name: col[i] for name, col in columns.items()}, head))
        begin = window_start(w)
        expected.append({"start": rfc3339(begin), "end": rfc3339(begin + WINDOW), "rows": n,
                         "unknown_fields": int(extra.sum()) / n, "fields": fields})
    seal = window_start(windows + 1) * 1000
    lines += [{"id": f"seal-{p}", "ts": seal} for p in range(PARTITIONS)]
    return lines, expected


MONITOR = """\
streams:
  - name: oracle
    topic: oracle
    format: json
    time: {{field: ts}}
    id: id
monitors:
  - name: oracle
    stream: oracle
    window: {{size: {size}s, lateness: {late}s, idle: 1h}}
    reference: {{file: reference.jsonl}}
    fields:
{fields}
    unknown_fields: report
"""


def monitor():
    limits = {f.name: ", min: {}, max: {}".format(*f.limits) if f.limits else "" for f in FIELDS}
    fields = "\n".join(f"      - {{name: {f.name}, type: {f.kind}, role: feature{limits[f.name]}}}" for f in FIELDS)
    return MONITOR.format(size=WINDOW, late=LATENESS, fields=fields)


def write_lines(path, objects):
    with open(path, "w", encoding="utf-8") as f:
        for o in objects:
            f.write(json.dumps(o, separators=(",", ":"), allow_nan=False) + "\n")


def write_csv(path, columns, n):
    def text(field, cell):
        if cell is MISSING or cell is NULL or valid(field.kind, cell) is None:
            return ""
        return cell if isinstance(cell, str) else json.dumps(cell)

    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f)
        out.writerow(field.name for field in FIELDS)
        out.writerows([text(field, columns[field.name][i]) for field in FIELDS] for i in range(n))


def self_test():
    """Published results of the same definitions."""
    deequ = [428, 425, 414, 427, 440, 447, 380, 386, 444, 386], [426, 437, 429, 391, 469, 433, 360, 443, 371, 418]
    assert math.isclose(psi(*deequ), 0.007406694184014186, rel_tol=1e-12)
    assert math.isclose(psi([80, 20], [40, 60]), 0.7167037876912218, rel_tol=1e-12)
    assert list(edges([0] * 200 + [1] * 120 + [2] * 80)) == [0, 1]
    assert list(edges([7, 7])) == []


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--reference", type=int, default=20_000)
    parser.add_argument("--windows", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    self_test()
    rng = np.random.default_rng(args.seed)
    reference = {f.name: f.column(rng, args.reference) for f in FIELDS}
    lines, expected = stream(rng, reference, args.records, args.windows)

    args.out.mkdir(parents=True, exist_ok=True)
    write_lines(args.out / "records.jsonl", lines)
    write_lines(args.out / "reference.jsonl",
                (record({f.name: reference[f.name][i] for f in FIELDS}, {"id": f"ref-{i}"}) for i in range(args.reference)))
    write_csv(args.out / "reference.csv", reference, args.reference)
    (args.out / "monitor.yaml").write_text(monitor(), encoding="utf-8")
    kinds = {f.name: f.kind for f in FIELDS}
    result = {"seed": args.seed, "partitions": PARTITIONS, "reference_rows": args.reference, "types": kinds, "windows": expected}
    (args.out / "expected.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
