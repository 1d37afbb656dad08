"""The network of a Steelyard model as a scikit-learn pipeline, saved for MLServer or MLflow. Runs in their environment.

python benchmarks/predict_pipeline.py mlserver|mlflow FOLDER

FOLDER holds `weights.npz`, the training table `table.csv` and `facts.json`; the model goes to FOLDER/mlserver or
FOLDER/mlflow. The functions in the pipeline are found by this module's name, so the servers have it on their path.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

YEAR_DAYS = 365.2425
MISSING = "(missing)"


def as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers, and true and false as 1 and 0."""
    return frame.astype(np.float64)


def as_datetimes(frame: pd.DataFrame) -> Any:
    """Seven numbers for each date: the years since 1970; month, weekday and hour as points of a circle."""
    found = []
    for name in frame:
        when = pd.to_datetime(frame[name])
        hours = (when - when.dt.normalize()).dt.total_seconds() / 3600
        found.append((when - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86_400 / YEAR_DAYS)
        for turn in ((when.dt.month - 1) / 12, when.dt.day_of_week / 7, hours / 24):
            found += [np.sin(2 * np.pi * turn), np.cos(2 * np.pi * turn)]
    return np.stack(found, axis=1)


def as_labels(frame: pd.DataFrame) -> pd.DataFrame:
    """Categories, one of which is that there is none."""
    return frame.astype(object).where(frame.notna(), MISSING)


def main() -> None:
    framework, folder = sys.argv[1], Path(sys.argv[2])
    facts = json.loads((folder / "facts.json").read_text())
    frame = pd.read_csv(folder / "table.csv")[facts["features"]]
    with np.load(folder / "weights.npz") as weights:
        tensors = dict(weights)
    layers = [name.removesuffix("/kernel") for name in tensors if name.endswith("/kernel")]
    kernels = [tensors[f"{layer}/kernel"] for layer in layers]
    biases = [tensors[f"{layer}/bias"] for layer in layers]
    steps: list[Any] = []
    x: Any = frame.to_numpy(np.float32)[:100] if facts["plain"] else frame
    if not facts["plain"]:
        encoder, kept = make_encoder(facts)
        kernels[0] = kernels[0][kept].astype(np.float64)
        steps = [encoder]
    model = make_pipeline(*steps, with_weights(kernels, biases, facts["classes"]))
    if steps:
        model.steps[0][1].fit(x)
    save(model, x, framework, folder)


def make_encoder(facts: dict[str, Any]) -> tuple[ColumnTransformer, list[int]]:
    """What turns columns into inputs, in Steelyard's order, and which of Steelyard's inputs those are.

    Steelyard has a place for categories that are unknown; scikit-learn has none and gives zeros for them.
    """
    scaled = [SimpleImputer(), StandardScaler()]
    labels = [[*each["labels"], *([MISSING] if each["missing"] else [])] for each in facts["categories"]]
    numbers = len(facts["numbers"]) + 7 * len(facts["datetimes"])
    kept = list(range(numbers))
    place = numbers
    for known in labels:
        kept += range(place, place + len(known))
        place += len(known) + 1
    one_hot = OneHotEncoder(categories=labels, handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([
        ("numbers", make_pipeline(FunctionTransformer(as_numbers), *scaled), facts["numbers"]),
        ("datetimes", make_pipeline(FunctionTransformer(as_datetimes), *scaled), facts["datetimes"]),
        ("labels", make_pipeline(FunctionTransformer(as_labels), one_hot), [e["name"] for e in facts["categories"]]),
    ]), kept  # fmt: skip


def with_weights(kernels: list[Any], biases: list[Any], classes: list[Any]) -> MLPClassifier:
    """A classifier that has learned these weights."""
    sizes = [kernel.shape[1] for kernel in kernels[:-1]]
    network = MLPClassifier(sizes, activation="relu", max_iter=1)
    rows = np.zeros((len(classes), len(kernels[0])), kernels[0].dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(rows, classes)  # makes all that a fitted one has
    network.coefs_, network.intercepts_ = kernels, [bias.astype(kernels[0].dtype) for bias in biases]
    return network


def save(model: Pipeline, x: Any, framework: str, folder: Path) -> None:
    """Save it as the server wants it."""
    if framework == "mlserver":
        import joblib  # type: ignore[import-untyped,import-not-found,unused-ignore]  # noqa: PLC0415 -- as this environment has it

        place = folder / "mlserver" / "bench"
        place.mkdir(parents=True)
        joblib.dump(model, place / "model.joblib")
        settings = {"name": "bench", "implementation": "mlserver_sklearn.SKLearnModel"}
        (place / "model-settings.json").write_text(json.dumps(settings | {"parameters": {"uri": "./model.joblib"}}))
        (folder / "mlserver" / "settings.json").write_text(json.dumps(facts_of_server()))
    else:
        import mlflow  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 -- as this environment has it

        mlflow.sklearn.save_model(
            model,
            folder / "mlflow",
            signature=mlflow.models.infer_signature(x[:5]),
            pyfunc_predict_fn="predict_proba",
            serialization_format="cloudpickle",
            pip_requirements=[],
        )


def facts_of_server() -> dict[str, Any]:
    """MLServer's settings: loopback, no process between the server and the model, no line a request."""
    return {"host": "127.0.0.1", "parallel_workers": 0, "debug": False, "metrics_endpoint": None}


if __name__ == "__main__":
    sys.modules["predict_pipeline"] = sys.modules["__main__"]
    for function in (as_numbers, as_datetimes, as_labels):
        function.__module__ = "predict_pipeline"
    main()
