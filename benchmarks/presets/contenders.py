"""What is compared: jobs with each preset, a job without, and scikit-learn. Keras and PyTorch are in `peers`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from benchmarks.defaults.data_sets import TARGET, DataSet
from benchmarks.defaults.steelyard_job import begin, train
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.neural_network import MLPClassifier, MLPRegressor

from steelyard.tabular.scaling import Scaler

Array = NDArray[Any]
TEST_SIZE = 0.25
OURS: dict[str, Mapping[str, Any]] = {
    "preset sklearn": {"preset": "sklearn"},
    "preset keras": {"preset": "keras"},
    "preset pytorch": {"preset": "pytorch"},
    "no preset": {},
}


@dataclass(frozen=True)
class Rows:
    """A data set, split, and its rows as the network of a preset gets them, which are the peers' rows, too.

    Of a regression, `y` is standardized, and `target` brings it back.
    """

    frame: pd.DataFrame
    test: NDArray[np.bool_]
    task: str
    x: Array
    y: Array
    x_test: Array
    classes: list[Any] | None
    target: Scaler | None

    @classmethod
    def of(cls, data_set: DataSet, *, is_classes: bool) -> Self:
        """Load, split and encode a data set."""
        frame = data_set.load()
        if is_classes:
            frame[TARGET] = frame[TARGET].astype(str).astype("category")
        kind = StratifiedShuffleSplit if is_classes else ShuffleSplit
        [(_, held)] = kind(1, test_size=TEST_SIZE, random_state=0).split(frame, frame[TARGET])
        test = np.zeros(len(frame), np.bool_)
        test[held] = True
        begun = begin(frame, test, {"preset": "sklearn"})
        train_rows, test_rows = begun.prepared.parts["train"], begun.prepared.parts["test"]
        return cls(
            frame=frame,
            test=test,
            task=begun.spec.task,
            x=np.asarray(train_rows.x[:], np.float64),
            y=train_rows.y.reshape(len(train_rows.y)),
            x_test=np.asarray(test_rows.x[:], np.float64),
            classes=begun.classes,
            target=begun.prepared.target,
        )

    def save(self, file: Path) -> None:
        """Write what the peers need."""
        np.savez(file, x=self.x, y=self.y, x_test=self.x_test, task=self.task)

    def load(self, file: Path) -> Array:
        """The predictions of a peer: seeds × rows × outputs."""
        predictions: Array = np.load(file)
        return predictions


def measure_ours(rows: Rows, seed: int, spec: Mapping[str, Any]) -> float:
    """The score of a job."""
    done = train(rows.frame, rows.test, {**spec, "training": {"seed": seed}})
    y = rows.frame[TARGET][rows.test]
    if done.classes is None:
        return float(np.sqrt(np.mean((done.predictions - y) ** 2)))
    return float(log_loss(y.astype(str), done.predictions, labels=[str(label) for label in done.classes]))


def measure_sklearn(rows: Rows, seed: int) -> float:
    """The score of scikit-learn's estimator with its own defaults."""
    if rows.classes is None:
        values = MLPRegressor(random_state=seed).fit(rows.x, rows.y).predict(rows.x_test)
        return score(rows, values[:, None])
    return score(rows, MLPClassifier(random_state=seed).fit(rows.x, rows.y).predict_proba(rows.x_test))


def score(rows: Rows, predictions: Array) -> float:
    """Log-loss of probabilities (of the second class alone, of two), or RMSE of standardized values."""
    y = rows.frame[TARGET][rows.test]
    if rows.classes is None:
        assert rows.target is not None
        values = rows.target.inverse(predictions.astype(np.float64))[:, 0]
        return float(np.sqrt(np.mean((values - y) ** 2)))
    if predictions.shape[1] == 1:
        predictions = np.hstack([1 - predictions, predictions])
    labels = [str(label) for label in rows.classes]
    return float(log_loss(y.astype(str), predictions.astype(np.float64), labels=labels))
