"""Makes the golden files of this directory: python make_golden.py (numpy, scikit-learn 1.3.0).

tail.json is numpy alone, written from the formulas of docs/adr/0011; the other two are scikit-learn's answers.
"""

import json

import numpy as np
from sklearn.covariance import EllipticEnvelope, MinCovDet
from sklearn.neighbors import LocalOutlierFactor

TAU, MARGIN, TRIM, BLOCKS = 2.0, 3.0, 0.02, 11


def tail(values, training):
    ordered = np.sort(training)
    count = len(ordered) - np.searchsorted(ordered, values, side="left")
    surprise = -np.log((count + 1) / (len(ordered) + 1))
    top = ordered[-1]
    return surprise + np.where(values > top, 2 * np.log((np.maximum(values, 0) + 1) / (max(top, 0) + 1)), 0)


def combine(surprises, families):
    groups = np.stack([surprises[:, families == f].max(axis=1) for f in range(families.max() + 1)], axis=1)
    return np.maximum(groups - TAU, 0).sum(axis=1) + 0.001 * groups.max(axis=1)


def out_of_block(rows, keep, families):
    edges = np.linspace(0, len(rows), BLOCKS + 1).astype(int)
    surprises = np.zeros_like(rows)
    for start, end in zip(edges[:-1], edges[1:]):
        others = keep.copy()
        others[start:end] = False
        for column in range(rows.shape[1]):
            surprises[start:end, column] = tail(rows[start:end, column], rows[others, column])
    return combine(surprises, families)


def make_tail(rng):
    families = np.array([0, 0, 1, 2, 2])

    def draw(n, rate):
        columns = [rng.poisson(rate, n), rng.exponential(rate, n), rng.poisson(0.1, n), rng.normal(0, 1, n), rng.gamma(2, 3, n)]
        return np.stack(columns, axis=1).astype(np.float32).astype(np.float64)

    devices = []
    for rate in (1.0, 6.0):
        rows, test = draw(180, rate), draw(40, rate)
        rows[60:66, 0] += 40  # an episode: without the blocks it would hide itself
        test[::5, 2] += 3
        test[::7, 1] *= 20
        test = test.astype(np.float32).astype(np.float64)
        everything = np.ones(len(rows), bool)
        first = out_of_block(rows, everything, families)
        keep = first <= np.quantile(first, 1 - TRIM)
        line = np.log(keep.sum() + 1) - TAU + np.log(MARGIN)
        served = combine(np.stack([tail(test[:, c], rows[keep, c]) for c in range(5)], axis=1), families)
        learnt = out_of_block(rows, keep, families)
        devices.append(
            {
                "train": rows.tolist(),
                "train_scores": (learnt / (learnt + line)).tolist(),
                "kept": int(keep.sum()),
                "line": line,
                "test": test.tolist(),
                "raw": served.tolist(),
                "scores": (served / (served + line)).tolist(),
            }
        )
    return {"families": families.tolist(), "devices": devices}


def float32_rows(values):
    return values.astype(np.float32).astype(np.float64)


def make_covariance(rng):
    mixing = rng.normal(0, 1, (4, 4)) + 2 * np.eye(4)
    train = rng.normal(0, 1, (240, 4)) @ mixing + 5
    train[:36] = rng.normal(40, 15, (36, 4))
    train, test = float32_rows(train), float32_rows(rng.normal(0, 2, (30, 4)) @ mixing + 5)
    # 204 of 240 rows are sound: one subset has the smallest determinant by far, so every search ends at it.
    fitted = MinCovDet(support_fraction=0.85, random_state=0).fit(train)
    envelope = EllipticEnvelope(support_fraction=0.85, random_state=0).fit(train)
    # Half of the rows: many subsets are nearly as good, ours may only be better.
    half = MinCovDet(random_state=0).fit(train)
    return {
        "train": train.tolist(),
        "location": fitted.location_.tolist(),
        "covariance": fitted.covariance_.tolist(),
        "raw_support": int(fitted.raw_support_.sum()),
        "support": int(fitted.support_.sum()),
        "half_log_determinant": float(np.linalg.slogdet(half.raw_covariance_)[1]),
        "test": test.tolist(),
        "squared_distances": fitted.mahalanobis(test).tolist(),
        "envelope_score_samples": envelope.score_samples(test).tolist(),
    }


def make_lof(rng):
    train = float32_rows(np.concatenate([rng.normal(0, 1, (100, 3)), rng.normal(6, 0.3, (50, 3))]))
    test = float32_rows(np.concatenate([rng.normal(0, 1.5, (20, 3)), rng.normal(6, 0.6, (20, 3))]))
    fitted = LocalOutlierFactor(n_neighbors=12, novelty=True, algorithm="brute").fit(train)
    return {
        "neighbours": 12,
        "train": train.tolist(),
        "train_factors": (-fitted.negative_outlier_factor_).tolist(),
        "test": test.tolist(),
        "factors": (-fitted.score_samples(test)).tolist(),
    }


for name, make in (("tail", make_tail), ("covariance", make_covariance), ("lof", make_lof)):
    with open(name + ".json", "w", encoding="utf-8") as file:
        json.dump(make(np.random.default_rng(7)), file)
        file.write("\n")
