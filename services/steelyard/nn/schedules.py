"""Schedules: how the learning rate changes while training goes on.

Time is counted in epochs and runs on with every step, as it does in Keras, whose schedules count steps; with one
batch an epoch the rates are those of PyTorch's schedulers, which are asked once an epoch.
"""

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le, Lt

from steelyard.errors import InvalidParameter
from steelyard.nn.component import Part, Registry
from steelyard.nn.metrics import greater_is_better

State = dict[str, float]


@dataclass(frozen=True)
class Time:
    """How far a training is: the steps made, of so many an epoch, and the epochs that it is for."""

    step: int
    steps_an_epoch: int
    epochs: int

    @property
    def epoch(self) -> float:
        """The epochs that are over, with the part of the one under way."""
        return self.step / self.steps_an_epoch


@dataclass(frozen=True)
class Schedule(Part):
    """A rule for the learning rate. What it has to remember is outside it, in `state`."""

    latex: ClassVar[str]  # the formula

    @abstractmethod
    def rate(self, base: float, time: Time, state: State) -> float:
        """The learning rate of the next step, where the optimizer's own is `base`."""

    def start(self) -> State:
        """What there is to remember before the first step."""
        return {}

    def why_not_compiled(self) -> None:
        return None  # rates are computed outside the engines

    def observe(self, values: Mapping[str, float], state: State) -> None:
        """Take in what an epoch has measured."""


SCHEDULES = Registry[Schedule]("schedule")


@SCHEDULES.add
@dataclass(frozen=True)
class Steady(Schedule):
    """A constant learning rate."""

    name: ClassVar = "constant"
    formula: ClassVar = "rate = base"
    latex: ClassVar = r"\eta = \eta_0"
    source: ClassVar = "Robbins and Monro 1951"

    def rate(self, base: float, time: Time, state: State) -> float:
        return base


@SCHEDULES.add
@dataclass(frozen=True)
class StepDecay(Schedule):
    """Multiplies the rate by `gamma` every `step_size` epochs."""

    name: ClassVar = "step"
    formula: ClassVar = "rate = base · gamma^⌊epoch / step_size⌋"
    latex: ClassVar = r"\eta = \eta_0 \gamma^{\lfloor \text{epoch} / \text{step\_size} \rfloor}"
    source: ClassVar = "PyTorch, torch.optim.lr_scheduler.StepLR"

    step_size: Annotated[int, Ge(1)] = 10
    gamma: Annotated[float, Gt(0), Le(1)] = 0.1

    def rate(self, base: float, time: Time, state: State) -> float:
        return base * float(self.gamma ** (time.epoch // self.step_size))


@SCHEDULES.add
@dataclass(frozen=True)
class PiecewiseConstant(Schedule):
    """A fixed rate in each interval between `boundaries`, one value more than those. The base rate is ignored.

    A boundary belongs to what comes after it, as PyTorch's milestones do; Keras gives it to what comes before.
    """

    name: ClassVar = "piecewise"
    formula: ClassVar = "rate = values[i], i = the number of boundaries that the epoch has reached"
    latex: ClassVar = r"\eta = \text{values}_i, \quad i = \#\{b \in \text{boundaries} : b \le \text{epoch}\}"
    source: ClassVar = "Keras 3, keras.optimizers.schedules.PiecewiseConstantDecay"

    boundaries: tuple[Annotated[float, Gt(0)], ...]
    values: tuple[Annotated[float, Gt(0)], ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.values) != len(self.boundaries) + 1:
            raise InvalidParameter("values", f"are {len(self.values)}; there must be one more than boundaries")
        if list(self.boundaries) != sorted(set(self.boundaries)):
            raise InvalidParameter("boundaries", "must grow")

    def rate(self, base: float, time: Time, state: State) -> float:
        return self.values[sum(boundary <= time.epoch for boundary in self.boundaries)]


@SCHEDULES.add
@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """Multiplies the rate by `gamma` in every epoch."""

    name: ClassVar = "exponential"
    formula: ClassVar = "rate = base · gamma^epoch"
    latex: ClassVar = r"\eta = \eta_0 \gamma^{\text{epoch}}"
    source: ClassVar = "PyTorch, ExponentialLR; Keras 3, keras.optimizers.schedules.ExponentialDecay"

    gamma: Annotated[float, Gt(0), Le(1)] = 0.95

    def rate(self, base: float, time: Time, state: State) -> float:
        return base * float(self.gamma**time.epoch)


@SCHEDULES.add
@dataclass(frozen=True)
class PolynomialDecay(Schedule):
    """Decays to `end_learning_rate` within `decay_epochs` (default: all epochs); linearly if `power` is one."""

    name: ClassVar = "polynomial"
    formula: ClassVar = "rate = (base − end) · (1 − min(epoch, decay) / decay)^power + end"
    latex: ClassVar = (
        r"\eta = (\eta_0 - \eta_{\text{end}}) \left(1 - \frac{\min(\text{epoch}, "
        r"\text{decay})}{\text{decay}}\right)^{\text{power}} + \eta_{\text{end}}"
    )
    source: ClassVar = "Keras 3, keras.optimizers.schedules.PolynomialDecay; PyTorch, PolynomialLR"

    decay_epochs: Annotated[float, Gt(0)] | None = None
    end_learning_rate: Annotated[float, Ge(0)] = 0.0
    power: Annotated[float, Gt(0)] = 1.0

    def rate(self, base: float, time: Time, state: State) -> float:
        left = 1 - min(1.0, time.epoch / (self.decay_epochs or time.epochs))
        return (base - self.end_learning_rate) * float(left**self.power) + self.end_learning_rate


@SCHEDULES.add
@dataclass(frozen=True)
class CosineDecay(Schedule):
    """Decays along a cosine to `alpha` times the base rate within `decay_epochs` (default: the remaining epochs).

    It rises in a line for `warmup_epochs` before that. With `restarts` it starts again each time it has decayed,
    every cycle `t_mul` as long and `m_mul` as high as the one before; else it stays where it is.
    """

    name: ClassVar = "cosine"
    formula: ClassVar = "rate = base · (alpha + (1 − alpha) · ½ (1 + cos(π · epoch / decay)))"
    latex: ClassVar = (
        r"\eta = \eta_0 \left(\alpha + (1 - \alpha) \tfrac{1}{2} \left(1 + \cos\left(\pi "
        r"\frac{\text{epoch}}{\text{decay}}\right)\right)\right)"
    )
    source: ClassVar = "Loshchilov and Hutter 2017, SGDR, arXiv:1608.03983; Keras 3, CosineDecay, CosineDecayRestarts"

    decay_epochs: Annotated[float, Gt(0)] | None = None
    alpha: Annotated[float, Ge(0), Le(1)] = 0.0
    warmup_epochs: Annotated[float, Ge(0)] = 0.0
    restarts: bool = False
    t_mul: Annotated[float, Ge(1)] = 1.0
    m_mul: Annotated[float, Gt(0), Le(1)] = 1.0

    def rate(self, base: float, time: Time, state: State) -> float:
        since = time.epoch - self.warmup_epochs
        if since < 0:
            return base * time.epoch / self.warmup_epochs
        length = self.decay_epochs or max(time.epochs - self.warmup_epochs, 1e-9)
        height = 1.0
        while self.restarts and since >= length:
            since, length, height = since - length, length * self.t_mul, height * self.m_mul
        fallen = 0.5 * (1 + math.cos(math.pi * min(1.0, since / length)))
        return base * (self.alpha + (1 - self.alpha) * height * fallen)


@SCHEDULES.add
@dataclass(frozen=True)
class InverseSqrt(Schedule):
    """Rises linearly for `warmup_epochs`, then decays with the inverse square root of time."""

    name: ClassVar = "inverse_sqrt"
    formula: ClassVar = "rate = base · min(epoch / warmup, √(warmup / epoch))"
    latex: ClassVar = (
        r"\eta = \eta_0 \min\left(\frac{\text{epoch}}{\text{warmup}}, "
        r"\sqrt{\frac{\text{warmup}}{\text{epoch}}}\right)"
    )
    source: ClassVar = "Vaswani et al. 2017, arXiv:1706.03762, section 5.3"

    warmup_epochs: Annotated[float, Gt(0)] = 1.0

    def rate(self, base: float, time: Time, state: State) -> float:
        if time.epoch < self.warmup_epochs:
            return base * time.epoch / self.warmup_epochs
        return base * math.sqrt(self.warmup_epochs / time.epoch)


@SCHEDULES.add
@dataclass(frozen=True)
class OneCycle(Schedule):
    """Rises to the base rate and then decays far below it, along cosines. Counts steps, as PyTorch's does."""

    name: ClassVar = "one_cycle"
    formula: ClassVar = "base / div_factor → base → base / (div_factor · final_div_factor)"
    latex: ClassVar = r"\frac{\eta_0}{\text{div}} \to \eta_0 \to \frac{\eta_0}{\text{div} \cdot \text{final\_div}}"
    source: ClassVar = "Smith and Topin 2018, arXiv:1708.07120; PyTorch, OneCycleLR"

    pct_start: Annotated[float, Gt(0), Lt(1)] = 0.3
    div_factor: Annotated[float, Ge(1)] = 25.0
    final_div_factor: Annotated[float, Ge(1)] = 1e4

    def rate(self, base: float, time: Time, state: State) -> float:
        first, last = base / self.div_factor, base / self.div_factor / self.final_div_factor
        steps = time.steps_an_epoch * time.epochs
        turn, end = self.pct_start * steps - 1, float(steps - 1)
        if time.step <= turn:
            return _along_cosine(first, base, time.step / turn if turn > 0 else 1.0)
        return _along_cosine(base, last, min(1.0, (time.step - turn) / (end - turn)))


def _along_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


@SCHEDULES.add
@dataclass(frozen=True)
class ReduceOnPlateau(Schedule):
    """Multiplies the rate by `factor` when `monitor` has not improved by `min_delta` for `patience` epochs.

    After that it waits for `cooldown` epochs, and it never goes below `min_learning_rate`. PyTorch waits an epoch
    longer, and takes `threshold` as a share of the best value unless asked otherwise.
    """

    name: ClassVar = "reduce_on_plateau"
    formula: ClassVar = "rate ← max(rate · factor, min_learning_rate) at the end of each plateau"
    latex: ClassVar = (
        r"\eta \leftarrow \max(\text{factor} \cdot \eta, \eta_{\min}) \quad \text{at the end of each plateau}"
    )
    source: ClassVar = "Keras 3, keras.callbacks.ReduceLROnPlateau"

    monitor: str = "val_loss"
    factor: Annotated[float, Gt(0), Lt(1)] = 0.1
    patience: Annotated[int, Ge(1)] = 10
    min_delta: Annotated[float, Ge(0)] = 1e-4
    cooldown: Annotated[int, Ge(0)] = 0
    min_learning_rate: Annotated[float, Ge(0)] = 0.0

    def start(self) -> State:
        return {"factor": 1.0, "best": math.inf, "waited": 0, "cooling": 0}

    def rate(self, base: float, time: Time, state: State) -> float:
        return max(base * state["factor"], min(base, self.min_learning_rate))

    def observe(self, values: Mapping[str, float], state: State) -> None:
        value = -values[self.monitor] if greater_is_better(self.monitor) else values[self.monitor]
        if state["cooling"] > 0:
            state["cooling"] -= 1
            state["waited"] = 0
        if value < state["best"] - self.min_delta:
            state["best"], state["waited"] = value, 0
        elif state["cooling"] <= 0:
            state["waited"] += 1
            if state["waited"] >= self.patience:
                state["factor"] *= self.factor
                state["cooling"], state["waited"] = self.cooldown, 0
