"""The gradients of a step against central differences of its loss, with the step's own draws.

Both are computed in float64: in float32, rounding alone would make gradients differ from any difference.

Small networks are checked weight by weight. Of larger ones as many weights are checked as the time for an answer
allows, by a count that depends on the shapes alone; and for each tensor the gradient along one direction, in which all
of its weights move.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.losses import Cost, Loss
from steelyard.nn.network import Network, Pass
from steelyard.nn.penalties import Penalties
from steelyard.nn.training.single_step import Made
from steelyard.traces.draws import IN_STEP, Log, replay
from steelyard.traces.worked import copy_network

Array = NDArray[Any]
WIDTH = float(np.finfo(np.float64).eps) ** (1 / 3)  # of a difference, relative to the weight: the best in float64
RELATIVE, ABSOLUTE = 1e-6, 1e-7  # tolerances: of the larger of gradient and difference, and of the largest gradient
NOISE = 1e-9  # of a difference of losses, relative to the loss
BUDGET_MICROSECONDS = 30_000  # for all checks of an answer, by what a look at the loss takes; measured on one core
CALL_MICROSECONDS, STAGE_MICROSECONDS = 20, 12
PRODUCTS_A_MICROSECOND = 5_000  # of a weight and a row
CLOSER = 16  # times, for the second look at a difference that is not the gradient
AGREES, KINK, DIFFERS = "agrees", "kink", "differs"


@dataclass(frozen=True)
class Checked:
    """A gradient as the step has it and in float64, and the central difference: `kink` where the loss has a corner."""

    gradient: float
    exact: float
    difference: float
    verdict: str

    @property
    def relative_error(self) -> float:
        """The distance of the last two, relative to the larger."""
        larger = max(abs(self.exact), abs(self.difference))
        return abs(self.exact - self.difference) / larger if larger else 0.0


@dataclass(frozen=True)
class TensorCheck:
    """Of one tensor: the weights that were checked, by index, and all of them along one direction."""

    weights: dict[tuple[int, ...], Checked]
    direction: Checked


class Differences:
    """The loss of a step as a function of its weights, in float64, and its gradients."""

    def __init__(self, network: Network, loss: Loss, made: Made, draws: Log, parameters: Array) -> None:
        self.network = copy_network(network, parameters, "float64")
        self.tensors = self.network.tensors()
        streams = replay(draws)
        self._replays: list[Any] = [getattr(streams, name) for name in IN_STEP]
        path = Pass(self.network, len(made.x), logits=loss.link is not None, streams=streams)
        self._stages = path.named
        self._cost = Cost(loss, len(made.x), network.outputs, self.network.dtype)
        self._penalties = Penalties(self.network)
        exact = None if made.weights is None else made.weights.astype(np.float64)
        self._x = made.x.astype(np.float64)
        self._y = made.y if made.y.dtype.kind == "i" else made.y.astype(np.float64)
        self._weights = exact
        self._inputs: list[Array] = []
        self._marks: list[list[int]] = []
        self.loss = self._run_all()
        path.backward(self._cost.gradient)
        self._penalties.add_gradients()
        self.gradients = self.network.tensors(self.network.gradients)

    def _run_all(self) -> float:
        """The loss, keeping what goes into each stage, and how much was drawn before it."""
        self._inputs, self._marks = [], []
        for replayed in self._replays:
            replayed.at = 0
        x = self._x
        for _, stage in self._stages:
            self._inputs.append(x.copy())
            self._marks.append([replayed.at for replayed in self._replays])
            x = stage.forward(x)
        return self._judge(x)

    def at(self, place: str) -> float:
        """The loss when only the weights from `place` on differ from those at the beginning."""
        first = next(number for number, (name, _) in enumerate(self._stages) if name == place)
        for replayed, mark in zip(self._replays, self._marks[first], strict=True):
            replayed.at = mark
        x = self._inputs[first]
        for _, stage in self._stages[first:]:
            x = stage.forward(x)
        return self._judge(x)

    def _judge(self, outputs: Array) -> float:
        return self._cost.value(outputs, self._y, self._weights) + self._penalties.value()


def check(
    network: Network, loss: Loss, made: Made, draws: Log, parameters: Array, total: Mapping[str, Array]
) -> dict[str, TensorCheck]:
    """Every trainable tensor's gradients against differences; `total` are the gradients of loss and penalties."""
    differences = Differences(network, loss, made, draws, parameters)
    names = [name for name, spec in network.specs().items() if spec.trainable]
    scale = max((float(np.abs(differences.gradients[name]).max(initial=0.0)) for name in names), default=0.0)
    judge = _Judge(differences, total, scale)
    shares = _shares(network, names, len(made.x))
    found = {}
    for name in names:
        chosen = _choose(total[name], shares[name])
        weights = {index: judge.check_weight(name, index) for index in chosen}
        found[name] = TensorCheck(weights, judge.check_direction(name))
    return found


@dataclass(frozen=True)
class _Judge:
    differences: Differences
    total: Mapping[str, Array]
    scale: float

    def check_weight(self, name: str, index: tuple[int, ...]) -> Checked:
        """One weight."""
        tensor = self.differences.tensors[name]
        weight = float(tensor[index])
        width = WIDTH * max(1.0, abs(weight))
        step = np.zeros_like(tensor)
        step[index] = 1.0
        return self._check(name, step, width)

    def check_direction(self, name: str) -> Checked:
        """All weights of a tensor at once, each in a direction drawn for it."""
        tensor = self.differences.tensors[name]
        signs = np.where(np.random.default_rng(0).random(tensor.shape) < 0.5, -1.0, 1.0)
        return self._check(name, signs / np.sqrt(tensor.size), WIDTH)

    def _check(self, name: str, step: Array, width: float) -> Checked:
        """A gap between the differences to both sides that does not close with the width is a corner of the loss."""
        gradient = float(np.sum(self.total[name] * step, dtype=np.float64))
        exact = float(np.sum(self.differences.gradients[name] * step))
        left, right = self._slopes(name, step, width)
        difference = (left + right) / 2
        if self._is_near(exact, difference):
            return Checked(gradient, exact, difference, AGREES)
        closer_left, closer_right = self._slopes(name, step, width / CLOSER)
        closes = abs(closer_right - closer_left) < abs(right - left) / 2
        if closes and not self._is_near(exact, (closer_left + closer_right) / 2):
            return Checked(gradient, exact, difference, DIFFERS)
        return Checked(gradient, exact, difference, KINK)

    def _slopes(self, name: str, step: Array, width: float) -> tuple[float, float]:
        """The differences to the left and to the right."""
        differences, tensor = self.differences, self.differences.tensors[name]
        place = name.split("/", maxsplit=1)[0]
        kept = tensor.copy()
        tensor += width * step
        above = differences.at(place)
        np.copyto(tensor, kept - width * step)
        below = differences.at(place)
        np.copyto(tensor, kept)
        return (differences.loss - below) / width, (above - differences.loss) / width

    def _is_near(self, one: float, other: float) -> bool:
        noise = NOISE * max(1.0, abs(self.differences.loss))
        return abs(one - other) <= RELATIVE * max(abs(one), abs(other)) + ABSOLUTE * self.scale + noise


def _shares(network: Network, names: list[str], rows: int) -> dict[str, int]:
    """How many weights of each tensor are checked: all, or as many as take about as long as each other tensor's."""
    sizes = {name: network.tensors()[name].size for name in names}
    layers = sum(1 + len(place.layer.inner(place.inputs)) for place in network.places)
    products = network.parameters.size * rows / PRODUCTS_A_MICROSECOND
    look = CALL_MICROSECONDS + layers * STAGE_MICROSECONDS + products
    affordable = int(BUDGET_MICROSECONDS / (2 * look))
    if sum(sizes.values()) <= affordable:
        return sizes
    shares: dict[str, int] = {}
    left = affordable
    for count, name in zip(range(len(names), 0, -1), sorted(names, key=lambda each: sizes[each]), strict=True):
        shares[name] = min(sizes[name], max(1, left // count))
        left -= shares[name]
    return shares


def _choose(gradients: Array, count: int) -> Iterator[tuple[int, ...]]:
    """So many indices: those of the largest gradients, and as many spread evenly."""
    flat = np.abs(gradients).ravel()
    if count >= flat.size:
        places = np.arange(flat.size)
    else:
        largest = np.argsort(-flat, kind="stable")[: count // 2]
        others = np.setdiff1d(np.arange(flat.size), largest)
        wanted = count - len(largest)
        places = np.sort(np.concatenate([largest, others[np.linspace(0, len(others) - 1, wanted).astype(int)]]))
    for place in places.tolist():
        yield tuple(int(axis) for axis in np.unravel_index(place, gradients.shape))
