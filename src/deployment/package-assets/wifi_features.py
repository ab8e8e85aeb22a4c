"""Computes the model's input from log lines, without the training service.

    python wifi_features.py export.json > features.csv        # one row a window, as `mcp-training extract-features`

    from wifi_features import FeatureExtractor
    extractor = FeatureExtractor(".")                 # the unpacked package
    table = extractor.extract(rows)                   # rows: dicts with timestamp, message, process_name, log_level, device_id
    X = extractor.impute_and_clip(table.values)       # raw values, no gaps; scaler.joblib or extractor.scale() comes next

Lines are cut into windows per device on a complete grid (a silent device has rows too); what each column means is written
in feature_spec.json. Needs Python 3.8 or newer and numpy.
"""

import csv
import json
import math
import os
import re
import sys
from datetime import datetime, timedelta, timezone

import numpy as np

from wifi_context import NAMES as CONTEXT_NAMES
from wifi_context import ContextFeatures, State, WindowContext
from wifi_events import (
    AUTH_FAILURE,
    BEACON,
    CONNECT,
    DAY_MS,
    DISASSOCIATION,
    DISCONNECT,
    JOIN,
    WIFI,
    Classifier,
    RecordReader,
    load_rules,
)

NAN = float("nan")
ERROR_TEXT = re.compile("error|fail", re.ASCII | re.IGNORECASE)
BINS = 60
# Bits of the programs that tell what a device is, and of the radio bands.
ASUS, OPENWRT, HOSTAPD, DNSMASQ, CLIENT = 1, 2, 4, 8, 16
BAND_2, BAND_5, BAND_6 = 1, 2, 4
# More distinct addresses or SSIDs than this in one window are not told apart.
MAX_DISTINCT = 65535


class Window:
    """Running sums of the lines of one window; all integers, therefore independent of the order of the lines."""

    def __init__(self):
        self.logs = self.wifi = self.auth_failures = self.disconnects = self.disassociations = 0
        self.beacons = self.connects = self.joins = self.errors = self.warnings = self.error_texts = 0
        self.macs, self.ssids, self.devices, self.programs = set(), set(), {}, {}
        self.program_bits = self.band_bits = self.bins = 0
        self.first, self.last, self.offset_sum = math.inf, 0, 0
        self.signals = self.signal_sum = self.signal_squares = 0
        self.seconds = self.seconds_squares = self.products = 0
        self.rates = self.rate_sum = 0
        self.context = WindowContext()
        # Set when the grid is built.
        self.new_programs = self.device_type = self.connection_type = 0
        self.hour = self.weekday = self.slot_devices = self.slot_top = self.slot_logs = 0


EMPTY = Window()


def ratio(part, whole):
    return part / whole if whole > 0 else 0


def deviation(n, total, squares):
    return NAN if n == 0 else math.sqrt((n * squares - total * total) / (n * n))


def slope_per_minute(w):
    n = w.signals
    spread = n * w.seconds_squares - w.seconds * w.seconds
    return 60 * (n * w.products - w.seconds * w.signal_sum) / spread if n >= 2 and spread > 0 else NAN


def longest_empty_run(bins):
    return max(map(len, format(bins, "060b").split("1")))


# Definitions: feature_spec.json. `w` is the window, `s` its length in seconds.
FORMULAS = {
    "auth_failure_ratio": lambda w, s: ratio(w.auth_failures, w.wifi),
    "deauth_ratio": lambda w, s: ratio(w.disconnects, w.wifi),
    "beacon_ratio": lambda w, s: ratio(w.beacons, w.wifi),
    "unique_mac_count": lambda w, s: min(len(w.macs), MAX_DISTINCT),
    "unique_ssid_count": lambda w, s: min(len(w.ssids), MAX_DISTINCT),
    "mean_signal_strength": lambda w, s: w.signal_sum / w.signals if w.signals else NAN,
    "std_signal_strength": lambda w, s: deviation(w.signals, w.signal_sum, w.signal_squares),
    "mean_data_rate": lambda w, s: w.rate_sum / (1000 * w.rates) if w.rates else NAN,
    "mean_packet_loss": lambda w, s: NAN,
    "error_ratio": lambda w, s: ratio(w.errors, w.logs),
    "warning_ratio": lambda w, s: ratio(w.warnings, w.logs),
    "device_type": lambda w, s: w.device_type,
    "connection_type": lambda w, s: w.connection_type,
    "mean_hour_of_day": lambda w, s: w.hour,
    "mean_day_of_week": lambda w, s: w.weekday,
    "mean_time_between_events": lambda w, s: s if w.logs < 2 else (w.last - w.first) / (1000 * (w.logs - 1)),
    "signal_strength_trend": lambda w, s: slope_per_minute(w),
    "connection_stability": lambda w, s: (1 + w.connects) / (1 + w.connects + w.disconnects),
    "network_load": lambda w, s: 60 * w.joins / s,
    "log_count": lambda w, s: w.logs,
    "error_log_ratio": lambda w, s: ratio(w.error_texts, w.logs),
    "unique_program_count": lambda w, s: len(w.programs),
    "disassociation_events": lambda w, s: w.disassociations,
    "total_devices": lambda w, s: w.slot_devices,
    "max_device_activity": lambda w, s: w.slot_top,
    "mean_device_activity": lambda w, s: ratio(w.slot_logs, w.slot_devices),
    "signal_missing": lambda w, s: 0 if w.signals else 1,
    "new_program_count": lambda w, s: w.new_programs,
    "max_gap_seconds": lambda w, s: longest_empty_run(w.bins) * s / BINS,
    "top_program_share": lambda w, s: ratio(max(w.programs.values(), default=0), w.logs),
}


class WindowTable:
    """One row a window, ordered by start and device; values are float32, missing measurements NaN."""

    def __init__(self, features, windows):
        self.features = features
        self.device = [device for device, _, _, _ in windows]
        self.start_ms = [start for _, start, _, _ in windows]
        self.log_count = [logs for _, _, logs, _ in windows]
        shape = (len(windows), len(features))
        # A feature value is a float32 by definition: computed in double precision, then rounded to the nearest.
        exact = np.array([values for _, _, _, values in windows], dtype=np.float64)
        self.values = exact.astype(np.float32).reshape(shape)


class FeatureExtractor:
    """The windows and features a model was trained on.

    ``invalid_rows`` counts the rows of the last ``extract`` that had no usable time, text or device.
    """

    def __init__(self, model_dir, max_windows=1000000):
        with open(os.path.join(model_dir, "feature_spec.json"), encoding="utf-8") as file:
            self.spec = json.load(file)
        self.rules = load_rules(os.path.join(model_dir, "wifi_rules.json"))
        if self.spec["catalogue_version"] != self.rules["catalogue_version"]:
            raise ValueError(
                "feature_spec.json has feature definitions %s, this extractor computes %s"
                % (self.spec["catalogue_version"], self.rules["catalogue_version"])
            )
        if self.spec["feature_set"] not in self.rules["feature_sets"]:
            raise ValueError("this extractor does not compute the feature set " + self.spec["feature_set"])
        self.features = [feature["name"] for feature in self.spec["features"]]
        unknown = [name for name in self.features if name not in FORMULAS and name not in CONTEXT_NAMES]
        if unknown:
            raise ValueError("this extractor cannot compute: " + ", ".join(unknown))
        window = self.spec["window"]
        self.length_ms = window["length_seconds"] * 1000
        self.stride_ms = window["stride_seconds"] * 1000
        self.pooled = window["group_by"] == "all"
        self.zone_offset = zone_offset(window["timezone"])
        self.max_windows = max_windows
        self.invalid_rows = 0
        self.state = None
        if any(name in CONTEXT_NAMES for name in self.features):
            self.state = State(model_dir, self.spec["state_sha256"])

    # -- lines to sums --------------------------------------------------------------------------------------------------

    def extract(self, rows):
        """WindowTable of log rows in any order. The partial windows at both ends of the input are left out."""
        reader, classifier = RecordReader(self.rules), Classifier(self.rules)
        bits, radio = self.rules["device_bits"], frozenset(self.rules["wifi_programs"])
        windows, first_seen, traits = {}, {}, {}
        context = None if self.state is None else ContextFeatures(self.spec, self.state)
        first_ms, last_ms = math.inf, -math.inf
        self.invalid_rows = 0
        for row in rows:
            record = reader.read(row)
            if record is None:
                self.invalid_rows += 1
                continue
            program, time_ms = record.program, record.time_ms
            first_ms, last_ms = min(first_ms, time_ms), max(last_ms, time_ms)
            if program not in traits:
                name = program.lower()
                told = 0
                for part, bit in bits:
                    told |= bit if part in name else 0
                traits[program] = (told, name in radio)
            event = classifier.classify(program, record.message)
            line = Line(record, event, classifier.groups(event), *traits[program])
            owner = "*" if self.pooled else record.device
            if context is not None:
                context.note(owner, event, line.groups, time_ms)
            oldest = (time_ms - self.length_ms) // self.stride_ms + 1
            for index in range(oldest, time_ms // self.stride_ms + 1):
                window = windows.get((owner, index))
                if window is None:
                    window = windows[owner, index] = self._new_window(len(windows))
                self._add(window, line, time_ms - index * self.stride_ms)
                if context is not None:
                    window.context.add(event, line.groups, (time_ms - index * self.stride_ms) // 1000)
                seen = first_seen.get((owner, program))
                if seen is None or index < seen:
                    first_seen[owner, program] = index
        for (owner, program), index in first_seen.items():
            windows[owner, index].new_programs += 1
        return self._grid(windows, first_ms, last_ms, context)

    def _new_window(self, count):
        if count >= self.max_windows:
            raise ValueError("more than %d windows: check the timestamps of the input" % self.max_windows)
        return Window()

    def _add(self, w, line, offset):
        groups, event, record = line.groups, line.event, line.record
        w.logs += 1
        w.wifi += line.wifi
        w.auth_failures += groups & AUTH_FAILURE != 0
        w.disconnects += groups & DISCONNECT != 0
        w.disassociations += groups & DISASSOCIATION != 0
        w.beacons += groups & BEACON != 0
        w.connects += groups & CONNECT != 0
        w.joins += groups & JOIN != 0
        w.errors += 0 <= record.level <= 3
        w.warnings += record.level == 4
        w.error_texts += line.error_text
        w.first, w.last = min(w.first, offset), max(w.last, offset)
        w.offset_sum += offset
        w.bins |= 1 << (offset * BINS // self.length_ms)
        w.program_bits |= line.program_bits
        w.programs[record.program] = w.programs.get(record.program, 0) + 1
        w.devices[record.device] = w.devices.get(record.device, 0) + 1
        if event.mac:
            w.macs.add(event.mac)
        if event.ssid:
            w.ssids.add(event.ssid)
        # The training service keeps frequencies in 32 bits.
        freq = (event.freq + 2**31) % 2**32 - 2**31
        if 2000 <= freq <= 7200:
            w.band_bits |= BAND_2 if freq < 3000 else BAND_5 if freq < 5925 else BAND_6
        if event.signal == event.signal:
            seconds = offset // 1000
            w.signals += 1
            w.signal_sum += event.signal
            w.signal_squares += event.signal * event.signal
            w.seconds += seconds
            w.seconds_squares += seconds * seconds
            w.products += seconds * event.signal
        if event.txrate == event.txrate:
            w.rates += 1
            w.rate_sum += event.txrate

    # -- sums to rows ---------------------------------------------------------------------------------------------------

    def _grid(self, windows, first_ms, last_ms, context):
        if first_ms > last_ms:
            return WindowTable(self.features, [])
        first = -(-first_ms // self.stride_ms)
        count = max(0, (last_ms - self.length_ms) // self.stride_ms - first + 1)
        # UTF-16 order, as the training service sorts.
        owners = sorted({owner for owner, _ in windows}, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        if count * len(owners) > self.max_windows:
            raise ValueError("more than %d windows: check the timestamps of the input" % self.max_windows)
        # The dropped windows before the grid still tell what their device is.
        program_bits, bands = dict.fromkeys(owners, 0), dict.fromkeys(owners, 0)
        for (owner, index), window in sorted(windows.items(), key=lambda item: item[0][1]):
            if index < first:
                program_bits[owner] |= window.program_bits
                bands[owner] = window.band_bits or bands[owner]
        length = self.spec["window"]["length_seconds"]
        if context is not None:
            context.begin(windows, owners, first)
        rows = []
        for index in range(first, first + count):
            present = [windows[owner, index] for owner in owners if (owner, index) in windows]
            if self.pooled:
                lines = list(present[0].devices.values()) if present else []
            else:
                lines = [window.logs for window in present]
            for owner in owners:
                w = windows.get((owner, index), EMPTY)
                program_bits[owner] |= w.program_bits
                bands[owner] = w.band_bits or bands[owner]
                w.device_type = device_type(program_bits[owner])
                w.connection_type = {0: 0, BAND_2: 1, BAND_5: 2, BAND_6: 3}.get(bands[owner], 4)
                w.slot_devices, w.slot_top, w.slot_logs = len(lines), max(lines, default=0), sum(lines)
                start = index * self.stride_ms
                w.hour, w.weekday = self._clock(w, start, length)
                recent = {} if context is None else context.values(owner, index, w, self._hour(start))
                values = [recent[name] if name in recent else FORMULAS[name](w, length) for name in self.features]
                rows.append((owner, start, w.logs, values))
        return WindowTable(self.features, rows)

    def _hour(self, start):
        """Local hour, 0 to 23, in which a window begins."""
        local = start + self.zone_offset(start)
        return local % DAY_MS // 3600000

    def _clock(self, w, start, length):
        """Local hour and weekday of the mean arrival, or of the middle of an empty window."""
        offset = w.offset_sum / w.logs if w.logs else length * 500
        moment = start + math.floor(offset)
        local = moment + self.zone_offset(moment)
        day = local // DAY_MS
        return (local - day * DAY_MS) / 3600000, (day + 3) % 7

    # -- rows to the model's input ----------------------------------------------------------------------------------------

    def impute_and_clip(self, values):
        """Missing values replaced and extremes clipped, as in training.

        ValueError where a value is missing and the model was trained with `impute: none` for its feature."""
        return impute_and_clip(values, self.spec["preprocessing"], [entry["name"] for entry in self.spec["features"]])

    def scale(self, values):
        """What scaler.joblib does: (x - mean) / scale."""
        scaler = self.spec["preprocessing"]["scaler"]
        return (np.asarray(values, dtype=np.float64) - np.array(scaler["mean"])) / np.array(scaler["scale"])


def impute_and_clip(values, preprocessing, names):
    values = np.array(values, dtype=np.float64)
    fill = np.array([np.nan if value is None else value for value in preprocessing["impute_values"]])
    values = np.where(np.isnan(values), fill, values)
    missing = np.isnan(values).sum(axis=0)
    for name, count in zip(names, missing):
        if count > 0:
            raise ValueError("%r is missing in %d of %d rows, and nothing replaces it (impute: none)" % (name, count, len(values)))
    low = np.array([-np.inf if bound is None else bound for bound in preprocessing["clip_low"]])
    high = np.array([np.inf if bound is None else bound for bound in preprocessing["clip_high"]])
    return np.minimum(np.maximum(values, low), high)


class Line:
    """One classified line, read once and counted in each window that covers it."""

    __slots__ = ("record", "event", "groups", "wifi", "error_text", "program_bits")

    def __init__(self, record, event, groups, program_bits, is_wifi_program):
        # Older ASUS firmware logs its association events under the program name `syslog`.
        relayed = record.program == "syslog" and record.message.startswith(("WLCEVENTD", "wlceventd"))
        self.record, self.event, self.groups, self.program_bits = record, event, groups, program_bits
        self.wifi = groups & WIFI != 0 or is_wifi_program or relayed
        self.error_text = ERROR_TEXT.search(record.message) is not None


def device_type(bits):
    if bits & ASUS:
        return 1
    if bits & OPENWRT or bits & (HOSTAPD | DNSMASQ) == HOSTAPD | DNSMASQ:
        return 2
    if bits & HOSTAPD:
        return 3
    return 4 if bits & CLIENT else 0


def zone_offset(name):
    """Function from a UTC moment to the zone's offset then, both in milliseconds."""
    if name == "UTC":
        return lambda moment: 0
    from zoneinfo import ZoneInfo  # Python 3.9 or newer; without a system time zone database also the package tzdata

    zone, quarter, epoch = ZoneInfo(name), 15 * 60 * 1000, datetime(1970, 1, 1, tzinfo=timezone.utc)

    def offset(moment):
        at = epoch + timedelta(milliseconds=moment // quarter * quarter)
        return int(at.astimezone(zone).utcoffset().total_seconds() * 1000)

    return offset


def read_export(path):
    """Rows of a JSON export (a list, or an object with `logs` or `data`), of NDJSON or of CSV."""
    csv.field_size_limit(16 * 1024 * 1024)
    with open(path, encoding="utf-8-sig", newline="") as file:
        start = file.read(4096).lstrip()[:1]
        file.seek(0)
        if start not in ("{", "["):
            # An empty cell is how databases write NULL.
            return [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]
        text = file.read()
    try:
        document = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    if isinstance(document, list):
        return document
    records = document.get("logs", document.get("data"))
    return records if isinstance(records, list) else [document]


def format_time(ms):
    moment = datetime(1970, 1, 1) + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds") + "Z"


def main(path):
    extractor = FeatureExtractor(os.path.dirname(os.path.abspath(__file__)))
    table = extractor.extract(read_export(path))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    columns = [column for column, name in enumerate(table.features) if name != "log_count"]
    writer.writerow(["device", "start", "log_count"] + [table.features[column] for column in columns])
    for row, values in enumerate(table.values.tolist()):
        cells = ["" if values[column] != values[column] else values[column] for column in columns]
        # A spreadsheet runs a cell that begins like a formula.
        device = re.sub(r"^(?=[=+\-@\t\r])", "'", table.device[row])
        writer.writerow([device, format_time(table.start_ms[row]), table.log_count[row]] + cells)
    if extractor.invalid_rows:
        print("%d rows without a usable time, text or device were left out" % extractor.invalid_rows, file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python wifi_features.py EXPORT > features.csv")
    main(sys.argv[1])
