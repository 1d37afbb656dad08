# ruff: noqa: ARG002, ARG004, RUF009 -- parts take what their family gives them
"""Parts as somebody who is new to the trainer would write them: one class each, in a file outside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Gt

from steelyard.nn import activations, losses, regularizers
from steelyard.nn.clipping import GradientClip
from steelyard.nn.constraints import Constraint
from steelyard.nn.elementwise import maximum, sqrt, tanh
from steelyard.nn.initializers import Constant, Initializer
from steelyard.nn.layers.base import Layer, Stage, Surroundings, TensorSpec
from steelyard.nn.losses import Loss
from steelyard.nn.metrics import Metric
from steelyard.nn.optimizers import Learned, Optimizer, Rule, Step
from steelyard.nn.regularizers import Regularizer
from steelyard.nn.schedules import Schedule, State, Time

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Named:
    """What a part says of itself, for the parts of this file."""

    formula: ClassVar = "as in the code"
    latex: ClassVar = r"\text{as in the code}"
    gradient: ClassVar = "as in the code"
    gradient_latex: ClassVar = r"\text{as in the code}"
    source: ClassVar = "a test"


@dataclass(frozen=True)
class CosineDistance(Named, Loss):
    """One minus the cosine between a row's outputs and its targets: a loss of whole rows."""

    name: ClassVar = "cosine_distance"

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        norm = np.linalg.norm(outputs, axis=1, keepdims=True)
        length = norm + 1e-6
        aim = targets / (np.linalg.norm(targets, axis=1, keepdims=True) + 1e-6)
        cosine = (outputs * aim).sum(axis=1, keepdims=True) / length
        np.subtract(1, cosine[:, 0], out=out)
        np.copyto(gradient, (cosine * outputs / norm - aim) / length)


@dataclass(frozen=True)
class CrammerSinger(Named, Loss):
    """The hinge loss of several classes, by the score of the best wrong one. Its outputs are no probabilities."""

    name: ClassVar = "crammer_singer"
    tasks: ClassVar = ("multiclass",)
    probabilities: ClassVar = False

    margin: Annotated[float, Gt(0)] = 1.0

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        rows = np.arange(len(outputs))
        np.copyto(scratch, outputs + self.margin)
        scratch[rows, targets] = -np.inf
        rival = scratch.argmax(axis=1)
        np.maximum(scratch[rows, rival] - outputs[rows, targets], 0, out=out)
        gradient[...] = 0
        gradient[rows, rival] += out > 0
        gradient[rows, targets] -= out > 0


@dataclass(frozen=True)
class Charbonnier(Named, losses.Pointwise):
    """A smooth absolute difference, written as formulas."""

    name: ClassVar = "charbonnier"

    width: Annotated[float, Gt(0)] = 0.1

    @staticmethod
    def value(y: Any, t: Any, width: Any) -> Any:
        return sqrt((y - t) * (y - t) + width * width) - width

    @staticmethod
    def slope(y: Any, t: Any, width: Any) -> Any:
        return (y - t) / sqrt((y - t) * (y - t) + width * width)


@dataclass(frozen=True)
class Cube(Named, activations.Pointwise):
    """The third power of a tanh, written as formulas."""

    name: ClassVar = "cube"

    @staticmethod
    def value(z: Any) -> Any:
        return tanh(z) * tanh(z) * tanh(z)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return 3.0 * tanh(z) * tanh(z) * (1.0 - tanh(z) * tanh(z))


@dataclass(frozen=True)
class Wave(Named, activations.Pointwise):
    """A sine or a cosine, by NumPy's functions, which the compiled engine does not have."""

    name: ClassVar = "wave"

    kind: Literal["sine", "cosine"] = "sine"

    @staticmethod
    def value(z: Any, kind: str) -> Any:
        return np.sin(z) if kind == "sine" else np.cos(z)

    @staticmethod
    def slope(z: Any, a: Any, kind: str) -> Any:
        return np.cos(z) if kind == "sine" else -np.sin(z)


@dataclass(frozen=True)
class Slots4(Named, Rule):
    """Adam with the largest square so far, and an average of the weights: four slots and a scalar, by name."""

    name: ClassVar = "slots_4"

    learning_rate: Annotated[float, Gt(0)] = 0.01
    decay: float = 0.9

    @property
    def slots(self) -> tuple[str, ...]:
        return ("mean", "square", "largest", "average")

    @property
    def scalars(self) -> dict[str, float]:
        return {"product": 1.0}

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        return move_4

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        products = scalars["product"] * self.decay ** np.arange(1, len(numbers) + 1)
        scalars["product"] = float(products[-1])
        return {"rate": rates / (1 - products), "decay": self.decay, "share": 1 - self.decay}


def move_4(
    w: Any, g: Any, average: Any, square: Any, mean: Any, largest: Any, share: Any, decay: Any, rate: Any
) -> tuple[Any, ...]:
    """The slots are taken by name, in an order of its own."""
    mean = decay * mean + share * g
    square = decay * square + share * (g * g)
    largest = maximum(largest, square)
    moved = w - rate * mean / (sqrt(largest) + 0.001)
    return moved, average + 0.5 * (moved - average), square, mean, largest


@dataclass(frozen=True)
class Lars(Named, Optimizer):
    """Steps in proportion to each tensor's length: a rule of whole tensors."""

    name: ClassVar = "lars"

    learning_rate: Annotated[float, Gt(0)] = 0.05

    @property
    def slots(self) -> tuple[str, ...]:
        return ("velocity",)

    @property
    def scalars(self) -> dict[str, float]:
        return {"steps": 0.0}

    def update(self, learned: Sequence[Learned], scalars: dict[str, float], step: Step) -> None:
        scalars["steps"] += 1
        for each in learned:
            trust = (np.linalg.norm(each.weights) + 0.01) / (np.linalg.norm(each.gradient) + 1e-9)
            velocity = each.slots["velocity"]
            velocity[...] = 0.5 * velocity + step.rate * trust * each.gradient
            each.weights[...] -= velocity


@dataclass(frozen=True)
class Backtracking(Named, Optimizer):
    """Steps against the gradient, half as long until the loss falls: a search over all rows."""

    name: ClassVar = "backtracking"
    line_search: ClassVar = True

    learning_rate: Annotated[float, Gt(0)] = 1.0

    def update(self, learned: Sequence[Learned], scalars: dict[str, float], step: Step) -> None:
        loss, length = step.look(), step.rate
        before = [(each.weights.copy(), each.gradient.copy()) for each in learned]
        while length > 1e-6:
            for each, (weights, gradient) in zip(learned, before, strict=True):
                each.weights[...] = weights - length * gradient
            if step.look() < loss:
                return
            length /= 2


@dataclass(frozen=True)
class Checkered(Named, Initializer):
    """Plus and minus the size, in turn."""

    name: ClassVar = "checkered"

    size: Annotated[float, Gt(0)] = 0.5

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return np.asarray(self.size * (-1.0) ** np.indices(shape).sum(axis=0))


@dataclass(frozen=True)
class RootError(Named, Metric):
    """The mean root of the absolute errors."""

    name: ClassVar = "root_error"
    tasks: ClassVar = ("regression",)
    greater_is_better: ClassVar = False
    of_each_epoch: ClassVar = True

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.sqrt(np.abs(predictions - targets)).mean())


@dataclass(frozen=True)
class Gate(Named, Layer):
    """Scales every input by a weight that is learned, through an activation."""

    name: ClassVar = "gate"

    gate_activation: activations.Activation = activations.Sigmoid()
    gate_initializer: Initializer = Constant(1.0)

    def tensors(self, inputs: int) -> list[TensorSpec]:
        return [TensorSpec("scale", (inputs,), self.gate_initializer)]

    def stages(self, around: Surroundings) -> list[Stage]:
        return [GateStage(self, around)]


class GateStage(Stage):
    """A gate at work."""

    def __init__(self, layer: Gate, around: Surroundings) -> None:
        self._activation = layer.gate_activation
        self._scale, self._gradient = around.weights["scale"][None], around.gradients["scale"]
        self._a, self._scratch = np.empty_like(self._scale), np.empty_like(self._scale)

    def forward(self, x: Array) -> Array:
        self._x = x
        self._activation.forward(self._scale, self._a, self._scratch)
        return x * self._a

    def backward(self, grad: Array) -> Array:
        by_scale = (grad * self._x).sum(axis=0, keepdims=True)
        onward = grad * self._a
        self._activation.backward(self._scale, self._a.copy(), by_scale, self._scratch)
        self._gradient[:] = by_scale[0]
        return onward


@dataclass(frozen=True)
class GroupLasso(Named, Regularizer):
    """The lengths of the weights of each input: a penalty of whole rows of a kernel."""

    name: ClassVar = "group_lasso"

    strength: float = 0.01

    def penalty(self, kernel: Array) -> float:
        return self.strength * float(np.linalg.norm(kernel, axis=1).sum())

    def add_gradient(self, kernel: Array, gradient: Array) -> None:
        gradient += self.strength * kernel / (np.linalg.norm(kernel, axis=1, keepdims=True) + 1e-9)


@dataclass(frozen=True)
class LogPenalty(Named, regularizers.Pointwise):
    """A penalty that is written as formulas."""

    name: ClassVar = "smooth_l1"

    strength: int = 1

    @staticmethod
    def value(w: Any, strength: Any) -> Any:
        return 0.01 * strength * sqrt(w * w + 0.01)

    @staticmethod
    def slope(w: Any, strength: Any) -> Any:
        return 0.01 * strength * w / sqrt(w * w + 0.01)


@dataclass(frozen=True)
class Centered(Named, Constraint):
    """The weights of each unit add up to zero."""

    name: ClassVar = "centered"

    def apply(self, kernel: Array, scratch: Array) -> None:
        kernel -= kernel.mean(axis=0, keepdims=True)


@dataclass(frozen=True)
class BySign(Named, GradientClip):
    """Gradients are plus or minus the limit."""

    name: ClassVar = "sign"

    def clip(self, gradients: Sequence[Array]) -> None:
        for gradient in gradients:
            np.copyto(gradient, self.limit * np.sign(gradient))


@dataclass(frozen=True)
class Sawtooth(Named, Schedule):
    """Falls in every epoch, and remembers how many rates it gave."""

    name: ClassVar = "sawtooth"

    def start(self) -> State:
        return {"asked": 0}

    def rate(self, base: float, time: Time, state: State) -> float:
        state["asked"] += 1
        return base * (1 - 0.5 * (time.epoch % 1))
