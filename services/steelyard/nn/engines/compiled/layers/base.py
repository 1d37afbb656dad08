"""What the compiled form of a layer is: it adds its calls to a thread's, forward, backward, and for its weights."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from steelyard.nn.engines.compiled import kernels
from steelyard.nn.engines.compiled.lane import Calls, Lane
from steelyard.nn.engines.compiled.machine import address_of
from steelyard.nn.layers import Layer
from steelyard.nn.layers.base import Place

L = TypeVar("L", bound=Layer)
BLOCK = 8_192  # weights whose gradient is taken and that are moved together: with their slots, they stay near


@dataclass(frozen=True)
class Block:
    """Some weights that follow each other in the vector of all, of one tensor, and the calls for their gradient."""

    tensor: str
    span: slice
    calls: Calls

    @property
    def size(self) -> int:
        """How many weights."""
        return int(self.span.stop - self.span.start)


@dataclass(frozen=True)
class Places:
    """Inputs of a batch that are one-hot: those behind `numbers` others. Of each row `columns` are one, at `places`."""

    numbers: int
    columns: int
    places: int


class Form(ABC, Generic[L]):
    """A layer at work in one thread.

    Addresses stand for arrays `(rows, units)` of a batch. `prefix` is what its tensors' names begin with, `dense_1/`
    or `residual_1/dense_1.`, and what its buffers are named by.
    """

    takes_one_hot: ClassVar[bool] = False
    one_hot: Places | None = None  # set where it is first, and takes inputs of a batch in this form

    def __init__(self, lane: Lane, place: Place, prefix: str) -> None:
        self.lane, self.place, self.prefix = lane, place, prefix
        self.layer: L = place.layer  # type: ignore[assignment]
        self.inputs, self.units = place.inputs, place.outputs

    @abstractmethod
    def forward(self, x: int) -> int:
        """Add the calls from inputs to outputs, which must stay as they are until the step is made."""

    @abstractmethod
    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
        """Add the calls from the gradient by the outputs, which may be overwritten, to that by the inputs.

        The latter is needed if it is `wanted`, of the inputs from number `first` on. Gradients of weights, by this
        thread's rows, are added up here.
        """

    def first_needed(self, *, wanted: bool) -> int:
        """The first of its outputs whose gradient it needs."""
        return 0

    def blocks(self) -> Iterator[Block]:
        """Its weights that learn, in the network's order, in pieces that one thread moves."""
        for spec in self.place.tensors:
            if spec.trainable:
                yield self.summed(spec.name)

    def buffer(self, name: str, width: int) -> int:
        """A buffer for a batch that nothing else uses."""
        return self.lane.buffer(self.prefix + name, width)

    def weights(self, tensor: str) -> int:
        """The address of a tensor."""
        return address_of(self.lane.weights[self.prefix + tensor])

    def parts(self, tensor: str) -> list[int]:
        """Where each thread adds up the gradient of a tensor of few weights by its own rows."""
        return self.lane.parts(self.prefix + tensor)

    def part(self, tensor: str) -> int:
        """Where this thread does."""
        return self.parts(tensor)[self.lane.thread]

    def summed(self, tensor: str) -> Block:
        """A tensor of few weights, whose gradient is the sum of what the threads found by their rows."""
        lane, name = self.lane, self.prefix + tensor
        mine, *others = lane.parts(name)
        block = Block(name, lane.network.span(name), [])
        if others:
            lane.call(block.calls, kernels.add_up, mine, len(others), *others, count=block.size)
        return block

    def in_rows(self, tensor: str, take: Callable[[Calls, int, int], None], firsts: range) -> Iterator[Block]:
        """Rows of a matrix in pieces that begin at `firsts`. `take(calls, first, count)` adds the calls for a gradient.

        Not called where every thread has a vector of gradients by its own rows: then these are added up.
        """
        lane, name = self.lane, self.prefix + tensor
        width = lane.weights[name].shape[1]
        start = lane.network.span(name).start
        for first in firsts:
            count = min(firsts.step, firsts.stop - first)
            block = Block(name, slice(start + first * width, start + (first + count) * width), [])
            if lane.own_gradients is None:
                take(block.calls, first, count)
            else:
                mine, *others = (address_of(vector[block.span]) for vector in lane.shared.own_gradients)
                lane.call(block.calls, kernels.add_up, mine, len(others), *others, count=block.size)
            yield block

    def rows_of_piece(self, rows: int, width: int, *, fewest: int = 1) -> int:
        """How many rows of a matrix of weights make a piece, `fewest` at least; no piece is larger than a share."""
        share = -(-self.lane.network.parameters.size // self.lane.threads)
        pieces = -(-rows * width // min(max(BLOCK, fewest * width), share))
        return max(1, -(-rows // pieces))


FORMS: dict[type[Layer], type[Form[Any]]] = {}


def form_of(layer: type[Layer]) -> Callable[[type[Form[Any]]], type[Form[Any]]]:
    """Take a class as the compiled form of a layer; a decorator."""

    def add(form: type[Form[Any]]) -> type[Form[Any]]:
        FORMS[layer] = form
        return form

    return add


class Passage:
    """Layers one after the other, as a network or a residual block has them, as far as something learns."""

    def __init__(self, lane: Lane, places: Sequence[Place], prefixes: Sequence[str]) -> None:
        self.forms = [
            FORMS[type(place.layer)](lane, place, prefix) for place, prefix in zip(places, prefixes, strict=True)
        ]

    def forward(self, x: int) -> int:
        """Add the calls of all, from inputs to outputs."""
        for form in self.forms:
            x = form.forward(x)
        return x

    def backward(self, g: int, *, wanted: bool) -> int:
        """Add the calls of all, back to the first that learns, or to the inputs if their gradient is wanted."""
        learning = [number for number, form in enumerate(self.forms) if form.place.learns]
        last = -1 if wanted else min(learning, default=len(self.forms))
        for number in range(len(self.forms) - 1, max(last, 0) - 1, -1):
            needed = self.forms[number - 1].first_needed(wanted=number - 1 > last) if number else 0
            g = self.forms[number].backward(g, wanted=number > last, first=needed)
        return g

    def blocks(self) -> Iterator[Block]:
        """The weights of all that learn."""
        for form in self.forms:
            yield from form.blocks()
