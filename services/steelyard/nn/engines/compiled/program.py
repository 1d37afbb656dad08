"""A network, its loss and its optimizer as lists of calls to kernels: what one thread does in a training step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn import regularizers
from steelyard.nn.clipping import TINY, ByGlobalNorm, ByNorm, ByValue, GradientClip
from steelyard.nn.constraints import PerUnit
from steelyard.nn.elementwise import Curve, parameters_of
from steelyard.nn.engines.compiled import kernels
from steelyard.nn.engines.compiled.build import kernel
from steelyard.nn.engines.compiled.lane import OVER_ROWS, Lane
from steelyard.nn.engines.compiled.layers import Block, Passage, Places
from steelyard.nn.engines.compiled.machine import address_of
from steelyard.nn.engines.compiled.shared import Shared
from steelyard.nn.losses import Categorical, Pointwise
from steelyard.nn.one_hot import OneHot

Array = NDArray[Any]


class Program(Lane):
    """One thread's calls for a whole step."""

    def __init__(self, shared: Shared, thread: int) -> None:
        super().__init__(shared, thread)
        self.current = np.zeros(shared.rule.require_names(), self.dtype)
        places = self.network.places_for(logits=shared.loss.link is not None)
        self.layers = Passage(self, places, [f"{place.name}/" for place in places])
        self._add_pass()
        self._add_updates(list(self.layers.blocks()))

    @property
    def calls(self) -> tuple[Array, ...]:
        """As `driver.make_steps` takes them."""
        lists = self.over_rows, self.over_weights
        return tuple(np.array(calls, np.int64).reshape(-1, 3) for calls in lists)

    def _add_pass(self) -> None:
        """Forward, loss, and backward up to the first layer that learns."""
        shares, targets, x = self._take_rows()
        outputs = self.layers.forward(x)
        if self.shared.kept is not None:
            kept = address_of(self.shared.kept)
            self.call(self.over_rows, kernels.keep, address_of(self.cursor), outputs, kept, self.network.outputs)
        self.layers.backward(self._cost(outputs, targets, shares), wanted=False)

    def _take_rows(self) -> tuple[int, int, int]:
        """Gather a batch: the addresses of the rows' shares, targets and inputs."""
        batches = self.shared.batches
        x, y, *weights = batches.columns
        cursor, order = address_of(self.cursor), address_of(batches.order)
        statistics, shares = address_of(self.statistics), self.buffer("shares", 1)
        if weights:
            self.call(self.over_rows, kernels.share_out, cursor, statistics, order, address_of(weights[0]), shares)
        else:
            self.call(self.over_rows, kernels.share_equally, cursor, statistics, shares)
        targets = self._gather("y", y)
        return shares, targets, self._take_places(x) if isinstance(x, OneHot) else self._gather("x", x)

    def _gather(self, name: str, column: Array) -> int:
        """Take rows of an array: where they are."""
        width = column.shape[1] if column.ndim == 2 else 1
        out = self.buffer(name, width, column.dtype)
        order = address_of(self.shared.batches.order)
        given = np.array([address_of(self.cursor), order, address_of(column), width, out], np.int64)
        self.over_rows.append((kernel(kernels.gather, column.dtype), self.keep(given), OVER_ROWS))
        return out

    def _take_places(self, x: OneHot) -> int:
        """Take rows as they are for a first layer that takes them so; else, in full."""
        width, numbers, columns = x.shape[1], x.numbers.shape[1], x.places.shape[1]
        found = self._gather("x", x.numbers), self._gather("places", x.places)
        if (first := self.layers.forms[0]).takes_one_hot:
            first.one_hot = Places(numbers, columns, found[1])
            return found[0]
        full = self.buffer("full", width)
        self.call(self.over_rows, kernels.spell_out, *found, full, numbers, columns, width)
        return full

    def _cost(self, outputs: int, targets: int, shares: int) -> int:
        """The loss of the outputs; the address of its gradient."""
        units, loss, statistics = self.network.outputs, self.shared.loss, address_of(self.statistics)
        gradient, scratch = self.buffer("loss/g", units), self.buffer("loss/scratch", units)
        assert isinstance(loss, (Pointwise, Categorical))
        parameters = self.numbers(loss.curve.parameters)
        if isinstance(loss, Categorical):
            probabilities, of_rows = self.buffer("loss/probabilities", units), self.buffer("loss/rows", kernels.OF_ROWS)
            self.call(self.over_rows, kernels.find_probabilities, outputs, scratch, probabilities, of_rows, units)
            given = [statistics, shares, scratch, probabilities, of_rows, targets, gradient, units, parameters]
            given.append(self.numbers([loss.smoothing]))
            self.call_part(self.over_rows, kernels.cost_categorical, loss, _formulas(loss.curve), *given)
        else:
            given = [statistics, shares, outputs, targets, gradient, scratch, units, parameters]
            self.call_part(self.over_rows, kernels.cost_pointwise, loss, _formulas(loss.curve), *given)
        return gradient

    def _add_updates(self, blocks: Sequence[Block]) -> None:
        """What this thread does with its part of the weights: their gradient over all rows, and their move."""
        clip, mine = self.shared.clip, self._mine(blocks)
        for block in mine:
            self.over_weights += block.calls
            self._penalize(block)
            if not isinstance(clip, (ByNorm, ByGlobalNorm)):  # else the whole gradient has to be there before
                self._clip_values(clip, block)
                self._update(block)
        if isinstance(clip, (ByNorm, ByGlobalNorm)):
            self._clip_lengths(clip)
            for block in mine:
                self._update(block)
        self._constrain()

    def _mine(self, blocks: Sequence[Block]) -> list[Block]:
        """This thread's share of the blocks, by where the middle of each lies among all weights."""
        total = sum(block.size for block in blocks)
        done, mine = 0, []
        for block in blocks:
            if (2 * done + block.size) * self.threads // (2 * total) == self.thread:
                mine.append(block)
            done += block.size
        return mine

    def _penalize(self, block: Block) -> None:
        regularizer = self.network.specs()[block.tensor].regularizer
        if regularizer is not None:
            assert isinstance(regularizer, regularizers.Pointwise)
            curve, span = regularizer.curve, block.span
            w, g = address_of(self.network.parameters[span]), address_of(self.network.gradients[span])
            given = (address_of(self.statistics), w, g, self.numbers(curve.parameters))
            formulas = _formulas(curve)
            self.call_part(self.over_weights, kernels.penalize, regularizer, formulas, *given, count=block.size)

    def _update(self, block: Block) -> None:
        rule, slots, span = self.shared.rule, self.shared.slots, block.span
        formulas: dict[str, Any] = {"move": rule.move, "COUNT": len(self.current), "SLOTS": len(slots)}
        w, g = address_of(self.network.parameters[span]), address_of(self.network.gradients[span])
        kept = [address_of(slots[name][span]) for name in rule.slot_order]
        given = (w, g, address_of(self.current), *kept)
        self.call_part(self.over_weights, kernels.update, rule, formulas, *given, count=block.size)

    def _clip_values(self, clip: GradientClip | None, block: Block) -> None:
        if isinstance(clip, ByValue):
            g, limit = address_of(self.network.gradients[block.span]), self.numbers([clip.limit])
            self.call(self.over_weights, kernels.clip_values, g, limit, count=block.size)

    def _clip_lengths(self, clip: ByNorm | ByGlobalNorm) -> None:
        """The first thread shortens the gradients of all, while the others wait."""
        self.meet(self.over_weights)
        if self.thread == 0:
            limit = self.numbers([clip.limit, TINY], np.float64)
            learned = [self.gradients[name] for name, spec in self.network.specs().items() if spec.trainable]
            groups = [learned] if isinstance(clip, ByGlobalNorm) else [[each] for each in learned]
            for group in groups:
                given = [limit, *(word for each in group for word in (address_of(each), each.size))]
                self.call(self.over_weights, kernels.clip_length, *given, count=len(group))
        self.meet(self.over_weights)

    def _constrain(self) -> None:
        """Once all weights have moved, each thread takes some units of every tensor with a constraint."""
        learned = [(name, spec) for name, spec in self.network.specs().items() if spec.trainable]
        constrained = [(name, spec.constraint) for name, spec in learned if spec.constraint is not None]
        if constrained:
            self.meet(self.over_weights)
        for name, constraint in constrained:
            assert isinstance(constraint, PerUnit)
            inputs, units = self.weights[name].shape
            first, stop = (units * thread // self.threads for thread in (self.thread, self.thread + 1))
            parameters = parameters_of(constraint)
            given = (address_of(self.weights[name]), inputs, units, self.vector(units), self.numbers(parameters), first)
            formulas = {"value": constraint.value, "COUNT": len(parameters)}
            self.call_part(self.over_weights, kernels.constrain, constraint, formulas, *given, count=stop - first)


def _formulas(curve: Curve) -> dict[str, Any]:
    """What a part's curve stands for in a template."""
    return {"value": curve.value, "slope": curve.slope, "COUNT": len(curve.parameters)}
