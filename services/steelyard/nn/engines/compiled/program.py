"""A network, its loss and its optimizer as lists of calls to kernels: what one thread does in a training step."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn import regularizers
from steelyard.nn.activations import Activation, Linear
from steelyard.nn.clipping import TINY, ByGlobalNorm, ByNorm, ByValue, GradientClip
from steelyard.nn.elementwise import Curve
from steelyard.nn.engines.compiled import kernels
from steelyard.nn.engines.compiled.build import kernel
from steelyard.nn.engines.compiled.machine import address_of
from steelyard.nn.engines.compiled.products import COPIED, is_large, largest_tile, pays_to_copy, pays_to_turn, routine
from steelyard.nn.engines.compiled.shared import Noise, Shared
from steelyard.nn.layers import ActivationLayer, Dense, Dropout, GaussianNoise
from steelyard.nn.layers.stack import Place
from steelyard.nn.losses import Categorical, Pointwise
from steelyard.nn.network import aligned

Array = NDArray[Any]
Calls = list[tuple[int, int, int]]
BLOCK = 8_192  # weights whose gradient is taken and that are moved together: with their slots, they stay near
FEWEST_INPUTS = 16  # of such a piece: a product of fewer is slow
PIECES = 2  # for each thread, of a kernel whose products are made at once: more take longer, fewer are uneven
OVER_ROWS = -1


@dataclass
class Passed:
    """What the way through a layer leaves: addresses of its inputs, sums, outputs, and of the gradient by its sums."""

    place: Place
    x: int
    z: int
    a: int
    mask: int = 0
    g: int = 0


@dataclass(frozen=True)
class Block:
    """Some weights that follow each other in the vector of all, of one tensor, and the calls for their gradient."""

    tensor: str
    span: slice
    calls: Calls


class Lane:
    """One thread's calls, and what it keeps for itself."""

    def __init__(self, shared: Shared, thread: int) -> None:
        self._shared, self._thread = shared, thread
        self._network = shared.network
        self._dtype = shared.network.dtype
        self._alive: list[Array] = []
        self._routine = routine(self._dtype)
        self._copied = self._keep(aligned(COPIED, self._dtype))
        self._weights = shared.network.tensors()
        self._gradients = shared.network.tensors(shared.network.gradients)
        own = shared.own_gradients
        self._own_gradients = shared.network.tensors(own[thread]) if own else None
        self.cursor = np.zeros(kernels.CURSOR_WORDS, np.int64)
        self.statistics = np.zeros(kernels.STATISTICS)
        self.current = np.zeros(shared.rule.require_names(), self._dtype)
        self._over_rows: Calls = []
        self._over_gradients: Calls = []
        self._alone: Calls = []
        self._over_weights: Calls = []
        self._make_updates(self._make_pass())

    @property
    def calls(self) -> tuple[Array, ...]:
        """As `driver.make_steps` takes them."""
        lists = self._over_rows, self._over_gradients, self._alone, self._over_weights
        return tuple(np.array(calls, np.int64).reshape(-1, 3) for calls in lists)

    def _keep(self, array: Array) -> int:
        self._alive.append(array)
        return address_of(array)

    def _numbers(self, values: Sequence[float], dtype: Any = None) -> int:
        return self._keep(np.array([*values, 0.0], dtype or self._dtype))

    def _call(self, calls: Calls, template: Callable[..., None], *given: int, count: int = OVER_ROWS) -> None:
        """Call a kernel that needs no formula."""
        calls.append((kernel(template, self._dtype), self._keep(np.array(given, np.int64)), count))

    def _call_part(
        self, calls: Calls, template: Callable[..., None], part: Any, curve: Curve, *given: int, count: int = OVER_ROWS
    ) -> None:
        """Call the kernel of a part, which has formulas."""
        name = f"{part.name}_{curve.value.__name__}"
        found: dict[str, Any] = {"value": curve.value, "slope": curve.slope, "COUNT": len(curve.parameters)}
        address = kernel(template, self._dtype, name, **found)
        calls.append((address, self._keep(np.array(given, np.int64)), count))

    def _make_pass(self) -> list[Passed]:
        """Forward, loss, and backward up to the first layer that learns; the layers that do, or stand behind it."""
        network, calls = self._network, self._over_rows
        shares, targets, x = self._take_rows()
        passed = []
        for place in network.places:
            passed.append(self._go_forward(place, x))
            x = passed[-1].a
        if self._shared.kept is not None:
            kept = address_of(self._shared.kept)
            self._call(calls, kernels.keep, address_of(self.cursor), x, kept, network.outputs)
        g = self._cost(x, targets, shares)
        first = next((number for number, each in enumerate(passed) if each.place.learns), len(passed))
        for number in range(len(passed) - 1, first - 1, -1):
            g = self._go_back(passed[number], g, wanted=number > first)
        return passed[first:]

    def _take_rows(self) -> tuple[int, int, int]:
        """Gather a batch: the addresses of the rows' shares, targets and inputs."""
        batches = self._shared.batches
        x, y, *weights = batches.columns
        cursor, order = address_of(self.cursor), address_of(batches.order)
        statistics, shares = address_of(self.statistics), self._shared.buffer("shares", 1)
        if weights:
            self._call(self._over_rows, kernels.share_out, cursor, statistics, order, address_of(weights[0]), shares)
        else:
            self._call(self._over_rows, kernels.share_equally, cursor, statistics, shares)
        found = []
        for name, column in (("y", y), ("x", x)):
            width = column.shape[1] if column.ndim == 2 else 1
            out = self._shared.buffer(name, width, column.dtype)
            given = np.array([cursor, order, address_of(column), width, out], np.int64)
            self._over_rows.append((kernel(kernels.gather, column.dtype), self._keep(given), OVER_ROWS))
            found.append(out)
        return shares, found[0], found[1]

    def _go_forward(self, place: Place, x: int) -> Passed:
        match place.layer:
            case Dense():
                return self._weigh(place, place.layer, x)
            case ActivationLayer():
                return self._apply(place, place.layer.activation, x, x)
            case Dropout() if place.layer.rate:
                return self._drop(place, place.layer, x)
            case GaussianNoise() if place.layer.stddev:
                return self._disturb(place, place.layer, x)
            case _:
                return Passed(place, x, x, x)

    def _weigh(self, place: Place, layer: Dense, x: int) -> Passed:
        z = self._shared.buffer(f"{place.name}/z", layer.units)
        kernel_at = address_of(self._weights[f"{place.name}/kernel"])
        # What is multiplied at once goes through memory of BLAS's own, which wanders between threads: 1.3 times slower.
        tile = self._tile(place) if self._shared.threads == 1 else largest_tile()
        copy = self._copied if pays_to_copy(place.inputs, layer.units * self._dtype.itemsize, rows=self._rows) else 0
        given = (self._routine, tile, x, kernel_at, z, place.inputs, layer.units, copy)
        self._call(self._over_rows, kernels.weigh, *given)
        if layer.use_bias:
            bias = address_of(self._weights[f"{place.name}/bias"])
            self._call(self._over_rows, kernels.add_bias, z, bias, layer.units)
        return self._apply(place, self._activation(place, layer), x, z)

    @property
    def _rows(self) -> int:
        """Of a batch, for each thread."""
        return self._shared.batches.batch_size // self._shared.threads

    def _is_large(self, place: Place) -> bool:
        return is_large(self._rows, place.inputs, place.outputs)

    def _tile(self, place: Place) -> int:
        """How many multiplications a tile of the layer's products may have; 0 where they are made at once."""
        return 0 if self._is_large(place) else largest_tile()

    def _activation(self, place: Place, layer: Dense) -> Activation:
        is_last = place is self._network.places[-1]
        return Linear() if is_last and self._shared.loss.link is not None else layer.activation

    def _apply(self, place: Place, activation: Activation, x: int, z: int) -> Passed:
        if type(activation) is Linear:
            return Passed(place, x, z, z)
        curve = activation.curve
        assert curve is not None
        a = self._shared.buffer(f"{place.name}/a", place.outputs)
        parameters = self._numbers(curve.parameters)
        given = (z, a, parameters, place.outputs)
        self._call_part(self._over_rows, kernels.activate, activation, curve, *given)
        return Passed(place, x, z, a)

    def _drop(self, place: Place, layer: Dropout, x: int) -> Passed:
        mask, y = (self._shared.buffer(f"{place.name}/{name}", place.inputs) for name in ("mask", "y"))
        drawn = self._drawn(place, normal=False)
        scale = self._numbers([layer.rate, 1 / (1 - layer.rate)])
        given = (address_of(self.cursor), drawn, x, mask, y, place.inputs, scale)
        self._call(self._over_rows, kernels.drop, *given)
        return Passed(place, x, x, y, mask)

    def _disturb(self, place: Place, layer: GaussianNoise, x: int) -> Passed:
        y, drawn = self._shared.buffer(f"{place.name}/y", place.inputs), self._drawn(place, normal=True)
        given = (address_of(self.cursor), drawn, x, y, place.inputs, self._numbers([layer.stddev]))
        self._call(self._over_rows, kernels.add_noise, *given)
        return Passed(place, x, x, y)

    def _drawn(self, place: Place, *, normal: bool) -> int:
        """Where the numbers are that a layer needs; the first thread makes room for them."""
        rows = self._shared.chunk * self._shared.batches.batch_size
        numbers = aligned(rows * place.inputs, self._dtype).reshape(rows, place.inputs)
        return address_of(self._shared.noises.setdefault(place.name, Noise(numbers, normal)).numbers)

    def _cost(self, outputs: int, targets: int, shares: int) -> int:
        """The loss of the outputs; the address of its gradient."""
        shared, units = self._shared, self._network.outputs
        loss, statistics = shared.loss, address_of(self.statistics)
        gradient, scratch = shared.buffer("loss/g", units), shared.buffer("loss/scratch", units)
        assert isinstance(loss, (Pointwise, Categorical))
        parameters = self._numbers(loss.curve.parameters)
        template: Callable[..., None] = kernels.cost_pointwise
        given = [statistics, shares, outputs, targets, gradient, scratch, units, parameters]
        if isinstance(loss, Categorical):
            chances, of_rows = shared.buffer("loss/chances", units), shared.buffer("loss/rows", kernels.OF_ROWS)
            self._call(self._over_rows, kernels.find_chances, outputs, scratch, chances, of_rows, units)
            template = kernels.cost_categorical
            given = [statistics, shares, scratch, chances, of_rows, targets, gradient, units, parameters]
            given.append(self._numbers([loss.smoothing]))
        self._call_part(self._over_rows, template, loss, loss.curve, *given)
        return gradient

    def _go_back(self, passed: Passed, g: int, *, wanted: bool) -> int:
        """From the gradient by a layer's outputs, which is overwritten, to that by its inputs, if that is `wanted`."""
        place, calls = passed.place, self._over_rows
        match place.layer:
            case Dense():
                return self._weigh_back(passed, place.layer, g, wanted=wanted)
            case ActivationLayer():
                self._apply_back(passed, place.layer.activation, g)
            case Dropout() if passed.mask:
                self._call(calls, kernels.drop_back, g, passed.mask, place.inputs)
        return g

    def _weigh_back(self, passed: Passed, layer: Dense, g: int, *, wanted: bool) -> int:
        place, calls = passed.place, self._over_rows
        self._apply_back(passed, self._activation(place, layer), g)
        passed.g = g
        if self._own_gradients is not None and layer.trainable:
            self._weigh_kernel(calls, passed, self._own_gradients, 0, place.inputs)
            self._sum_rows(calls, passed, layer, self._own_gradients)
        if not wanted:
            return g
        by_inputs = self._shared.buffer(f"{place.name}/by_inputs", place.inputs)
        kernel_at = address_of(self._weights[f"{place.name}/kernel"])
        given = (g, kernel_at, by_inputs, place.inputs, layer.units)
        count = place.inputs * layer.units
        if pays_to_turn(count * self._dtype.itemsize, rows=self._rows):
            turned = self._keep(aligned(count, self._dtype))
            self._call(calls, kernels.weigh_back_by_copy, self._routine, self._tile(place), *given, turned)
            return by_inputs
        tile = self._tile(place) if self._shared.threads > 1 else 0  # in tiles, what is turned is slower on one thread
        self._call(calls, kernels.weigh_back, self._routine, tile, *given)
        return by_inputs

    def _apply_back(self, passed: Passed, activation: Activation, g: int) -> None:
        curve = activation.curve
        assert curve is not None
        if type(activation) is not Linear:
            given = (passed.z, passed.a, g, self._numbers(curve.parameters), passed.place.outputs)
            self._call_part(self._over_rows, kernels.activate_back, activation, curve, *given)

    def _make_updates(self, passed: Sequence[Passed]) -> None:
        """What this thread does with its part of the weights: their gradient over all rows, and their move."""
        clip = self._shared.clip
        is_apart = isinstance(clip, (ByNorm, ByGlobalNorm))  # the whole gradient has to be there before it is cut
        for block in self._mine([block for each in passed for block in self._blocks(each)]):
            calls, span = self._over_gradients if is_apart else self._over_weights, block.span
            calls += block.calls
            self._penalize(calls, block)
            if isinstance(clip, ByValue):
                g, limit = self._at(self._network.gradients, span), self._numbers([clip.limit])
                self._call(self._over_weights, kernels.clip_values, g, limit, count=span.stop - span.start)
            self._update(span)
        if is_apart:
            self._clip(clip)

    def _mine(self, blocks: Sequence[Block]) -> list[Block]:
        """This thread's share of the blocks, by where the middle of each lies among all weights."""
        total = sum(block.span.stop - block.span.start for block in blocks)
        done, mine = 0, []
        for block in blocks:
            count = block.span.stop - block.span.start
            if (2 * done + count) * self._shared.threads // (2 * total) == self._thread:
                mine.append(block)
            done += count
        return mine

    def _blocks(self, passed: Passed) -> Iterator[Block]:
        """The weights of a dense layer in pieces, if they learn: some inputs' after the other, and the bias."""
        place, layer = passed.place, passed.place.layer
        if not isinstance(layer, Dense) or not layer.trainable:
            return
        network, units = self._network, layer.units
        share = -(-network.parameters.size // self._shared.threads)
        pieces = -(-place.inputs * units // min(max(BLOCK, FEWEST_INPUTS * units), share))
        if self._is_large(place):
            pieces = min(pieces, PIECES * self._shared.threads)
        some = -(-place.inputs // pieces)
        start = network.span(f"{place.name}/kernel").start
        for first in range(0, place.inputs, some):
            count = min(some, place.inputs - first)
            block = Block(f"{place.name}/kernel", slice(start + first * units, start + (first + count) * units), [])
            if self._own_gradients is None:
                self._weigh_kernel(block.calls, passed, self._gradients, first, count)
            yield self._with_all(block)
        if layer.use_bias:
            block = Block(f"{place.name}/bias", network.span(f"{place.name}/bias"), [])
            if self._own_gradients is None:
                self._sum_rows(block.calls, passed, layer, self._gradients)
            yield self._with_all(block)

    def _weigh_kernel(
        self, calls: Calls, passed: Passed, gradients: Mapping[str, Array], first: int, count: int
    ) -> None:
        """The gradient of a kernel by `count` inputs from `first` on."""
        place, gradient = passed.place, gradients[f"{passed.place.name}/kernel"]
        x = passed.x + first * self._dtype.itemsize
        gemm = self._routine, self._tile(place)
        given = (x, passed.g, address_of(gradient[first:]), count, place.inputs, place.outputs)
        self._call(calls, kernels.weigh_kernel, *gemm, *given)

    def _sum_rows(self, calls: Calls, passed: Passed, layer: Dense, gradients: Mapping[str, Array]) -> None:
        """The gradient of a bias."""
        if layer.use_bias:
            gradient = address_of(gradients[f"{passed.place.name}/bias"])
            self._call(calls, kernels.sum_rows, passed.g, gradient, layer.units)

    def _with_all(self, block: Block) -> Block:
        """The block, whose gradients of the other threads are added up if each has its own."""
        if self._own_gradients is not None:
            mine, *others = (self._at(vector, block.span) for vector in self._shared.own_gradients)
            count = block.span.stop - block.span.start
            self._call(block.calls, kernels.add_up, mine, len(others), *others, count=count)
        return block

    def _at(self, vector: Array, span: slice) -> int:
        return address_of(vector[span])

    def _penalize(self, calls: Calls, block: Block) -> None:
        regularizer = self._network.specs()[block.tensor].regularizer
        if regularizer is not None:
            assert isinstance(regularizer, regularizers.Pointwise)
            curve, span = regularizer.curve, block.span
            w, g = self._at(self._network.parameters, span), self._at(self._network.gradients, span)
            given = (address_of(self.statistics), w, g, self._numbers(curve.parameters))
            self._call_part(calls, kernels.penalize, regularizer, curve, *given, count=span.stop - span.start)

    def _update(self, span: slice) -> None:
        rule, slots = self._shared.rule, self._shared.slots
        formulas: dict[str, Any] = {"move": rule.move, "COUNT": len(self.current), "SLOTS": len(slots)}
        address = kernel(kernels.update, self._dtype, f"{rule.name}_{rule.move.__name__}", **formulas)
        w, g = self._at(self._network.parameters, span), self._at(self._network.gradients, span)
        kept = [self._at(slots[name], span) for name in rule.slot_order]
        given = np.array([w, g, address_of(self.current), *kept], np.int64)
        self._over_weights.append((address, self._keep(given), span.stop - span.start))

    def _clip(self, clip: GradientClip | None) -> None:
        assert clip is not None
        limit = self._numbers([clip.limit, TINY], np.float64)
        learned = [self._gradients[name] for name, spec in self._network.specs().items() if spec.trainable]
        groups = [learned] if isinstance(clip, ByGlobalNorm) else [[each] for each in learned]
        for group in groups:
            given = [limit, *(word for each in group for word in (address_of(each), each.size))]
            self._call(self._alone, kernels.clip_length, *given, count=len(group))
