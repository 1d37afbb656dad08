"""The statistics of each layer on the probe: what comes out, how gradients come back, and which units do nothing."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.recording.record import LAYER_SERIES, LayerFacts
from steelyard.nn.activations import Activation
from steelyard.nn.layers import ActivationLayer, Dense, Embedding, Layer
from steelyard.nn.layers.activation import ActivationStage
from steelyard.nn.layers.base import Stage, Surroundings
from steelyard.nn.network import OUTPUT

Array = NDArray[Any]
DORMANT = 0.025  # of the layer's mean activity (ReDo)
SAME_DIRECTION = 0.999  # of the cosine between the outputs of two units
ROWS_SATURATED = 0.95  # a unit is saturated if it is so for as large a share of the rows
MOST_COMPARED = 1024  # units: the comparison takes the square of their number
ROWS_COMPARED = 64
# Where an activation is flat: below and above these outputs.
FLAT = {"tanh": (-0.97, 0.97), "hard_tanh": (-0.97, 0.97), "sigmoid": (0.01, 0.99), "hard_sigmoid": (0.01, 0.99)}
FAR_BELOW = np.array([[-0.5, -1.0, -10.0]])


class Tapped(Stage):
    """A stage that is observed: what goes in and out, and how large the gradients are that come and go."""

    def __init__(self, stage: Stage, layer: "ObservedLayer", around: Surroundings) -> None:
        self._stage, self._layer = stage, layer
        self._passes_gradient = around.needs_input_gradient
        self._is_first = not layer.taps
        self.is_activation = isinstance(stage, ActivationStage)
        self.x = self.y = np.empty((0, 0))
        self.gradient_in = self.gradient_out = np.nan  # root mean squares, by the inputs and by the outputs

    def forward(self, x: Array) -> Array:
        """As the stage does."""
        self.x = x
        self.y = self._stage.forward(x)
        return self.y

    def backward(self, grad: Array) -> Array:
        """As the stage does."""
        is_last = self is self._layer.taps[-1]
        self.gradient_out = _root_mean_square(grad) if is_last else np.nan
        for name, norms in self._stage.row_norms(grad).items():
            self._layer.squares[name] = float(np.add.reduce(norms, dtype=np.float64))
        found = self._stage.backward(grad)
        self.gradient_in = _root_mean_square(found) if self._is_first and self._passes_gradient else np.nan
        return found


class ObservedLayer:
    """A layer whose stages are observed, by its `path`: its name, behind that of the block around it.

    `squares` are, after the way back, the sums over the rows of the squared norms of their gradients, by tensor.
    """

    def __init__(self, path: str, layer: Layer, units: int) -> None:
        self.path, self.layer, self._units = path, layer, units
        self.taps: list[Tapped] = []
        self.squares: dict[str, float] = {}
        self._activation: Activation | None = getattr(layer, "activation", None)
        self._is_hidden = path != OUTPUT and isinstance(layer, (Dense, ActivationLayer))
        self._is_rectifier = self._activation is not None and _is_flat_below(self._activation)

    @property
    def facts(self) -> LayerFacts:
        """What describes it."""
        activation = None if self._activation is None else self._activation.name
        return LayerFacts(self.path, self.layer.name, activation, self._units)

    def tap(self, stage: Stage, around: Surroundings) -> Stage:
        """Observe one more stage."""
        tapped = Tapped(stage, self, around)
        self.taps.append(tapped)
        return tapped

    def look_forward(self, spreads: "Spreads") -> dict[str, float]:
        """The series that a forward pass gives; before the way back, which overwrites the outputs."""
        first, last = self.taps[0], self.taps[-1]
        found: dict[str, float] = {}
        if isinstance(self.layer, (Dense, ActivationLayer)):
            sums = last.x if last.is_activation else last.y
            found["preactivation_mean"], found["preactivation_std"] = spreads.of(sums)
        found["output_mean"], found["output_std"] = spreads.of(last.y)
        if not isinstance(self.layer, Embedding):  # whose inputs are numbers of categories
            found["forward_gain"] = _ratio(found["output_std"], spreads.of(first.x)[1])
        return found | self._look_at_units(last)

    def _look_at_units(self, last: Tapped) -> dict[str, float]:
        """The shares of units that are dead, dormant, saturated, or that do the same as another."""
        found = {name: _share(units) for name, units in self.flag_units().items()}
        if self._is_hidden and isinstance(self.layer, Dense):
            found["duplicate"] = _share_of_duplicates(last.y)
        return found

    def flag_units(self) -> dict[str, NDArray[np.bool_]]:
        """Which units are dead, dormant and saturated, `(units,)` each; without those that the layer cannot have.

        After a forward pass, and before the way back, which overwrites the outputs.
        """
        found, last = {}, self.taps[-1]
        outputs = last.y
        flat = FLAT.get(self._activation.name) if self._activation is not None and last.is_activation else None
        if flat is not None:
            is_flat = (outputs < flat[0]) | (outputs > flat[1])
            found["saturated"] = np.add.reduce(is_flat, axis=0) >= ROWS_SATURATED * len(outputs)
        if not self._is_hidden:
            return found
        # A product with ones sums the rows about three times as fast as a sum over the first axis.
        activity = np.ones(len(outputs), outputs.dtype) @ np.abs(outputs)
        found["dormant"] = activity <= DORMANT * np.add.reduce(activity) / activity.size
        if self._is_rectifier:
            found["dead"] = activity == 0
        return found

    def look_back(self) -> dict[str, float]:
        """The series that a backward pass gives."""
        return {"backward_gain": _ratio(self.taps[0].gradient_in, self.taps[-1].gradient_out)}


class ObservedLayers:
    """All layers of a pass, in order: give it to `Pass` as its `tap`."""

    def __init__(self) -> None:
        self.all: list[ObservedLayer] = []

    def __call__(self, layer: Layer, stage: Stage, around: Surroundings) -> Stage:
        """Observe a stage of a layer."""
        found = next((each for each in self.all if each.path == around.path), None)
        if found is None:
            found = ObservedLayer(around.path, layer, layer.outputs(around.inputs))
            self.all.append(found)
        return found.tap(stage, around)


def as_row(values: dict[str, float]) -> list[float]:
    """Values by name as a row of `LAYER_SERIES`; a missing one is NaN."""
    return [values.get(name, np.nan) for name in LAYER_SERIES]


@cache
def _is_flat_below(activation: Activation) -> bool:
    """Whether the value and the slope are zero for all negative sums, as those of relu are."""
    if activation.curve is None:  # it depends on other units, or on what it learns
        return False
    z = FAR_BELOW.copy()
    out, grad, scratch = np.empty_like(z), np.ones_like(z), np.empty_like(z)
    activation.forward(z, out, scratch)
    is_zero = not out.any()
    activation.backward(z, out, grad, scratch)
    return is_zero and not grad.any()


class Spreads:
    """Means and standard deviations of the arrays of one pass: the outputs of a layer are the inputs of the next.

    `x` are the inputs of the first, which stay the same from pass to pass.
    """

    def __init__(self, x: Array) -> None:
        self._x = id(x)
        self._found: dict[int, tuple[float, float]] = {}

    def forget(self) -> None:
        """Begin with another pass."""
        self._found = {key: spread for key, spread in self._found.items() if key == self._x}

    def of(self, values: Array) -> tuple[float, float]:
        """The mean and the standard deviation."""
        if id(values) not in self._found:
            from steelyard.nn.engines.compiled.statistics import mean_and_std  # noqa: PLC0415 -- loads the compiler

            self._found[id(values)] = mean_and_std(values)
        return self._found[id(values)]


def _share(units: Array) -> float:
    return int(np.count_nonzero(units)) / units.size


def _root_mean_square(values: Array) -> float:
    flat = values.reshape(-1)
    return float(np.sqrt(np.dot(flat, flat) / values.size))


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")


def _share_of_duplicates(outputs: Array) -> float:
    """The share of units whose outputs have the direction of another unit's; units that are always zero have none."""
    from steelyard.nn.engines.compiled import statistics  # noqa: PLC0415 -- loads the compiler

    some = np.ascontiguousarray(outputs[:ROWS_COMPARED, :MOST_COMPARED])
    directions = np.empty_like(some)
    statistics.take_directions(some, directions)
    return int(statistics.count_alike(directions.T @ directions, SAME_DIRECTION)) / len(directions.T)
