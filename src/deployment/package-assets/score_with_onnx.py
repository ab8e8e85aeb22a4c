"""Scores with the detector of this version, model.onnx, which scikit-learn cannot express. No scikit-learn is needed.

    python score_with_onnx.py                          # scores the golden rows and compares with what was recorded
    python score_with_onnx.py export.json [--top 20]   # CSV: device, start, score, is_anomaly; the most anomalous first

    from score_with_onnx import DetectorInference
    detector = DetectorInference(".")
    result = detector.predict_values(table.values, table.device)    # a WindowTable of wifi_features.py

Needs numpy and onnxruntime (pip install onnxruntime). The score is between 0 and 1, higher = more anomalous; a device that
the training did not know is compared with all devices of the training.
"""

import argparse
import csv
import json
import os
import re
import sys

import numpy as np

# Windows scored at a time: what the graph makes of them stays small.
BLOCK_ROWS = 1024
SCORE_TOLERANCE = 1e-6


class NotUsable(Exception):
    """The package or this machine cannot score; the text says why and what to do."""


def open_session(path):
    """model.onnx on the processor, in one thread."""
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        if error.name != "onnxruntime":
            raise
        raise NotUsable("onnxruntime is not installed, and model.onnx needs it: pip install onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class DetectorInference:
    """The detector of an unpacked package, with its devices and its threshold.

    Values are raw, as wifi_features.py or the training service extracts them: filling of gaps and clipping happen here,
    with what was learned in training. There is no scaling.
    """

    def __init__(self, model_dir):
        manifest = read_json(model_dir, "deployment_manifest.json")
        detector = manifest["inference_config"].get("detector")
        if detector is None:
            raise NotUsable("the model of this package is its Isolation Forest: use inference_example.py")
        if not detector["onnx"]:
            raise NotUsable("the detector %s has no ONNX graph, it scores in the training service only" % detector["type"])
        preprocessing = read_json(model_dir, "feature_spec.json")["preprocessing"]
        self.type = detector["type"]
        self.threshold = detector["threshold"]
        self.feature_names = list(manifest["training_info"]["feature_names"])
        self._number = {name: number for number, name in enumerate(detector["devices"])}
        self._impute = bounds(preprocessing["impute_values"], np.nan)
        self._low = bounds(preprocessing["clip_low"], -np.inf)
        self._high = bounds(preprocessing["clip_high"], np.inf)
        self._session = open_session(os.path.join(model_dir, "model.onnx"))
        facts = self._session.get_modelmeta().custom_metadata_map
        # The graph sees positions only: columns or devices in another order would give plausible wrong scores.
        for key, expected in (("feature_names", self.feature_names), ("devices", list(detector["devices"]))):
            if json.loads(facts[key]) != expected:
                raise NotUsable("model.onnx lists other %s than deployment_manifest.json" % key)

    def device_numbers(self, devices):
        """Names of devices -> the numbers that model.onnx takes; -1 = not known in training."""
        return np.array([self._number.get(name, -1) for name in devices], dtype=np.int64)

    def predict_values(self, values, devices):
        """Labels and scores of feature rows.

        values: matrix with one column a feature, in the order of feature_names, raw; NaN = missing.
        devices: name of each row's device.

        Returns predictions (1 = anomaly, 0 = normal), scores (0..1, higher = more anomalous), threshold (anomaly =
        above it), anomaly_count, total_samples.
        """
        values = np.asarray(values, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.feature_names):
            raise ValueError("expected rows of %d features, got shape %s" % (len(self.feature_names), values.shape))
        if len(values) != len(devices):
            raise ValueError("%d rows, but %d devices" % (len(values), len(devices)))
        if np.isinf(values).any():
            raise ValueError("infinite values cannot be scored")
        filled = np.where(np.isnan(values), self._impute, values)
        if np.isnan(filled).any():
            name = self.feature_names[int(np.argmax(np.isnan(filled).any(axis=0)))]
            raise ValueError("%r is missing, and nothing replaces it (impute: none)" % name)
        clipped = np.minimum(np.maximum(filled, self._low), self._high)
        labels, scores = self.run(clipped, self.device_numbers(devices))
        return {
            "predictions": (labels == -1).astype(int).tolist(),
            "scores": scores.tolist(),
            "threshold": self.threshold,
            "anomaly_count": int((labels == -1).sum()),
            "total_samples": len(values),
        }

    def run(self, rows, numbers):
        """Labels (-1 = anomaly) and scores of rows after filling and clipping, with the number of each row's device."""
        labels, scores = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.float64)
        for start in range(0, len(rows), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            inputs = {"features": rows[part], "device": numbers[part]}
            label, score = self._session.run(["label", "score_samples"], inputs)
            labels[part], scores[part] = label[:, 0], -score[:, 0].astype(np.float64)
        return labels, scores


def bounds(values, absent):
    return np.array([absent if value is None else value for value in values], dtype=np.float64)


def read_json(model_dir, name):
    with open(os.path.join(model_dir, name), encoding="utf-8") as file:
        return json.load(file)


def score_golden(detector, model_dir):
    """Scores the recorded rows of the detector and compares. Returns the exit code."""
    golden = read_json(model_dir, "golden.json")["detector"]
    labels, scores = detector.run(np.array(golden["X"], dtype=np.float64), np.array(golden["devices"], dtype=np.int64))
    count = int((labels == -1).sum())
    print("%s: %d golden rows, %d anomalies, alert above %.6f" % (detector.type, len(labels), count, detector.threshold))
    for number in np.argsort(-scores, kind="stable")[:5]:
        print("  row %3d  score %.6f  %s" % (number, scores[number], "ANOMALY" if labels[number] == -1 else "normal"))
    difference = float(np.max(np.abs(scores - np.array(golden["scores"])), initial=0.0))
    if labels.tolist() == golden["labels"] and difference <= SCORE_TOLERANCE:
        return 0
    print("These are not the labels and scores that were recorded (largest difference %g)." % difference)
    return 1


def score_export(detector, model_dir, path, top):
    """Writes the windows of a log export as CSV, the most anomalous first. Returns the exit code."""
    try:
        from wifi_features import FeatureExtractor, format_time, read_export
    except ModuleNotFoundError as error:
        if error.name != "wifi_features":
            raise
        raise NotUsable(
            "this package cannot compute its features from a log export (see README.md): give rows with %s to DetectorInference.predict_values"
            % ", ".join(detector.feature_names)
        )

    extractor = FeatureExtractor(model_dir)
    table = extractor.extract(read_export(path))
    result = detector.predict_values(table.values, table.device)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["device", "start", "score", "is_anomaly"])
    # Equal scores stay in the order of the windows.
    for number in np.argsort(-np.array(result["scores"]), kind="stable")[:top]:
        # A spreadsheet runs a cell that begins like a formula.
        device = re.sub(r"^(?=[=+\-@\t\r])", "'", table.device[number])
        label = "true" if result["predictions"][number] else "false"
        writer.writerow([device, format_time(table.start_ms[number]), "%.7f" % result["scores"][number], label])
    if extractor.invalid_rows:
        print("%d rows without a usable time, text or device were left out" % extractor.invalid_rows, file=sys.stderr)
    summary = (detector.type, result["total_samples"], result["anomaly_count"], detector.threshold)
    print("%s: %d windows, %d anomalies, alert above %.6f" % summary, file=sys.stderr)
    return 0


def main():
    parser = argparse.ArgumentParser(description="Scores with model.onnx, the detector of this package.")
    parser.add_argument("export", nargs="?", help="log export (JSON, NDJSON or CSV); without it the golden rows are scored")
    parser.add_argument("--top", type=int, metavar="N", help="write the N most anomalous windows only")
    arguments = parser.parse_args()
    if arguments.top is not None and arguments.top < 1:
        parser.error("--top must be 1 or more")
    model_dir = os.path.dirname(os.path.abspath(__file__))
    try:
        detector = DetectorInference(model_dir)
        if arguments.export is None:
            return score_golden(detector, model_dir)
        return score_export(detector, model_dir, arguments.export, arguments.top)
    except NotUsable as error:
        print(str(error), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
