"""The fair peer: the reference job as a competent pandas + scikit-learn user writes it.

  pandas_sklearn.py export.json|export.csv [--threads 1] [--features features.csv] [--model model.joblib]

Vectorised operations only, columns that are not needed are never built, expensive extractions run on the lines that
can match only. Prints one JSON line with wall time, CPU time and peak memory of each step.
"""
import argparse
import json
import os
import tempfile

import numpy as np
import pandas as pd

import events
import windows
from model import Steps, train

steps = Steps("pandas_sklearn")

NEEDED = ["device_id", "timestamp", "log_level", "process_name", "message"]


def read(path):
    if path.endswith(".csv"):
        header = list(pd.read_csv(path, nrows=0).columns)
        columns = [c for c in NEEDED if c in header]
        if "process_name" not in header:
            columns.append("raw_message")
        frame = pd.read_csv(path, usecols=columns)
        steps.done("read_csv")
        if "process_name" not in header:
            parts = frame.pop("raw_message").str.extract(events.HEADER)
            names = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"]
            frame["process_name"] = parts[1]
            frame["log_level"] = parts[0].astype(float).mod(8).map(dict(enumerate(names)))
        return frame
    with open(path, "rb") as file:
        document = json.load(file)
    steps.done("json.load")
    records = document["data"] if "data" in document else document["logs"]
    frame = pd.DataFrame.from_records(records, columns=NEEDED)
    steps.done("DataFrame")
    return frame


def measured(frame, literal, pattern):
    """Numbers that `pattern` extracts, from the lines that hold one of the literals."""
    hit = np.zeros(len(frame), bool)
    for text in literal:
        hit |= frame["message"].str.contains(text, regex=False).to_numpy()
    found = frame.loc[hit, ["key", "offset"]].copy()
    found["value"] = frame.loc[hit, "message"].str.extract(pattern, expand=False)
    return found.dropna(subset=["value"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("export")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--features")
    parser.add_argument("--model", default=os.path.join(tempfile.gettempdir(), "pandas_sklearn.joblib"))
    args = parser.parse_args()
    frame = read(args.export)
    records = len(frame)
    when = pd.to_datetime(frame.pop("timestamp"), format="ISO8601", utc=True)
    ms = when.to_numpy("datetime64[ms]").astype("int64")
    frame["message"] = frame["message"].astype(str)
    steps.done("to_datetime")

    device, names = pd.factorize(frame["device_id"].astype(str), sort=True)
    window = ms // windows.WINDOW_MS
    first_window = int(window.min())
    width = int(window.max()) - first_window + 1
    shape = (len(names), width)
    cells = shape[0] * shape[1]
    frame["key"] = device * width + (window - first_window)
    frame["offset"] = ms - window * windows.WINDOW_MS

    program = frame["process_name"]
    message = frame["message"]
    level = frame["log_level"].str.lower()
    wifi = program.str.lower().isin(events.WIFI_PROGRAMS)
    wifi = wifi.to_numpy().copy()
    wifi[~wifi] = message[~wifi].str.contains(events.OTHER_WIFI, regex=True).to_numpy(bool)
    flags = {name: message.str.contains(pattern, regex=True) for name, pattern in events.GROUPS.items()}
    flags["wifi"] = pd.Series(wifi)
    flags["errors"] = level.isin(events.ERROR_LEVELS)
    flags["warnings"] = level == "warning"
    flags["error_texts"] = message.str.contains(events.ERROR_TEXT, case=False, regex=True)
    steps.done("event groups")
    mac = message.str.extract(events.MAC, expand=False).str.lower()
    ssid = measured(frame, ["SSID", "ssid="], events.SSID)
    signal = measured(frame, [" signal=", "cur_level=", "rssi:"], events.SIGNAL)
    rate = measured(frame, [" txrate="], events.TXRATE)
    freq = measured(frame, ["freq="], events.FREQ)
    steps.done("extraction")

    key = frame["key"]
    columns = pd.DataFrame({name: flag.to_numpy("int64") for name, flag in flags.items()})
    columns["logs"] = 1
    totals = columns.groupby(key.to_numpy()).sum()
    dense = {}

    def place(name, series):
        values = np.zeros(cells, "int64")
        values[series.index.to_numpy()] = series.to_numpy()
        dense[name] = values.reshape(shape)

    for name in totals:
        place(name, totals[name])
    offsets = frame.groupby("key")["offset"].agg(["sum", "min", "max"])
    place("offset_sum", offsets["sum"])
    place("first_offset", offsets["min"])
    place("last_offset", offsets["max"])

    def distinct(name, keys, values):
        pairs = pd.DataFrame({"key": keys, "value": values}).dropna().drop_duplicates()
        place(name, pairs.groupby("key").size())
        return pairs

    distinct("macs", key, mac)
    distinct("ssids", ssid["key"], ssid["value"])
    shown = distinct("programs", key, program)
    bits = np.zeros(cells, "int64")
    np.bitwise_or.at(bits, shown["key"].to_numpy(), shown["value"].map(events.program_bits).to_numpy())
    dense["program_bits"] = bits.reshape(shape)

    signal["value"] = signal["value"].astype("int64")
    signal = signal[signal["value"] > -150]
    second = signal["offset"] // 1000
    parts = pd.DataFrame({
        "signals": 1,
        "signal_sum": signal["value"],
        "signal_squares": signal["value"] ** 2,
        "second_sum": second,
        "second_squares": second**2,
        "products": second * signal["value"],
    }).groupby(signal["key"]).sum()
    for name in parts:
        place(name, parts[name])
    rate["value"] = rate["value"].astype("int64")
    rates = rate[rate["value"] > 0].groupby("key")["value"].agg(["size", "sum"])
    place("rates", rates["size"])
    place("rate_sum", rates["sum"])
    mhz = freq["value"].astype("int64")
    band = np.select([(mhz < 2000) | (mhz > 7200), mhz < 3000, mhz < 5925], [0, 1, 2], 4)
    bands = np.zeros(cells, "int64")
    np.bitwise_or.at(bands, freq["key"].to_numpy(), band)
    dense["bands"] = bands.reshape(shape)
    steps.done("groupby")

    table, start = windows.features(dense, int(ms.min()), int(ms.max()), first_window)
    steps.done("features on the grid")
    if args.features:
        windows.write_csv(args.features, table, start, names)
    anomalies = train(table, steps, args.threads, args.model)
    steps.report(records=records, rows=len(table), anomalies=anomalies, threads=args.threads)


if __name__ == "__main__":
    main()
