"""Checks an unpacked model package: python validate_model.py [DIRECTORY]

Files against the manifest's SHA-256, then model and scaler, then the golden rows: this machine must give the labels and
scores that were recorded when the model was made. Where model.onnx is a detector of its own, its golden rows are checked as
well if onnxruntime is installed. Exit code 0 = usable, 1 = not. Run it before the import: the importer adds its own notes to
metadata.json.
"""

import hashlib
import json
import os
import re
import sys
import warnings

SCORE_TOLERANCE = 1e-9
# model.onnx gives its scores as float32.
ONNX_TOLERANCE = 1e-6
REQUIRED = ("model.joblib", "scaler.joblib", "metadata.json", "feature_spec.json", "golden.json")


class Invalid(Exception):
    """A check failed; the text says what and where."""


def require(condition, message):
    if not condition:
        raise Invalid(message)


def read_json(directory, name):
    def refuse(constant):
        raise Invalid("%s holds %s, which is not JSON" % (name, constant))

    try:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            return json.load(file, parse_constant=refuse)
    except (OSError, ValueError) as error:
        raise Invalid("%s cannot be read: %s" % (name, error))


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def check_manifest(directory):
    manifest = read_json(directory, "deployment_manifest.json")
    hashes = manifest["file_integrity"]
    require(hashes == manifest["file_hashes"], "deployment_manifest.json: file_hashes and file_integrity differ")
    for name in REQUIRED:
        require(name in hashes, "deployment_manifest.json has no SHA-256 of %s" % name)
    return manifest


def was_imported(directory):
    try:
        return "import_info" in read_json(directory, "metadata.json")
    except Invalid:
        return False


def check_files(directory, hashes, notes):
    for name, expected in sorted(hashes.items()):
        require(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name), "%r is not a file name of a package" % name)
        path = os.path.join(directory, name)
        require(os.path.isfile(path), "%s is missing" % name)
        actual = sha256(path)
        if actual == expected:
            continue
        # The importer of the inference service writes into this one file; what matters in it is compared below.
        if name == "metadata.json" and was_imported(directory):
            notes.append("metadata.json was extended by an import (import_info); its model facts are compared instead")
            continue
        raise Invalid("%s was changed: SHA-256 %s, expected %s" % (name, actual, expected))
    return "%d files have the expected SHA-256" % len(hashes)


def check_facts(directory, manifest):
    """Version, columns and threshold must be the same wherever they are written."""
    metadata = read_json(directory, "metadata.json")
    spec = read_json(directory, "feature_spec.json")
    names = manifest["training_info"]["feature_names"]
    version = manifest["model_version"]
    require(metadata["model_info"]["version"] == version, "metadata.json is of another version than the manifest")
    require(len(set(names)) == len(names), "feature names repeat")
    require(metadata["training_info"]["feature_names"] == names, "metadata.json lists other features than the manifest")
    require([f["name"] for f in spec["features"]] == names, "feature_spec.json lists other features than the manifest")
    require(manifest["inference_config"]["threshold"] > 0, "the manifest's threshold is not positive")
    quality = manifest["quality_assessment"]
    for key in ("model_quality_score", "silhouette_score", "feature_utilization", "training_data_quality"):
        require(isinstance(quality[key], (int, float)), "quality_assessment.%s is not a number" % key)
    return "version %s with %d features, threshold %.6f" % (version, len(names), manifest["inference_config"]["threshold"])


def load(directory, name, notes):
    import joblib

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = joblib.load(os.path.join(directory, name))
    # scikit-learn warns once a tree, with the same words.
    for text in dict.fromkeys(str(warning.message).split(". ")[0] for warning in caught):
        notes.append("%s: %s; the golden rows decide" % (name, text))
    return value


def check_model(directory, manifest, notes):
    import sklearn
    from sklearn.ensemble import IsolationForest
    from sklearn.preprocessing import StandardScaler

    model, scaler = load(directory, "model.joblib", notes), load(directory, "scaler.joblib", notes)
    count = manifest["training_info"]["feature_count"]
    require(isinstance(model, IsolationForest), "model.joblib is a %s" % type(model).__name__)
    require(isinstance(scaler, StandardScaler), "scaler.joblib is a %s" % type(scaler).__name__)
    require(model.n_features_in_ == count, "the model takes %d features, not %d" % (model.n_features_in_, count))
    require(scaler.n_features_in_ == count, "the scaler takes %d features, not %d" % (scaler.n_features_in_, count))
    threshold = manifest["inference_config"]["threshold"]
    require(-model.offset_ == threshold, "the model's offset_ is %r, the manifest's threshold %r" % (model.offset_, threshold))
    return model, scaler, "%d trees load in scikit-learn %s" % (len(model.estimators_), sklearn.__version__)


def check_golden(directory, manifest, model, scaler):
    import numpy as np

    golden = read_json(directory, "golden.json")
    require(golden["feature_names"] == manifest["training_info"]["feature_names"], "golden.json lists other features")
    rows = np.array(golden["X"], dtype=np.float64)
    scaled = scaler.transform(rows)
    labels, scores = model.predict(scaled), model.score_samples(scaled)
    expected = np.array(golden["score_samples"])
    difference = float(np.max(np.abs(scores - expected)))
    require(difference <= SCORE_TOLERANCE, "golden scores differ by up to %g" % difference)
    wrong = np.flatnonzero(labels != np.array(golden["labels"]))
    require(wrong.size == 0, "golden rows %s get another label" % wrong[:5].tolist())
    flagged = -scores > manifest["inference_config"]["threshold"]
    require(bool(np.all(flagged == (labels == -1))), "the threshold does not agree with the model's labels")
    return "%d golden rows get their labels, scores differ by at most %g" % (len(rows), difference)


def check_detector(directory, manifest):
    """Status and text of the check of model.onnx; None for a version whose model is the Isolation Forest itself."""
    rows = read_json(directory, "golden.json").get("detector")
    stored = manifest["inference_config"].get("detector")
    require((rows is None) == (stored is None), "golden.json and the manifest do not agree on a detector")
    if stored is None:
        return None
    require(rows["type"] == stored["type"], "golden.json has rows of another detector than the manifest")
    require(rows["threshold"] == stored["threshold"], "golden.json has another threshold of the detector than the manifest")
    require(manifest["model_info"].get("fallback") is True, "the manifest does not say that model.joblib is a fallback")
    if not stored["onnx"]:
        return "skipped", "%s: not checked: it has no ONNX graph and scores in the training service only" % rows["type"]
    require("model.onnx" in manifest["file_integrity"], "deployment_manifest.json has no SHA-256 of model.onnx")
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        if error.name != "onnxruntime":
            raise
        return "skipped", "%s: not checked: onnxruntime is not installed (pip install onnxruntime)" % rows["type"]
    return "ok", "%s: %s, onnxruntime %s" % (rows["type"], compare_detector(directory, rows, onnxruntime), onnxruntime.__version__)


def compare_detector(directory, rows, onnxruntime):
    import numpy as np

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    path = os.path.join(directory, "model.onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs = {"features": np.array(rows["X"], dtype=np.float64), "device": np.array(rows["devices"], dtype=np.int64)}
    labels, scores = session.run(["label", "score_samples"], inputs)
    difference = float(np.max(np.abs(-scores[:, 0].astype(np.float64) - np.array(rows["scores"]))))
    # Written so that a score that is no number fails as well.
    require(difference <= ONNX_TOLERANCE, "golden scores of model.onnx differ by up to %g" % difference)
    wrong = np.flatnonzero(labels[:, 0] != np.array(rows["labels"]))
    require(wrong.size == 0, "golden rows %s of the detector get another label from model.onnx" % wrong[:5].tolist())
    return "%d golden rows get their labels, scores differ by at most %g" % (len(labels), difference)


def validate(directory):
    """Runs all checks; prints a line for each. Returns whether the package is usable."""
    notes = []
    model = scaler = None
    try:
        manifest = check_manifest(directory)
        # Nothing is unpickled before its bytes are proven: a pickle is a program.
        print("ok      files: " + check_files(directory, manifest["file_integrity"], notes))
        print("ok      facts: " + check_facts(directory, manifest))
        model, scaler, message = check_model(directory, manifest, notes)
        print("ok      model: " + message)
        print("ok      golden: " + check_golden(directory, manifest, model, scaler))
        detector = check_detector(directory, manifest)
        if detector is not None:
            print("%-7s detector %s" % detector)
    except Invalid as error:
        print("FAILED  %s" % error)
        return False
    except (KeyError, TypeError) as error:
        print("FAILED  a file of the package has an unexpected content: %r" % error)
        return False
    except Exception as error:  # an unreadable pickle can raise anything
        print("FAILED  %s: %s" % (type(error).__name__, error))
        return False
    finally:
        for note in notes:
            print("note    " + note)
    quality = manifest["quality_assessment"]
    print("quality (see quality_assessment_note in deployment_manifest.json):")
    for key in ("model_quality_score", "silhouette_score", "feature_utilization", "training_data_quality"):
        print("        %s %.4f" % (key, quality[key]))
    return True


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    usable = validate(sys.argv[1] if len(sys.argv) > 1 else here)
    print("The package is usable." if usable else "The package is NOT usable.")
    sys.exit(0 if usable else 1)
