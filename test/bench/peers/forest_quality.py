"""Quality of scikit-learn's forest on labelled rows: the same rows, parameters and seeds as ours.

    python forest_quality.py MATRIX LABELS ROWS COLUMNS SEEDS

MATRIX is float32, row-major; LABELS one byte a row, 1 = anomaly. Prints one JSON line.
"""

import json
import sys
import time

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

matrix, labels_file = sys.argv[1:3]
rows, columns, seeds = map(int, sys.argv[3:6])
x = np.fromfile(matrix, "<f4").reshape(rows, columns)
labels = np.fromfile(labels_file, np.uint8)

runs = []
for seed in range(seeds):
    begun = time.perf_counter()
    model = IsolationForest(n_estimators=100, max_samples=min(256, rows), random_state=seed, n_jobs=1).fit(x)
    fitted = time.perf_counter()
    scores = -model.score_samples(x)
    ended = time.perf_counter()
    runs.append(
        (roc_auc_score(labels, scores), average_precision_score(labels, scores), fitted - begun, ended - fitted)
    )
auc, ap, fit, score = map(np.array, zip(*runs))
print(
    json.dumps(
        {
            "auc_mean": auc.mean(),
            "auc_std": auc.std(ddof=1) if seeds > 1 else 0.0,
            "ap_mean": ap.mean(),
            "fit_seconds": float(np.median(fit)),
            "score_seconds": float(np.median(score)),
        }
    )
)
