"""Impute, scale, fit, score and save with scikit-learn: the same for both peers. And the clock of their steps."""
import json
import os
import resource
import sys
import time

import joblib
import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


LOADED = time.time()


class Steps:
    """Wall time, CPU time and peak memory of each step; prints one JSON line at the end."""

    def __init__(self, peer):
        self.peer = peer
        self.steps = []
        # The clocks of the process: what was imported until now counts as the first step.
        self.first = (time.perf_counter() - (time.time() - started()), 0.0)
        self.last = self.first
        self.done("start and import")

    def done(self, name):
        now = (time.perf_counter(), time.process_time())
        self.steps.append({
            "step": name,
            "wall_s": round(now[0] - self.last[0], 4),
            "cpu_s": round(now[1] - self.last[1], 4),
            "peak_rss_mb": round(peak_rss_mb(), 1),
        })
        self.last = now

    def report(self, **more):
        now = (time.perf_counter(), time.process_time())
        print(json.dumps({
            "peer": self.peer,
            **more,
            "wall_s": round(now[0] - self.first[0], 4),
            "cpu_s": round(now[1] - self.first[1], 4),
            "peak_rss_mb": round(peak_rss_mb(), 1),
            "steps": self.steps,
            "versions": versions(),
        }))


def started():
    """When this process began, in seconds since the epoch; Linux knows it, elsewhere this module's import counts."""
    try:
        with open("/proc/self/stat") as stat:
            ticks = int(stat.read().rsplit(")", 1)[1].split()[19])
        with open("/proc/uptime") as uptime:
            return time.time() - float(uptime.read().split()[0]) + ticks / os.sysconf("SC_CLK_TCK")
    except OSError:
        return LOADED


def peak_rss_mb():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1000 * 1.024


def versions():
    names = ("numpy", "pandas", "polars", "orjson", "sklearn")
    found = {name: getattr(sys.modules[name], "__version__", "?") for name in names if name in sys.modules}
    return {"python": sys.version.split()[0], **found}


def train(table, steps, threads, model_path):
    """Returns the number of windows beyond the threshold."""
    # A column without any reading (packet loss is never logged) has no median.
    table[:, np.isnan(table).all(axis=0)] = 0
    prepare = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    x = prepare.fit_transform(table)
    steps.done("impute and scale")
    jobs = None if threads == 1 else threads
    forest = IsolationForest(
        n_estimators=100, max_samples=min(256, len(x)), contamination=0.01, random_state=42, n_jobs=jobs
    )
    forest.fit(x)
    steps.done("fit")
    scores = forest.score_samples(x)
    anomalies = int((scores < forest.offset_).sum())
    steps.done("score")
    joblib.dump({"prepare": prepare, "model": forest}, model_path, compress=3)
    np.save(os.path.splitext(model_path)[0] + ".scores.npy", scores)
    steps.done("save")
    return anomalies
