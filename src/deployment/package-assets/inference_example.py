"""How to use the model in Python.

    python inference_example.py                  # scores the golden rows of this package
    python inference_example.py export.json      # scores the windows of a log export, lists the flagged ones

    from inference_example import ModelInference
    model = ModelInference(".")
    result = model.predict([{"log_count": 12, ...}])    # one dict a window: every feature of model.feature_names
"""

import json
import math
import numbers
import os
import sys
import warnings

import joblib
import numpy as np


class ModelInference:
    """The model of an unpacked package, with its scaler and threshold.

    Values are raw, as wifi_features.py or the training service extracts them: filling of gaps, clipping and scaling
    happen here, with what was learned in training.
    """

    def __init__(self, model_dir):
        manifest = self._read(model_dir, "deployment_manifest.json")
        preprocessing = self._read(model_dir, "feature_spec.json")["preprocessing"]
        self.feature_names = list(manifest["training_info"]["feature_names"])
        self.threshold = manifest["inference_config"]["threshold"]
        # Not None: this forest is only what to fall back on, the evaluated model is a detector.
        self.detector = manifest["inference_config"].get("detector")
        self._impute = np.array([np.nan if value is None else value for value in preprocessing["impute_values"]])
        self._low = np.array([-np.inf if bound is None else bound for bound in preprocessing["clip_low"]])
        self._high = np.array([np.inf if bound is None else bound for bound in preprocessing["clip_high"]])
        with warnings.catch_warnings():
            # validate_model.py proves the scores with the scikit-learn version at hand; the version number alone says less.
            warnings.filterwarnings("ignore", message=r"Trying to unpickle estimator")
            self.model = joblib.load(os.path.join(model_dir, "model.joblib"))
            self.scaler = joblib.load(os.path.join(model_dir, "scaler.joblib"))

    @staticmethod
    def _read(model_dir, name):
        with open(os.path.join(model_dir, name), encoding="utf-8") as file:
            return json.load(file)

    def predict(self, rows):
        """Labels and scores of feature rows.

        rows: list of dicts, feature name -> raw value. Each feature must be there: an absent one is an error, not 0. A
        measurement that a window did not have (no signal reading) is given as None or NaN and gets the training value.
        Names that are no features are ignored.

        Returns predictions (1 = anomaly, 0 = normal), scores (0..1, higher = more anomalous), threshold (anomaly =
        above it), anomaly_count, total_samples.
        """
        rows = list(rows)
        values = np.empty((len(rows), len(self.feature_names)), dtype=np.float64)
        for number, row in enumerate(rows):
            values[number] = self._row(number, row)
        return self.predict_values(values)

    def predict_values(self, values):
        """The same for a matrix with one column a feature, in the order of feature_names; NaN = missing."""
        values = np.asarray(values, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.feature_names):
            raise ValueError("expected rows of %d features, got shape %s" % (len(self.feature_names), values.shape))
        if np.isinf(values).any():
            raise ValueError("infinite values cannot be scored")
        scores = np.empty(0)
        if len(values) > 0:
            filled = np.where(np.isnan(values), self._impute, values)
            if np.isnan(filled).any():
                name = self.feature_names[int(np.argmax(np.isnan(filled).any(axis=0)))]
                raise ValueError("%r is missing, and nothing replaces it (impute: none)" % name)
            clipped = np.minimum(np.maximum(filled, self._low), self._high)
            scores = -self.model.score_samples(self.scaler.transform(clipped))
        flagged = scores > self.threshold
        return {
            "predictions": flagged.astype(int).tolist(),
            "scores": scores.tolist(),
            "threshold": self.threshold,
            "anomaly_count": int(flagged.sum()),
            "total_samples": len(values),
        }

    def _row(self, number, row):
        missing = [name for name in self.feature_names if name not in row]
        if missing:
            raise ValueError("row %d lacks: %s" % (number, ", ".join(missing)))
        return [self._value(number, name, row[name]) for name in self.feature_names]

    @staticmethod
    def _value(number, name, value):
        if value is None:
            return math.nan
        if not isinstance(value, numbers.Real):
            raise ValueError("row %d: %s is %r, expected a number" % (number, name, value))
        return float(value)


def score_golden(model, model_dir):
    """Scores the golden rows and compares with what was recorded. Returns the exit code."""
    golden = model._read(model_dir, "golden.json")
    rows = [dict(zip(golden["feature_names"], values)) for values in golden["X"]]
    result = model.predict(rows)
    print("%d golden rows, %d anomalies, alert above %.6f" % (len(rows), result["anomaly_count"], model.threshold))
    for number in np.argsort(result["scores"])[::-1][:5]:
        print("  row %3d  score %.6f  %s" % (number, result["scores"][number], ("normal", "ANOMALY")[result["predictions"][number]]))
    expected = [int(label == -1) for label in golden["labels"]]
    if result["predictions"] == expected:
        return 0
    print("The labels are not those that were recorded; run validate_model.py.")
    return 1


def score_export(model, model_dir, path):
    """Extracts the windows of a log export and lists those above the threshold. Returns the exit code."""
    try:
        from wifi_features import FeatureExtractor, format_time, read_export
    except ModuleNotFoundError as error:
        if error.name != "wifi_features":
            raise
        print(
            "This package cannot compute its features from a log export (see README.md): give rows with %s to ModelInference.predict."
            % ", ".join(model.feature_names),
            file=sys.stderr,
        )
        return 2

    extractor = FeatureExtractor(model_dir)
    table = extractor.extract(read_export(path))
    result = model.predict_values(table.values)
    print("%d windows, %d anomalies, alert above %.6f" % (result["total_samples"], result["anomaly_count"], model.threshold))
    for number, flagged in enumerate(result["predictions"]):
        if flagged:
            window = (format_time(table.start_ms[number]), table.device[number], result["scores"][number], table.log_count[number])
            print("  %s  %s  score %.6f  %d lines" % window)
    return 0


def main():
    model_dir = os.path.dirname(os.path.abspath(__file__))
    model = ModelInference(model_dir)
    if model.detector is not None:
        other = "score_with_onnx.py uses it" if model.detector["onnx"] else "it scores in the training service only"
        text = "note: these are scores of the fallback Isolation Forest; the model of this version is the detector %s: %s"
        print(text % (model.detector["type"], other), file=sys.stderr)
    return score_export(model, model_dir, sys.argv[1]) if len(sys.argv) > 1 else score_golden(model, model_dir)


if __name__ == "__main__":
    sys.exit(main())
