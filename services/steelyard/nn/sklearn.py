"""The trainer behind scikit-learn's face: estimators for pipelines, grids and cross-validation.

Names and defaults are those of `sklearn.neural_network`, where it has them. Parts are given by name or as themselves
(`optimizer=Adam(0.01)`). The training is the service's own; what differs from scikit-learn's: weights begin as
`initializer` says, biases as zeros, and sparse input is refused.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from steelyard.errors import InvalidParameter, nearest
from steelyard.nn.activations import ACTIVATIONS, Activation
from steelyard.nn.class_weights import balance
from steelyard.nn.component import Part, Registry
from steelyard.nn.evaluation import answer
from steelyard.nn.initializers import INITIALIZERS, Initializer
from steelyard.nn.layers import Dense, Layer
from steelyard.nn.losses import LOSSES, Loss
from steelyard.nn.network import Network
from steelyard.nn.optimizers import OPTIMIZERS, Optimizer
from steelyard.nn.regularizers import L2
from steelyard.nn.rng import Streams
from steelyard.nn.training.early_stopping import EarlyStopping
from steelyard.nn.training.loop import Epoch, Training
from steelyard.nn.training.optimizer_state import OptimizerState

Array = NDArray[Any]
AUTO_BATCH = 200


class _MLP(BaseEstimator):  # type: ignore[misc]
    """What classifier and regressor have in common."""

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Activation = "relu",
        *,
        initializer: str | Initializer = "glorot_uniform",
        optimizer: str | Optimizer = "adam",
        loss: str | Loss = "auto",
        alpha: float = 1e-4,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.initializer = initializer
        self.optimizer = optimizer
        self.loss = loss
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start

    @property
    def coefs_(self) -> list[Array]:
        """The kernels, `(inputs, units)` each."""
        return [tensor for name, tensor in self.network_.tensors().items() if name.endswith("/kernel")]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases, `(units,)` each."""
        return [tensor for name, tensor in self.network_.tensors().items() if name.endswith("/bias")]

    def _fit(self, x: Array, y: Array, weights: Array | None, outputs: int, *, epochs: int, onward: bool) -> Self:
        """Train on validated rows; `onward` goes on with weights, optimizer and randomness as they are."""
        loss = self._loss()
        if not onward:
            seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
            self._streams = Streams.spawn(int(seed))
            self._optimizer_state: OptimizerState | None = None
            self.loss_curve_: list[float] = []
            if not (self.warm_start and hasattr(self, "network_")):
                self._draw(x, outputs, loss)
        rows, held = self._hold_out(len(x), onward=onward)
        training = Training(
            self.network_,
            loss,
            self._optimizer(),
            x[rows],
            y[rows],
            weights=None if weights is None else weights[rows],
            epochs=epochs,
            batch_size=self._batch_rows(len(rows)),
            streams=self._streams,
            shuffle=self.shuffle,
            validation=(x[held], y[held]) if len(held) else None,
            early_stopping=None if onward else self._stopping(),
        )
        if self._optimizer_state is not None:
            training.go_on_with(self._optimizer_state)
        self.loss_curve_ += [event.values["loss"] for event in training.run() if isinstance(event, Epoch)]
        self._optimizer_state = training.optimizer_state
        self.loss_, self.n_iter_ = self.loss_curve_[-1], len(self.loss_curve_)
        if not onward and not training.stopped_early and epochs == self.max_iter:
            message = f"the loss was still falling after max_iter={self.max_iter} epochs"
            warnings.warn(message, ConvergenceWarning, stacklevel=3)
        return self

    def _draw(self, x: Array, outputs: int, loss: Loss) -> None:
        self.network_ = Network(list(self._layers(outputs, loss)), inputs=x.shape[1], dtype=x.dtype.name)
        self.network_.initialize(self._streams.initialization, x)

    def _layers(self, outputs: int, loss: Loss) -> Iterator[Layer]:
        activation = _part(self.activation, ACTIVATIONS, Activation, "activation")
        initializer = _part(self.initializer, INITIALIZERS, Initializer, "initializer")
        sizes = self.hidden_layer_sizes
        regularizer = L2(self._penalty) if self._penalty else None
        for units in [sizes] if isinstance(sizes, Integral) else list(sizes):  # type: ignore[arg-type]
            yield Dense(int(units), activation, initializer, regularizer=regularizer)
        yield Dense(outputs, ACTIVATIONS[loss.link or "linear"](), initializer, regularizer=regularizer)

    def _hold_out(self, rows: int, *, onward: bool) -> tuple[Array, Array]:
        if onward or not self.early_stopping:
            return np.arange(rows), np.arange(0)
        order = self._streams.split.permutation(rows)
        held = max(1, round(rows * self.validation_fraction))
        if held >= rows:
            raise InvalidParameter("validation_fraction", f"leaves none of {rows} rows to train on")
        return np.sort(order[held:]), np.sort(order[:held])

    def _stopping(self) -> EarlyStopping:
        monitor = "val_loss" if self.early_stopping else "loss"
        return EarlyStopping(monitor, self.n_iter_no_change, self.tol, restore_best=self.early_stopping)

    def _batch_rows(self, rows: int) -> int:
        if isinstance(self.batch_size, str):
            if self.batch_size != "auto":
                raise InvalidParameter("batch_size", f"is {self.batch_size!r}; it must be 'auto' or a number of rows")
            return min(AUTO_BATCH, rows)
        if self.batch_size < 1:
            raise InvalidParameter("batch_size", f"is {self.batch_size}; it must be at least 1")
        return min(self.batch_size, rows)

    def _prepare(self, rows: int, weights: Array | None) -> None:
        """Settle what depends on the rows: scikit-learn's penalty is `alpha / 2` a row of the batch."""
        if self.max_iter < 1:
            raise InvalidParameter("max_iter", f"is {self.max_iter}; it must be at least 1")
        if self.alpha < 0:
            raise InvalidParameter("alpha", f"is {self.alpha}; it must be at least 0")
        share = 1.0 if weights is None else float(weights.mean())
        self._penalty = self.alpha / (2 * self._batch_rows(rows) * share) if share else 0.0

    def _optimizer(self) -> Optimizer:
        if isinstance(self.optimizer, Optimizer):
            return self.optimizer
        named: Optimizer = _part(self.optimizer, OPTIMIZERS, Optimizer, "optimizer")
        return replace(named, learning_rate=self.learning_rate_init)

    def _loss(self) -> Loss:
        loss: Loss = _part(self._default_loss() if self.loss == "auto" else self.loss, LOSSES, Loss, "loss")
        return loss

    def _default_loss(self) -> str:
        return "mean_squared_error"

    def _read(self, x: Any) -> Array:
        check_is_fitted(self, "network_")
        read: Array = validate_data(self, x, dtype=self.network_.dtype, reset=False)
        return read


class MLPClassifier(ClassifierMixin, _MLP):  # type: ignore[misc]
    """A network that tells classes apart, or says of several labels whether each holds (`y` `(rows, labels)`).

    Parameters as of `sklearn.neural_network.MLPClassifier`; beside them `initializer`, `optimizer`, `loss` and
    `class_weight` (`None`, `"balanced"` or weights by class).

    Attributes:
        classes_: the labels, sorted.
        network_: the trained network.
        loss_curve_, loss_, n_iter_: the loss of every epoch, the last one, how many there were.
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Activation = "relu",
        *,
        initializer: str | Initializer = "glorot_uniform",
        optimizer: str | Optimizer = "adam",
        loss: str | Loss = "auto",
        alpha: float = 1e-4,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        class_weight: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes, activation, initializer=initializer, optimizer=optimizer, loss=loss, alpha=alpha,
            batch_size=batch_size, learning_rate_init=learning_rate_init, max_iter=max_iter, shuffle=shuffle,
            random_state=random_state, tol=tol, n_iter_no_change=n_iter_no_change, early_stopping=early_stopping,
            validation_fraction=validation_fraction, warm_start=warm_start,
        )  # fmt: skip
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 -- scikit-learn's name
        """Train on rows `(rows, features)` and their classes `(rows,)`, or labels 0 or 1 `(rows, labels)`."""
        x, y = self._validate(X, y, reset=True)
        if self.warm_start and hasattr(self, "classes_"):
            self._require_known(y)
        else:
            self._learn_classes(y)
        return self._train(x, y, sample_weight, epochs=self.max_iter, onward=False)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:  # noqa: N803
        """Go through the rows once, from where the training is. `classes` are all there will be; for the first call."""
        first = not hasattr(self, "network_")
        x, y = self._validate(X, y, reset=first)
        if first:
            self._learn_classes(y if classes is None else np.asarray(classes), several=y.ndim == 2)
        self._require_known(y)
        return self._train(x, y, sample_weight, epochs=1, onward=not first)

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The class of each row `(rows,)`, or the labels `(rows, labels)`."""
        x = self._read(X)
        said = answer(self.network_, self._loss(), x).predictions
        found: Array = said if self._several else self.classes_[said]
        return found

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """The probability of each class, or label, `(rows, classes)`."""
        x = self._read(X)
        probabilities = answer(self.network_, self._loss(), x).probabilities
        if probabilities is None:
            raise AttributeError(f"the loss {self._loss().name} gives no probabilities")
        return probabilities

    def predict_log_proba(self, X: Any) -> Array:  # noqa: N803
        """The logarithm of `predict_proba`."""
        return np.log(self.predict_proba(X))

    def _validate(self, given_x: Any, given_y: Any, *, reset: bool) -> tuple[Array, Array]:
        x, y = validate_data(self, given_x, given_y, dtype=(np.float64, np.float32), multi_output=True, reset=reset)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if y.ndim == 2 and type_of_target(y) != "multilabel-indicator":
            raise ValueError("y has several columns; they must hold labels, 0 or 1")
        return x, y

    def _learn_classes(self, y: Array, *, several: bool | None = None) -> None:
        self._several = y.ndim == 2 if several is None else several
        self.classes_ = np.arange(y.shape[1]) if y.ndim == 2 else np.unique(y)
        if not self._several and len(self.classes_) < 2:
            raise ValueError(f"a classifier needs at least 2 classes; the data have one class, {self.classes_[0]}")

    def _require_known(self, y: Array) -> None:
        if not self._several and (unknown := np.setdiff1d(y, self.classes_)).size:
            raise ValueError(f"y has the class {unknown[0]}, which is not among those that the first fit was given")

    def _train(self, x: Array, y: Array, sample_weight: Any, *, epochs: int, onward: bool) -> Self:
        weights: Any = None
        if sample_weight is not None or self.class_weight is not None:
            weights = _check_sample_weight(sample_weight, x, dtype=x.dtype, ensure_non_negative=True)
        if self.class_weight is not None:
            weights = weights * self._class_weights(y, weights).astype(x.dtype)
        self._prepare(len(x), weights)
        if self._several:
            return self._fit(x, y.astype(x.dtype), weights, y.shape[1], epochs=epochs, onward=onward)
        indices = np.searchsorted(self.classes_, y)
        if len(self.classes_) == 2:
            return self._fit(x, indices.astype(x.dtype)[:, None], weights, 1, epochs=epochs, onward=onward)
        return self._fit(x, indices, weights, len(self.classes_), epochs=epochs, onward=onward)

    def _class_weights(self, y: Array, weights: Array) -> Array:
        if self.class_weight != "balanced" or self._several:
            found: Array = compute_sample_weight(self.class_weight, y)
            return found
        indices = np.searchsorted(self.classes_, y)
        return balance(indices, weights, len(self.classes_))[indices]

    def _default_loss(self) -> str:
        return "binary_crossentropy" if self._several or len(self.classes_) == 2 else "categorical_crossentropy"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class MLPRegressor(RegressorMixin, _MLP):  # type: ignore[misc]
    """A network that predicts one number, or several.

    Parameters as of `sklearn.neural_network.MLPRegressor`; beside them `initializer`, `optimizer` and `loss`, any of
    those for regression (`Quantile(0.9)`).

    Attributes:
        network_: the trained network.
        loss_curve_, loss_, n_iter_: the loss of every epoch, the last one, how many there were.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train on rows `(rows, features)` and targets `(rows,)` or `(rows, targets)`."""
        x, y = validate_data(self, X, y, dtype=(np.float64, np.float32), multi_output=True, y_numeric=True)
        return self._train(x, y, sample_weight, epochs=self.max_iter, onward=False)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Go through the rows once, from where the training is."""
        first = not hasattr(self, "network_")
        x, y = validate_data(self, X, y, dtype=(np.float64, np.float32), multi_output=True, y_numeric=True, reset=first)
        return self._train(x, y, sample_weight, epochs=1, onward=not first)

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The targets `(rows,)` or `(rows, targets)`."""
        x = self._read(X)
        values = answer(self.network_, self._loss(), x).predictions
        return values[:, 0] if self._flat else values

    def _train(self, x: Array, y: Array, sample_weight: Any, *, epochs: int, onward: bool) -> Self:
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, x, dtype=x.dtype, ensure_non_negative=True)
        self._flat = y.ndim == 1
        self._prepare(len(x), weights)
        targets = y.astype(x.dtype).reshape(len(y), -1)
        return self._fit(x, targets, weights, targets.shape[1], epochs=epochs, onward=onward)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _part(given: Any, registry: Registry[Any], family: type[Part], parameter: str) -> Any:
    if isinstance(given, family):
        return given
    if not isinstance(given, str) or given not in registry:
        raise InvalidParameter(parameter, f"is {given!r}; {nearest(str(given), [*registry.names, *registry.aliases])}")
    return registry[given]()
