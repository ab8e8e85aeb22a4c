"""scikit-learn's Isolation Forest on a matrix of float32 (row-major, little endian), one thread.

  forest_matrix.py matrix.f32 ROWS COLUMNS MAX_SAMPLES|all REPEATS

Prints one JSON line: the best wall time of fit, of score_samples, and of one row at a time (median).
"""
import json
import sys
import time

import numpy as np
from sklearn.ensemble import IsolationForest

path, rows, columns, max_samples, repeats = sys.argv[1:6]
rows, columns, repeats = int(rows), int(columns), int(repeats)
x = np.fromfile(path, "<f4").reshape(rows, columns)
samples = 1.0 if max_samples == "all" else int(max_samples)


def best(call):
    walls = []
    for _ in range(repeats):
        begun = time.perf_counter()
        call()
        walls.append(time.perf_counter() - begun)
    return min(walls)


forest = IsolationForest(n_estimators=100, max_samples=samples, contamination="auto", random_state=42)
fit = best(lambda: forest.fit(x))
score = best(lambda: forest.score_samples(x))
one = []
for row in range(20):
    begun = time.perf_counter()
    forest.score_samples(x[row : row + 1])
    one.append(time.perf_counter() - begun)
print(json.dumps({"fit_s": fit, "score_s": score, "one_row_s": float(np.median(one)), "mean_score": float(forest.score_samples(x[:1000]).mean())}))
