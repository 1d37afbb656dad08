"""Estimators of scikit-learn that train on a Steelyard service: for pipelines, grids and cross-validation.

The data go to the service, which trains, keeps the job and the model, and predicts. A frame's columns are sent as they
are: categories, dates and missing values need no preprocessing here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_feature_names,
    _check_sample_weight,
    check_array,
    check_is_fitted,
    check_X_y,
    column_or_1d,
)

from steelyard.client.sync import URL, Client, Model
from steelyard.client.tables import is_frame

TARGET, WEIGHT = "target", "sample_weight"  # columns on the service


class _Remote(BaseEstimator):  # type: ignore[misc]
    """What both estimators have in common: their parameters, and the way to the service."""

    def __init__(
        self,
        layers: Sequence[Any] | None = None,
        *,
        activation: Any = None,
        initializer: Any = None,
        optimizer: Any = None,
        loss: Any = None,
        regularizer: Any = None,
        preprocessing: Mapping[str, Any] | None = None,
        training: Mapping[str, Any] | None = None,
        validation: Any = "auto",
        ensemble: int = 1,
        preset: str | None = None,
        random_state: int = 0,
        url: str = URL,
        api_key: str | None = None,
    ) -> None:
        self.layers = layers
        self.activation = activation
        self.initializer = initializer
        self.optimizer = optimizer
        self.loss = loss
        self.regularizer = regularizer
        self.preprocessing = preprocessing
        self.training = training
        self.validation = validation
        self.ensemble = ensemble
        self.preset = preset
        self.random_state = random_state
        self.url = url
        self.api_key = api_key

    def _spec(self, task: str) -> dict[str, Any]:
        """The job, without its data. What is `None` is left to the service."""
        names = ("layers", "activation", "initializer", "optimizer", "loss", "regularizer", "preprocessing", "preset")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if "layers" in given:
            given["layers"] = [*given["layers"]]
        if self.validation != "auto":
            given["validation"] = self.validation
        seed = {"seed": int(self.random_state)}
        return {**given, "task": task, "ensemble": self.ensemble, "training": {**seed, **(self.training or {})}}

    def _train(self, table: Any, targets: Any, task: str, sample_weight: Any) -> None:
        """Train on a table, its targets and the weights of its rows, a value for each row or `None`.

        Raises `InvalidRequest`, `JobFailed`.
        """
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, table, dtype=np.float64)
        data: dict[str, Any] = {} if weights is None else {WEIGHT: WEIGHT}
        with Client(self.url, self.api_key) as client:
            if is_frame(table):
                columns = {TARGET: targets} if weights is None else {TARGET: targets, WEIGHT: weights}
                data |= {"dataset": client.upload(_with_columns(table, columns)).id, "target": TARGET}
            else:
                names = [f"x{place}" for place in range(table.shape[1])]
                if weights is not None:
                    table, names = np.column_stack([table, weights]), [*names, WEIGHT]
                data["inline"] = {"x": table.tolist(), "y": targets.tolist(), "feature_names": names}
            job = client.train(data, **self._spec(task))
            self.job_ = job.wait().document
            self.model_id_ = job.model_id

    def _answer(self, table: Any) -> dict[str, Any]:
        """The answer of the model for the rows of a table."""
        check_is_fitted(self, "model_id_")
        _check_feature_names(self, table, reset=False)
        rows = table if is_frame(table) else check_array(table, ensure_all_finite="allow-nan")
        if not is_frame(table) and rows.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {rows.shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} "
                "features as input"
            )
        with Client(self.url, self.api_key) as client:
            return Model(client.transport, {"id": self.model_id_}).answer(rows)

    def _take(self, table: Any, targets: Any, *, numeric: bool) -> tuple[Any, Any]:
        """The table and the targets, checked as scikit-learn does."""
        _check_feature_names(self, table, reset=True)
        if is_frame(table):
            self.n_features_in_ = table.shape[1]
            return table, column_or_1d(targets, warn=True)
        rows, values = check_X_y(
            table, targets, ensure_all_finite="allow-nan", y_numeric=numeric, ensure_min_samples=2, estimator=self
        )
        self.n_features_in_ = rows.shape[1]
        return rows, values


class MLPClassifier(ClassifierMixin, _Remote):  # type: ignore[misc]
    """A classifier that is trained on the service.

    `layers`, `activation`, `initializer`, `optimizer`, `loss`, `regularizer`, `preprocessing`, `training`,
    `validation`, `ensemble` and `preset` are the fields of a job; `random_state` is its seed.

    Attributes:
        classes_: The classes, in order.
        job_: The job as the service describes it, with metrics and findings.
        model_id_: The id of the model.
        n_features_in_: The number of columns.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 -- scikit-learn's name
        """Train on rows `X` (rows × columns), a class for each, and how much each row counts."""
        table, targets = self._take(X, y, numeric=False)
        check_classification_targets(targets)
        self.classes_, places = np.unique(targets, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class, {self.classes_[0]!r}; a classifier needs at least two")
        labels = np.array([f"class {place}" for place in places])
        self._train(table, labels, "binary" if len(self.classes_) == 2 else "multiclass", sample_weight)
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803
        """The class of each row."""
        answer = self._answer(X)
        return self.classes_[[_place(label) for label in answer["predictions"]]]

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """The probability of each class: rows × `classes_`."""
        answer = self._answer(X)
        given = np.asarray(answer["probabilities"], dtype=np.float64)
        probabilities = np.zeros((len(given), len(self.classes_)))
        probabilities[:, [_place(label) for label in answer["classes"]]] = given
        return probabilities


class MLPRegressor(RegressorMixin, _Remote):  # type: ignore[misc]
    """A regressor that is trained on the service. Its parameters are those of `MLPClassifier`.

    Attributes:
        job_: The job as the service describes it, with metrics and findings.
        model_id_: The id of the model.
        n_features_in_: The number of columns.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train on rows `X` (rows × columns), a number for each, and how much each row counts."""
        table, targets = self._take(X, y, numeric=True)
        self._train(table, np.asarray(targets, dtype=np.float64), "regression", sample_weight)
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803
        """The value of each row."""
        return np.asarray(self._answer(X)["predictions"], dtype=np.float64)


def _place(label: str) -> int:
    """`class 3` → 3: labels are sent by their places, so that classes of any type come back as they were."""
    return int(label.removeprefix("class "))


def _with_columns(frame: Any, columns: Mapping[str, Any]) -> Any:
    """The frame with these columns behind its own."""
    for name in columns:
        if name in frame.columns:
            raise ValueError(f"X has a column {name!r}, which is a name that the service needs; rename it")
    if hasattr(frame, "with_columns"):
        import polars as pl  # noqa: PLC0415 -- who has such a frame has it

        return frame.with_columns(*(pl.Series(name, values) for name, values in columns.items()))
    return frame.assign(**columns)
