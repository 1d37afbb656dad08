"""What the rules look at: one run of a job, complete or in progress. How runs are stored is not known here."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.recording.record import Recording
from steelyard.nn.losses import LOSSES, Loss
from steelyard.nn.metrics import METRICS
from steelyard.nn.network import OUTPUT, Network
from steelyard.nn.one_hot import OneHot
from steelyard.nn.optimizers import OPTIMIZERS
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.supervision import Supervised

Array = NDArray[Any]
Tensors = Mapping[str, Array]
History = Mapping[str, Sequence[float | None]]
Scores = Mapping[str, float | None]

FALLEN = 0.05  # of the first loss: a network that gained less after some epochs has not begun to learn
BEGUN = 3  # epochs after which a loss shows whether it falls
HIGH = 3.0  # times the loss of a constant answer
DEVIATIONS = 2.0  # standard errors by which a metric must be below another to count as worse
LEAST_MARGIN = 0.02


@dataclass(frozen=True)
class RunData:
    """The data and the network of a run, which only the training process has.

    `x` and `y` are the encoded training rows, `rows` their places in `supervised`, and `weights` how much each counts.
    `causes` has a sentence about the value to blame for each split whose loss was not finite.
    """

    supervised: Supervised
    rows: NDArray[np.int64]
    encoder: Encoder
    x: Array | OneHot
    y: Array
    weights: Array | None
    network: Network
    causes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Predicted:
    """The predictions for some rows, as they are stored: `rows` are their numbers in the data."""

    rows: NDArray[np.int64]
    targets: Array
    predictions: Array
    probabilities: Array | None = None


@dataclass(frozen=True)
class LayerPlace:
    """A layer of the specification: its name in the network, and where it is in the specification."""

    name: str
    path: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """A metric of a split, next to the same metric of the two baselines."""

    metric: str
    split: str
    rows: int
    value: float
    constant: float
    linear: float

    @property
    def baseline(self) -> tuple[str, float]:
        """The better one of the baselines, with its metric."""
        better = max if METRICS[self.metric].greater_is_better else min
        found = better(self.linear, self.constant)
        return ("a linear model" if found == self.linear != self.constant else "a constant answer"), found

    def is_worse(self, *, margins: float = 1.0) -> bool:
        """Whether the network is worse than the better baseline by more than chance, in `margins` of it."""
        gap = self._sign * (self.baseline[1] - self.value)
        return gap > margins * self._margin(self.baseline[1])

    def is_better(self) -> bool:
        """Whether the network is at least as good as the better baseline."""
        return self._sign * (self.value - self.baseline[1]) >= 0

    @property
    def error_share(self) -> float:
        """The error of the network as a share of that of the constant answer."""
        best = 1.0 if METRICS[self.metric].greater_is_better else 0.0
        constant = abs(best - self.constant)
        return abs(best - self.value) / constant if constant else 0.0

    @property
    def is_no_better_than_constant(self) -> bool:
        """Whether the network is not better than the constant answer by more than chance."""
        return self._sign * (self.value - self.constant) < self._margin(self.constant)

    @property
    def is_hopeless(self) -> bool:
        """Whether the linear model is not better than the constant answer, either."""
        return self._sign * (self.linear - self.constant) < self._margin(self.constant)

    @property
    def _sign(self) -> int:
        return 1 if METRICS[self.metric].greater_is_better else -1

    def _margin(self, at: float) -> float:
        if self.metric in ("accuracy", "hamming_loss"):
            share = min(max(at, 1 / self.rows), 1 - 1 / self.rows)
            return max(LEAST_MARGIN / 2, DEVIATIONS * math.sqrt(share * (1 - share) / self.rows))
        relative = LEAST_MARGIN + DEVIATIONS / 4 / math.sqrt(self.rows)
        return relative if self.metric == "r2" else relative * abs(self.constant)


@dataclass(frozen=True)
class Run:
    """A run. Whatever is not known is empty or `None`, and rules that need it find nothing.

    Args:
        spec: the complete specification, as JSON.
        history: a list for each name, with an entry for each epoch.
        initial, final: the weights before the first step and at the end, by tensor name.
        metrics, baseline: as in the job.
        predictions: by split.
        classes: the labels of a classification.
        error: the problem of a run that failed.
        restored: whether `final` are the weights of the best epoch, not of the last one.
        stopped_at: the epoch of the weights that early stopping kept, if it ended the training.
        is_over: false while the job runs.
        data: what only the training process has.
        recording: the statistics of some epochs, if they were recorded.
        url: of the job.
    """

    spec: Mapping[str, Any]
    history: History = field(default_factory=dict)
    initial: Tensors = field(default_factory=dict)
    final: Tensors = field(default_factory=dict)
    metrics: Mapping[str, Scores] = field(default_factory=dict)
    baseline: Mapping[str, Mapping[str, Scores]] | None = None
    predictions: Mapping[str, Predicted] = field(default_factory=dict)
    classes: Sequence[Any] | None = None
    error: Mapping[str, Any] | None = None
    restored: bool = False
    stopped_at: int | None = None
    is_over: bool = True
    data: RunData | None = None
    recording: Recording | None = None
    url: str | None = None

    @cached_property
    def losses(self) -> list[float]:
        """The training loss of each epoch in which it was finite."""
        return finite(self.history.get("loss", ()))

    @property
    def diverged(self) -> bool:
        """Whether the run failed because its loss was not finite."""
        return self.error is not None and str(self.error.get("type", "")).endswith("/diverged")

    @property
    def epochs(self) -> int:
        """How many epochs have been trained."""
        return max((len(series) for series in self.history.values()), default=0)

    @property
    def rows(self) -> int | None:
        """The number of training rows."""
        if self.data is not None:
            return len(self.data.rows)
        found = self.predictions.get("train")
        return None if found is None else len(found.rows)

    @property
    def steps(self) -> int | None:
        """How many steps have been made."""
        return None if self.rows is None else self.epochs * math.ceil(self.rows / self.batch_size)

    @property
    def batch_size(self) -> int:
        """The number of rows of a step; all for an optimizer with a line search."""
        size: int = self.spec["training"]["batch_size"]
        return self.rows or size if self.is_line_search else min(size, self.rows or size)

    @property
    def is_line_search(self) -> bool:
        """Whether the optimizer finds the length of its steps itself, from all rows."""
        return OPTIMIZERS[self.spec["optimizer"]["name"]].line_search

    @property
    def learning_rate(self) -> float:
        """The learning rate at the start."""
        return float(self.spec["optimizer"]["learning_rate"])

    @property
    def usual_rate(self) -> float:
        """The default learning rate of the optimizer."""
        return float(OPTIMIZERS[self.spec["optimizer"]["name"]]().learning_rate)

    @cached_property
    def loss(self) -> type[Loss]:
        """The class of the loss."""
        return LOSSES[self.spec["loss"]["name"]]

    @cached_property
    def layers(self) -> dict[str, LayerPlace]:
        """The layers by their name in the network; the last one is the output layer."""
        counts: dict[str, int] = {}
        found = {}
        for index, spec in enumerate(self.spec["layers"] or ()):
            counts[spec["type"]] = counts.get(spec["type"], 0) + 1
            name = f"{spec['type']}_{counts[spec['type']]}"
            found[name] = LayerPlace(name, f"/layers/{index}", spec)
        return found | {OUTPUT: LayerPlace(OUTPUT, "/output", self.spec["output"])}

    @cached_property
    def kernels(self) -> dict[str, Array]:
        """The initial kernels of the dense layers, by layer and in order."""
        names = {name.partition("/")[0]: tensor for name, tensor in self.initial.items() if name.endswith("/kernel")}
        return {name: tensor for name, tensor in names.items() if name in self.layers}

    @cached_property
    def distance(self) -> float | None:
        """How far the weights moved from their start, next to the length of the start: ‖w − w₀‖ / ‖w₀‖."""
        pairs = [(self.initial[name], self.final[name]) for name in self.initial.keys() & self.final.keys()]
        start = math.sqrt(sum(float(np.square(before, dtype=np.float64).sum()) for before, _ in pairs))
        moved = math.sqrt(
            sum(float(np.square(np.subtract(after, before, dtype=np.float64)).sum()) for before, after in pairs)
        )
        return moved / start if start else None

    @property
    def constant_loss(self) -> float | None:
        """The training loss of a constant answer, with the penalties of the network."""
        found = None if self.baseline is None else self.baseline["constant"]["train"].get("loss")
        return None if found is None else found + self.penalty

    @property
    def penalty(self) -> float:
        """About how much of the training loss at the end is the penalties of regularizers."""
        loss = self.metrics.get("train", {}).get("loss")
        places = (place.spec.get("regularizer") for place in self.layers.values())
        if loss is None or not self.losses or not any(places):
            return 0.0
        return max(0.0, self.losses[-1] - loss)

    @property
    def starts_high(self) -> bool:
        """Whether the loss of the first epoch is far above that of a constant answer."""
        return bool(self.losses and self.constant_loss and self.losses[0] > HIGH * self.constant_loss)

    def compare(self, split: str) -> Comparison | None:
        """The metric that tells most about the task, next to the baselines."""
        scores, baseline = self.metrics.get(split), self.baseline
        if scores is None or baseline is None or split not in baseline.get("linear", {}):
            return None
        name = self._telling_metric
        values = [scores.get(name), baseline["constant"][split].get(name), baseline["linear"][split].get(name)]
        if any(value is None for value in values) or split not in self.predictions:
            return None
        targets = self.predictions[split].targets
        if (targets == targets[:1]).all():  # there is nothing to learn
            return None
        value, constant, linear = (float(value) for value in values if value is not None)
        return Comparison(name, split, len(self.predictions[split].rows), value, constant, linear)

    @property
    def _telling_metric(self) -> str:
        if self.spec["task"] == "regression":
            robust = {"quantile": "pinball", "mean_absolute_error": "mae"}
            return robust.get(self.loss.name, "r2")
        return "hamming_loss" if self.spec["task"] == "multilabel" else "accuracy"

    @cached_property
    def held_out(self) -> Comparison | None:
        """The comparison on rows that the network was not fitted to; on the training rows if there are no others."""
        return self.compare("validation") or self.compare("test") or self.compare("train")

    @property
    def is_underfitted(self) -> bool:
        """Whether the network is worse than a baseline on its own training rows, or learned nothing of them."""
        train = self.compare("train")
        return self.is_harmed if train is None else train.is_worse() or train.is_no_better_than_constant

    @cached_property
    def is_harmed(self) -> bool:
        """Whether something kept the network from learning: a baseline is better, or it learned nothing.

        Before a run is over: whether its training loss has not fallen after a few epochs.
        """
        if self.error is not None:
            return self.diverged
        if not self.is_over or self.held_out is None:
            losses = self.losses
            return len(losses) >= BEGUN and min(losses) > (1 - FALLEN) * losses[0]
        train = self.compare("train") or self.held_out
        return self.held_out.is_worse() or train.is_worse(margins=2.0) or train.is_no_better_than_constant


def finite(series: Sequence[float | None]) -> list[float]:
    """The values that are finite numbers."""
    return [value for value in series if value is not None and math.isfinite(value)]
