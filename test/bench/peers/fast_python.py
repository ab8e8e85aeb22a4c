"""The fastest peer: the reference job with everything that makes Python fast.

  fast_python.py export.json|export.csv [--threads 1] [--features features.csv] [--model model.joblib]

The export is cut at record boundaries into pieces of about 256 KiB that stay in the cache; polars parses each of them
(simd-json, needed columns only), in as many threads as allowed. Measured quicker than orjson.loads of the same pieces
and than NDJSON with the commas taken out; orjson reads what has no recognisable boundaries. Equal messages are
classified once: every regular expression runs over the distinct messages only. Prints one JSON line.
"""
import argparse
import gc
import os
import sys
import tempfile

# Nothing here makes cycles; the collector would only walk over millions of objects again and again.
gc.disable()
threads = int(sys.argv[sys.argv.index("--threads") + 1]) if "--threads" in sys.argv else 1
for variable in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(threads)

from collections import deque  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402

import numpy as np  # noqa: E402
import orjson  # noqa: E402
import polars as pl  # noqa: E402

import events  # noqa: E402
import windows  # noqa: E402
from model import Steps, train  # noqa: E402

steps = Steps("fast_python")

SCHEMA = {
    "device_id": pl.Int64,
    "timestamp": pl.String,
    "log_level": pl.String,
    "process_name": pl.String,
    "message": pl.String,
}
PIECE = 256 * 1024


def boundary_of(head):
    """(offset of the first record, bytes between two records), or None when records are not on lines of their own.

    A line break cannot occur inside a JSON string, so the break and the indentation of the outermost objects cannot
    either: a cut there is exact.
    """
    for key in (b'"data"', b'"logs"'):
        at = head.find(key)
        if at < 0:
            continue
        start = head.index(b"[", at) + 1
        space = head[start : head.index(b"{", start)]
        if b"\n" in space and not space.strip():
            return start, b"," + space + b"{"
    return None


def pieces(file, start, boundary):
    """Texts of whole records, without the comma between two of them."""
    file.seek(start)
    rest = b""
    while block := file.read(PIECE):
        text = rest + block
        cut = text.rfind(boundary)
        if cut < 0:
            rest = text
            continue
        yield text[:cut]
        rest = text[cut + 1 :]
    yield rest[: rest.rindex(b"]")]


def parse(piece):
    return pl.read_json(b"[" + piece + b"]", schema=SCHEMA)


def read_json(path):
    with open(path, "rb", buffering=0) as file:
        found = boundary_of(file.read(65536))
        if found is None:
            file.seek(0)
            document = orjson.loads(file.read())
            rows = document["data"] if "data" in document else document["logs"]
            return pl.DataFrame({name: [row[name] for row in rows] for name in SCHEMA}, schema=SCHEMA)
        frames = []
        if threads == 1:
            frames = [parse(piece) for piece in pieces(file, *found)]
        else:
            waiting = deque()
            with ThreadPoolExecutor(threads) as pool:
                for piece in pieces(file, *found):
                    waiting.append(pool.submit(parse, piece))
                    if len(waiting) > 4 * threads:
                        frames.append(waiting.popleft().result())
                frames.extend(future.result() for future in waiting)
        return pl.concat(frames)


def read(path):
    if not path.endswith(".csv"):
        return read_json(path)
    header = pl.read_csv(path, n_rows=0).columns
    plain = "process_name" in header
    columns = [c for c in SCHEMA if c in header] + ([] if plain else ["raw_message"])
    frame = pl.read_csv(path, columns=columns, schema_overrides={"message": pl.String, "timestamp": pl.String})
    if not plain:
        names = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"]
        head = pl.col("raw_message").str.extract_groups(events.HEADER).struct
        frame = frame.with_columns(
            head.field("2").alias("process_name"),
            head.field("1").cast(pl.Int32).mod(8).replace_strict(list(range(8)), names).alias("log_level"),
        ).drop("raw_message")
    return frame


def moments(frame):
    """`timestamp` as a moment; the format without fractions is three times as fast and nearly always the right one."""
    text = pl.col("timestamp").str
    try:
        return frame.with_columns(text.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="ms"))
    except pl.exceptions.InvalidOperationError:
        return frame.with_columns(text.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="ms"))


def classify(lines):
    """What the distinct messages say."""
    message = pl.col("message")
    mhz = message.str.extract(events.FREQ).cast(pl.Int32)
    signal = message.str.extract(events.SIGNAL).cast(pl.Int64)
    rate = message.str.extract(events.TXRATE).cast(pl.Int64)
    return lines.lazy().with_columns(
        *(message.str.contains(pattern).cast(pl.Int32).alias(name) for name, pattern in events.GROUPS.items()),
        message.str.contains(events.OTHER_WIFI).alias("other_wifi"),
        message.str.contains(f"(?i){events.ERROR_TEXT}").cast(pl.Int32).alias("error_texts"),
        message.str.extract(events.MAC).str.to_lowercase().alias("mac"),
        message.str.extract(events.SSID).alias("ssid"),
        pl.when(signal > -150).then(signal).alias("signal"),
        pl.when(rate > 0).then(rate).alias("rate"),
        pl.when(mhz.is_between(2000, 7200))
        .then(pl.when(mhz < 3000).then(1).when(mhz < 5925).then(2).otherwise(4))
        .cast(pl.Int64)
        .alias("band"),
    ).drop("message").collect()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("export")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--features")
    parser.add_argument("--model", default=os.path.join(tempfile.gettempdir(), "fast_python.joblib"))
    args = parser.parse_args()
    frame = read(args.export)
    records = frame.height
    steps.done("read and parse")
    frame = moments(frame)
    steps.done("to_datetime")

    ms = pl.col("timestamp").dt.epoch("ms")
    window = ms // windows.WINDOW_MS
    first_ms, last_ms = frame.select(ms.min().alias("a"), ms.max().alias("b")).row(0)
    first_window = first_ms // windows.WINDOW_MS
    width = last_ms // windows.WINDOW_MS - first_window + 1
    names = sorted(str(name) for name in frame["device_id"].unique())
    rank = {int(name): at for at, name in enumerate(names)}
    level = pl.col("log_level").str.to_lowercase()
    frame = frame.select(
        "process_name",
        "message",
        (pl.col("device_id").replace_strict(rank) * width + window - first_window).alias("key"),
        (ms % windows.WINDOW_MS).alias("offset"),
        level.is_in(list(events.ERROR_LEVELS)).cast(pl.Int32).alias("errors"),
        (level == "warning").cast(pl.Int32).alias("warnings"),
        pl.col("process_name").str.to_lowercase().is_in(events.WIFI_PROGRAMS).alias("known_wifi"),
    )
    lines = frame.select("message").unique().with_row_index("line")
    frame = frame.join(lines, on="message", how="left").drop("message")
    steps.done("distinct messages")
    said = classify(lines)
    steps.done("classify")

    rows = frame.join(said, on="line", how="left")
    second = pl.when(pl.col("signal").is_not_null()).then(pl.col("offset") // 1000)
    cells = len(names) * width
    totals = rows.lazy().group_by("key").agg(
        pl.len().alias("logs"),
        *(pl.col(name).sum() for name in [*events.GROUPS, "error_texts", "errors", "warnings"]),
        (pl.col("known_wifi") | pl.col("other_wifi")).sum().alias("wifi"),
        pl.col("offset").sum().alias("offset_sum"),
        pl.col("offset").min().alias("first_offset"),
        pl.col("offset").max().alias("last_offset"),
        pl.col("signal").count().alias("signals"),
        pl.col("signal").sum().alias("signal_sum"),
        (pl.col("signal") ** 2).sum().alias("signal_squares"),
        second.sum().alias("second_sum"),
        (second**2).sum().alias("second_squares"),
        (second * pl.col("signal")).sum().alias("products"),
        pl.col("rate").count().alias("rates"),
        pl.col("rate").sum().alias("rate_sum"),
    ).collect()
    dense = {}

    def place(keys, name, values):
        column = np.zeros(cells, np.int64)
        column[keys] = values
        dense[name] = column.reshape(len(names), width)

    keys = totals["key"].to_numpy()
    for name in totals.columns[1:]:
        place(keys, name, totals[name].to_numpy())
    for name, column in (("macs", "mac"), ("ssids", "ssid")):
        pairs = rows.lazy().filter(pl.col(column).is_not_null()).select("key", column).unique()
        counted = pairs.group_by("key").len().collect()
        place(counted["key"].to_numpy(), name, counted["len"].to_numpy())

    def bits(name, pairs, values):
        column = np.zeros(cells, np.int64)
        np.bitwise_or.at(column, pairs["key"].to_numpy(), values)
        dense[name] = column.reshape(len(names), width)

    shown = rows.select("key", "process_name").unique()
    of_program = {name: events.program_bits(name) for name in shown["process_name"].unique()}
    bits("program_bits", shown, shown["process_name"].replace_strict(of_program).to_numpy())
    counted = shown.group_by("key").len()
    place(counted["key"].to_numpy(), "programs", counted["len"].to_numpy())
    bands = rows.lazy().filter(pl.col("band").is_not_null()).select("key", "band").unique().collect()
    bits("bands", bands, bands["band"].to_numpy())
    steps.done("group by")

    table, start = windows.features(dense, first_ms, last_ms, first_window)
    steps.done("features on the grid")
    if args.features:
        windows.write_csv(args.features, table, start, names)
    anomalies = train(table, steps, args.threads, args.model)
    steps.report(records=records, rows=len(table), anomalies=anomalies, threads=args.threads)


if __name__ == "__main__":
    main()
