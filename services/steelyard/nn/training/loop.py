"""The training loop: a generator that yields after some batches and every epoch, and can be asked for its state.

The caller decides on progress, checkpoints and stopping; there are no callbacks. Going on from a state gives
bit for bit the weights that the uninterrupted run gives.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Diverged, InvalidParameter
from steelyard.nn.batches import Batches, read_columns
from steelyard.nn.clipping import GradientClip
from steelyard.nn.engines.numpy import NumPySteps, Steps
from steelyard.nn.engines.support import NoCompiledForm, why_not_compiled
from steelyard.nn.evaluation import Evaluation, require_link
from steelyard.nn.losses import Loss
from steelyard.nn.metrics import Metric
from steelyard.nn.network import Network
from steelyard.nn.one_hot import OneHot
from steelyard.nn.optimizers import Optimizer, Rule
from steelyard.nn.rng import Streams
from steelyard.nn.schedules import Schedule, Steady, Time
from steelyard.nn.training.early_stopping import BestEpoch, EarlyStopping
from steelyard.nn.training.optimizer_state import Copy, OptimizerState, copy_alike

Array = NDArray[Any]


@dataclass(frozen=True)
class Batch:
    """Steps were made, up to the batch numbered `index`, from 1, of the epoch's `batches`."""

    epoch: int
    index: int
    batches: int


@dataclass(frozen=True)
class Epoch:
    """An epoch is over. `values` are named as in Keras: `loss`, `accuracy`, `val_loss`, `learning_rate`, and so on."""

    epoch: int
    values: dict[str, float]


class Training:
    """The training of one network on one set of rows.

    Args:
        network: with its weights initialized.
        loss: what is made small.
        optimizer: how.
        x: `(rows, features)` of the network's dtype; columns of categories may be `OneHot`.
        y: class indices `(rows,)` for losses of several classes, else values `(rows, outputs)` of the network's dtype.
        weights: how much each row counts, `(rows,)` of the network's dtype, not negative; all the same if `None`.
        epochs: how often every row is seen.
        stop_after: how many of the `epochs` are trained, if not all: schedules go by the latter.
        batch_size: rows a step; more than there are means all. An optimizer with a line search takes all.
        streams: randomness for shuffling, dropout and noise.
        shuffle: whether every epoch has an order of its own.
        schedule: how the learning rate changes.
        gradient_clip: how large gradients may be.
        validation: rows `(x, y)` that are only looked at.
        early_stopping: when to end before `epochs`.
        metrics: what to measure beside the loss; those that are means over rows are measured every epoch.
        threads: at most so many work at a step; where it is small, one does. The bits depend on how many there are.
        compiled: whether to run compiled what has a compiled form; if not, NumPy does all.

    Raises:
        InvalidParameter: the loss does not go with the output layer's activation, the optimizer with the layers, or
            the arrays' shapes with the network or with each other.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        x: Array | OneHot,
        y: Array,
        *,
        epochs: int,
        batch_size: int,
        streams: Streams,
        weights: Array | None = None,
        shuffle: bool = True,
        schedule: Schedule | None = None,
        gradient_clip: GradientClip | None = None,
        validation: tuple[Array | OneHot, Array] | None = None,
        early_stopping: EarlyStopping | None = None,
        metrics: Sequence[Metric] = (),
        threads: int = 1,
        compiled: bool = True,
        stop_after: int | None = None,
    ) -> None:
        require_link(network, loss)
        self.network, self.epochs = network, epochs
        self._last_epoch = epochs if stop_after is None else min(stop_after, epochs)
        self.epoch = self.batch = self.step = 0  # what is done: whole epochs, batches of the next one, all steps
        self._steps_before = 0  # of an earlier training, whose optimizer goes on
        self.stopped_early = False
        self.restored_best = False
        self._loss, self._optimizer, self._streams, self._shuffle = loss, optimizer, streams, shuffle
        whole = optimizer.line_search
        columns = read_columns(network, loss, x, y, weights)
        self._batches = Batches(*columns, batch_size=len(x) if whole else batch_size)
        self._total_weight = float(len(x) if weights is None else weights.sum(dtype=np.float64))
        self._metrics = [metric for metric in metrics if metric.of_each_epoch]
        self._validation = None if validation is None else Evaluation(network, loss, *validation, metrics=self._metrics)
        self._sums = np.zeros(1 + len(self._metrics))  # of the unfinished epoch: loss by weight, metrics by rows
        self._schedule = schedule or Steady()
        self._schedule_state = self._schedule.start()
        if whole:
            _require_search(network, optimizer, gradient_clip, self._schedule)
        self._steps = self._make_steps(gradient_clip, threads=threads, compiled=compiled)
        self._rate = optimizer.learning_rate
        self._early_stopping = early_stopping
        default = "loss" if validation is None else "val_loss"
        monitor = early_stopping.monitor if early_stopping else default
        _require_measured(self._measured, early_stopping=early_stopping, schedule=schedule)
        stopping = early_stopping or EarlyStopping()
        self._best_epoch = BestEpoch(monitor, stopping.min_delta, min_delta_from=stopping.min_delta_from)
        self._initial = network.parameters.copy()
        self._best = network.parameters.copy()
        self._last_finite = network.parameters.copy()
        self._watched: Collection[int] = ()
        self._before_last_step: Array | None = None
        self._kept_of = 0  # the epoch that `_before_last_step` belongs to

    def _make_steps(self, clip: GradientClip | None, *, threads: int, compiled: bool) -> Steps:
        """The steps of the engine that can make them, and why it is not the compiled one, if it is not."""
        network, loss, optimizer = self.network, self._loss, self._optimizer
        parts: dict[str, Any] = {"streams": self._streams, "gradient_clip": clip, "metrics": self._metrics}
        reason = why_not_compiled(network.layers, network.inputs, loss, optimizer, clip)
        self.why_not_compiled = reason if compiled else "the job requests NumPy"
        if self.why_not_compiled is None and isinstance(optimizer, Rule):
            # Here, because it loads the compiler, which those who only predict do not need.
            from steelyard.nn.engines.compiled.steps import CompiledSteps  # noqa: PLC0415

            try:
                return CompiledSteps(network, loss, optimizer, self._batches, **parts, threads=threads)
            except NoCompiledForm as error:
                self.why_not_compiled = str(error)
        return NumPySteps(network, loss, optimizer, self._batches, **parts)

    @property
    def members(self) -> tuple["Training", ...]:
        """The trainings whose networks answer together: this one alone. An `EnsembleTraining` has several."""
        return (self,)

    @property
    def kept_epoch(self) -> int:
        """The epoch whose weights the network has once the training is over."""
        return self.best_epoch if self.restored_best else self.epoch

    @property
    def engine(self) -> str:
        """Which engine makes the steps, `compiled` or `numpy`; `why_not_compiled` has the reason for the latter."""
        return "compiled" if self.why_not_compiled is None else "numpy"

    @property
    def initial(self) -> dict[str, Array]:
        """The weights before the first step."""
        return self.network.tensors(self._initial)

    @property
    def loss(self) -> Loss:
        """What is made small."""
        return self._loss

    @property
    def rows(self) -> int:
        """How many rows there are to train on."""
        return self._batches.rows

    def take(self, rows: NDArray[np.int64]) -> tuple[Array, Array, Array | None]:
        """The inputs, targets and weights of some rows, as copies."""
        x, y, *weights = (column[rows] for column in self._batches.columns)
        return np.asarray(x), y, weights[0] if weights else None

    @property
    def vectors(self) -> dict[str, Array]:
        """The weights before the first step (`initial`), of the best epoch, and of the last that ended, as vectors."""
        return {"initial": self._initial, "best": self._best, "last": self._last_finite}

    @property
    def best(self) -> dict[str, Array]:
        """The weights of the best epoch so far."""
        return self.network.tensors(self._best)

    @property
    def best_epoch(self) -> int:
        """The number of the best epoch so far; 0 before the first has ended."""
        return self._best_epoch.epoch

    @property
    def monitor(self) -> str:
        """What decides which epoch is the best: a loss or a metric."""
        return self._best_epoch.monitor

    @property
    def best_value(self) -> float:
        """The value of `monitor` in the best epoch so far; NaN before the first has ended."""
        return self._best_epoch.value

    @property
    def optimizer_state(self) -> OptimizerState:
        """The current state of the optimizer."""
        slots = {name: self.network.tensors(slot) for name, slot in self._steps.slots.items()}
        return OptimizerState(slots, dict(self._steps.scalars), self._steps_before + self.step)

    def go_on_with(self, state: OptimizerState, copy: Copy = copy_alike) -> None:
        """Start with the state of an optimizer of the same kind; `copy` puts its tensors into the new ones."""
        for slot in self._steps.slots.keys() & state.slots.keys():
            copy(self.network.tensors(self._steps.slots[slot]), state.slots[slot])
        self._steps.scalars.update(state.scalars)
        self._steps_before = state.steps

    def watch_last_steps(self, epochs: Collection[int]) -> None:
        """Keep the weights before the last step of these epochs, and of every epoch after which training may end."""
        self._watched = epochs
        if self._before_last_step is None:
            self._before_last_step = np.full_like(self.network.parameters, np.nan)

    @property
    def before_last_step(self) -> Array | None:
        """The weights before the last step of the epoch that has just ended, as one vector, if it is watched."""
        return self._before_last_step if self._kept_of == self.epoch else None

    def _keep_before(self, count: int) -> Array | None:
        """Where to keep the weights before the last of the next `count` steps, if they end a watched epoch."""
        epoch, stopping = self.epoch + 1, self._early_stopping
        if self._before_last_step is None or self.batch + count < self._batches.count:
            return None
        may_end = epoch == self.epochs or (
            stopping is not None and self._best_epoch.waited + 1 >= max(1, stopping.patience)
        )
        if not may_end and epoch not in self._watched:
            return None
        self._kept_of = epoch
        return self._before_last_step

    def run(self) -> Iterator[Batch | Epoch]:
        """Train until the last epoch is over, or early stopping says that it is enough. Raises `Diverged`."""
        while self.epoch < self._last_epoch and not self.stopped_early:
            if self.batch == 0:
                self._begin_epoch()
            while self.batch < self._batches.count:
                self._go_on()
                yield Batch(self.epoch + 1, self.batch, self._batches.count)
            yield self._end_epoch()
        if self._early_stopping and self._early_stopping.restore_best and self.best_epoch:
            self.network.parameters[:] = self._best
            self.restored_best = True

    @property
    def _measured(self) -> list[str]:
        """What every epoch measures."""
        names = ["loss", *(metric.name for metric in self._metrics)]
        return names if self._validation is None else [*names, *(f"val_{name}" for name in names)]

    def _begin_epoch(self) -> None:
        self._sums[:] = 0
        if self._shuffle:
            self._batches.shuffle(self._streams.shuffling)

    def _go_on(self) -> None:
        """Make the steps up to the next multiple of the stride, so that it does not matter where a state was taken."""
        stride = self._steps.stride
        count = min(stride - self.batch % stride, self._batches.count - self.batch)
        rates = self._rates(count)
        numbers = self._steps_before + self.step + np.arange(1, count + 1)
        made = self._steps.make(self.batch, numbers, rates, self._sums, self._keep_before(count))
        self.batch, self.step = self.batch + made, self.step + made
        if made < count:
            raise self._diverged(self.batch)
        self._rate = float(rates[-1])

    def _rates(self, count: int) -> Array:
        """The learning rates of the next steps."""
        base, epochs, an_epoch = self._optimizer.learning_rate, self.epochs, self._batches.count
        if isinstance(self._schedule, Steady):
            return np.full(count, base)
        times = (Time(step, an_epoch, epochs) for step in range(self.step, self.step + count))
        return np.array([self._schedule.rate(base, time, self._schedule_state) for time in times])

    def _end_epoch(self) -> Epoch:
        if not np.isfinite(self.network.parameters).all():
            raise self._diverged(None)
        means = self._sums / self._batches.rows
        means[0] = self._sums[0] / (self._total_weight or 1.0)
        names = ["loss", *(metric.name for metric in self._metrics)]
        values = {name: float(mean) for name, mean in zip(names, means, strict=True)}
        if self._validation is not None:
            measured = self._validation.measure()
            values |= {f"val_{name}": value for name, value in measured.items()}
        values["learning_rate"] = self._rate
        self.epoch, self.batch = self.epoch + 1, 0
        self._last_finite[:] = self.network.parameters
        if self._best_epoch.is_improved_by(self.epoch, values):
            self._best[:] = self.network.parameters
        self._schedule.observe(values, self._schedule_state)
        stopping = self._early_stopping
        self.stopped_early = stopping is not None and self._best_epoch.is_stale(stopping.patience)
        return Epoch(self.epoch, values)

    def _diverged(self, batch: int | None) -> Diverged:
        """The error, with the network put back to its last finite weights. `batch` is the one with the bad loss."""
        broken = [name for name, tensor in self.network.tensors().items() if not np.isfinite(tensor).all()]
        first = broken[0].split("/")[0] if broken else None
        if first is None and batch is not None:
            with np.errstate(all="ignore"):  # what is looked for is known to be there
                first = self._steps.first_not_finite(batch)
        if broken:
            self.network.parameters[:] = self._last_finite
        where = (
            f"layer {first!r} was the first with values that are not finite" if first else "the loss itself overflowed"
        )
        return Diverged(
            f"the loss was not finite in epoch {self.epoch + 1}, batch {self.batch + 1}: {where}. Try a smaller "
            f"learning rate (it was {self._rate:g}), gradient clipping, standardized inputs and targets, or an "
            "initializer with smaller weights."
        )

    @property
    def state_bytes(self) -> int:
        """What the arrays of `state` have together."""
        vectors = [self.network.parameters, self._initial, self._best, self._last_finite, *self._steps.slots.values()]
        return sum(array.nbytes for array in (*vectors, self._batches.order, self._sums))

    def state(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on: arrays, and values that JSON can hold."""
        return {
            "parameters": self.network.parameters.copy(),
            "slots": {name: slot.copy() for name, slot in self._steps.slots.items()},
            "scalars": dict(self._steps.scalars),
            "schedule": dict(self._schedule_state),
            "rate": self._rate,
            "initial": self._initial.copy(),
            "best": self._best.copy(),
            "last_finite": self._last_finite.copy(),
            "order": self._batches.order.copy(),
            "sums": self._sums.copy(),
            "epoch": self.epoch,
            "batch": self.batch,
            "step": self.step,
            "steps_before": self._steps_before,
            "stopped_early": self.stopped_early,
            "best_epoch": self._best_epoch.state(),
            "streams": self._streams.state(),
        } | self._unfinished_state()

    def _unfinished_state(self) -> dict[str, Any]:
        """What is left to do after the last step of an epoch depends on the weights before that step."""
        if self._before_last_step is None or self._kept_of != self.epoch + 1:
            return {}
        return {"before_last_step": self._before_last_step.copy()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of an equal training."""
        self.network.parameters[:] = state["parameters"]
        for name, slot in self._steps.slots.items():
            slot[:] = state["slots"][name]
        self._steps.scalars.update(state["scalars"])
        self._schedule_state.update(state["schedule"])
        self._rate = state["rate"]
        self._initial[:], self._best[:], self._last_finite[:] = state["initial"], state["best"], state["last_finite"]
        self._batches.order[:], self._sums[:] = state["order"], state["sums"]
        self.epoch, self.batch, self.step = state["epoch"], state["batch"], state["step"]
        self._steps_before, self.stopped_early = state["steps_before"], state["stopped_early"]
        self._best_epoch.restore(state["best_epoch"])
        if "before_last_step" in state:
            self._before_last_step, self._kept_of = state["before_last_step"].copy(), self.epoch + 1
        self._streams.restore(state["streams"])


def _require_search(network: Network, optimizer: Optimizer, clip: GradientClip | None, schedule: Schedule) -> None:
    """Raises `InvalidParameter` where a line search cannot be made: each of its losses must be of one function."""
    if clip is not None or not isinstance(schedule, Steady):
        raise InvalidParameter("optimizer", f"is {optimizer.name!r}, which does not support gradient_clip or schedule")
    varying = next(filter(None, (layer.first_that_varies() for layer in network.layers)), None)
    if varying:
        raise InvalidParameter("optimizer", f"is {optimizer.name!r}, which cannot search through a {varying} layer")


def _require_measured(measured: Collection[str], **holders: EarlyStopping | Schedule | None) -> None:
    """Raises `InvalidParameter` for one that monitors what is not measured."""
    for name, holder in holders.items():
        watched = getattr(holder, "monitor", None)
        if watched is not None and watched not in measured:
            raise InvalidParameter(
                name, f"monitors {watched!r}, which is not measured; measured are {', '.join(measured)}"
            )
