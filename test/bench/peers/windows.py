"""From sums per (device, window) to the 27 columns of the `wifi` feature set, on the complete grid. Shared by the peers.

All inputs are dense arrays of shape (devices, windows); the first and last window, which the export covers only in
part, are cut off at the end, as src/features/core/window-grid.ts does.
"""
import numpy as np

WINDOW_MS = 300_000
COLUMNS = [
    "auth_failure_ratio", "deauth_ratio", "beacon_ratio", "unique_mac_count", "unique_ssid_count",
    "mean_signal_strength", "std_signal_strength", "mean_data_rate", "mean_packet_loss", "error_ratio",
    "warning_ratio", "device_type", "connection_type", "mean_hour_of_day", "mean_day_of_week",
    "mean_time_between_events", "signal_strength_trend", "connection_stability", "network_load", "log_count",
    "error_log_ratio", "unique_program_count", "disassociation_events", "total_devices", "max_device_activity",
    "mean_device_activity", "signal_missing",
]


def _device_type(bits):
    openwrt = ((bits & 2) != 0) | ((bits & 12) == 12)
    return np.select([(bits & 1) != 0, openwrt, (bits & 4) != 0, (bits & 16) != 0], [1, 2, 3, 4], 0)


def _connection_type(bands):
    """`bands`: bit set per window, 1 = 2.4 GHz, 2 = 5 GHz, 4 = 6 GHz; 0 goes on with the last window that has any."""
    columns = np.arange(bands.shape[1])
    last = np.maximum.accumulate(np.where(bands != 0, columns, 0), axis=1)
    known = np.take_along_axis(bands, last, axis=1)
    return np.select([known == 0, known == 1, known == 2, known == 4], [0, 1, 2, 3], 4)


def features(sums, first_ms, last_ms, first_window):
    """Returns (table of shape (windows x devices, 27), start of each window in ms)."""
    s = sums
    logs = s["logs"].astype(float)
    some = np.maximum(logs, 1)
    wifi = np.maximum(s["wifi"], 1)
    devices, windows = logs.shape
    start = (first_window + np.arange(windows)) * WINDOW_MS
    with np.errstate(invalid="ignore", divide="ignore"):
        n = s["signals"].astype(float)
        mean_signal = s["signal_sum"] / n
        std_signal = np.sqrt((n * s["signal_squares"] - s["signal_sum"] ** 2) / (n * n))
        spread = n * s["second_squares"] - s["second_sum"] ** 2
        trend = 60 * (n * s["products"] - s["second_sum"] * s["signal_sum"]) / spread
        trend[(n < 2) | (spread <= 0)] = np.nan
        rate = s["rate_sum"] / (1000.0 * s["rates"])
    moment = start + np.where(logs > 0, s["offset_sum"] // np.maximum(s["logs"], 1), WINDOW_MS // 2)
    gap = np.where(logs < 2, 300.0, (s["last_offset"] - s["first_offset"]) / (1000.0 * np.maximum(logs - 1, 1)))
    active = (logs > 0).sum(axis=0)
    everywhere = np.ones((devices, 1))
    out = {
        "auth_failure_ratio": s["auth_failures"] / wifi,
        "deauth_ratio": s["disconnects"] / wifi,
        "beacon_ratio": s["beacons"] / wifi,
        "unique_mac_count": s["macs"],
        "unique_ssid_count": s["ssids"],
        "mean_signal_strength": mean_signal,
        "std_signal_strength": std_signal,
        "mean_data_rate": rate,
        "mean_packet_loss": np.full_like(logs, np.nan),
        "error_ratio": s["errors"] / some,
        "warning_ratio": s["warnings"] / some,
        "device_type": _device_type(np.bitwise_or.accumulate(s["program_bits"], axis=1)),
        "connection_type": _connection_type(s["bands"]),
        "mean_hour_of_day": moment % 86_400_000 / 3_600_000,
        "mean_day_of_week": (moment // 86_400_000 + 3) % 7,
        "mean_time_between_events": gap,
        "signal_strength_trend": trend,
        "connection_stability": (1 + s["connects"]) / (1 + s["connects"] + s["disconnects"]),
        "network_load": s["joins"] * 60 / 300,
        "log_count": logs,
        "error_log_ratio": s["error_texts"] / some,
        "unique_program_count": s["programs"],
        "disassociation_events": s["disassociations"],
        "total_devices": active * everywhere,
        "max_device_activity": logs.max(axis=0) * everywhere,
        "mean_device_activity": logs.sum(axis=0) / np.maximum(active, 1) * everywhere,
        "signal_missing": (s["signals"] == 0),
    }
    keep = (start >= first_ms) & (start + WINDOW_MS <= last_ms)
    table = np.stack([np.asarray(out[name], float)[:, keep].T.ravel() for name in COLUMNS], axis=1)
    return table, np.repeat(start[keep], devices)


def write_csv(path, table, start, devices):
    """The table as `extract-features` writes it (device, start, columns), for the cross-check."""
    names = np.tile(devices, len(table) // len(devices))
    moments = np.char.add(np.datetime_as_string(start.astype("datetime64[ms]"), unit="s"), "Z")
    with open(path, "w") as out:
        out.write(",".join(["device", "start", *COLUMNS]) + "\n")
        for name, moment, row in zip(names, moments, table):
            out.write(",".join([str(name), moment, *("" if v != v else repr(float(v)) for v in row)]) + "\n")
