"""What every optimizer is: parameters of an update rule. Its state lives outside, in vectors that have names."""

import inspect
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from steelyard.nn.component import Part, Registry, is_inherited
from steelyard.nn.elementwise import why_not_formula

Array = NDArray[Any]
LearningRate = Annotated[float, Gt(0)]


@dataclass(frozen=True)
class Learned:
    """Weights that training moves, their gradient and, by name, the optimizer's slots for them; all of one shape."""

    weights: Array
    gradient: Array
    slots: Mapping[str, Array]


@dataclass(frozen=True)
class Step:
    """One step: its `number`, counted from 1, its learning `rate`, and `look`.

    `look` computes the loss of all rows at the weights as they are now, and fills the gradients. Only an optimizer with
    a `line_search` may call it.
    """

    number: int
    rate: float
    look: Callable[[], float]


@dataclass(frozen=True)
class Optimizer(Part):
    """A way to move weights by their gradients. What it remembers is outside it: slots and scalars, by name.

    With `line_search` it finds the length of each step by looking at the loss of all rows. Then an epoch is one step,
    there is no schedule and no gradient clipping, and every layer must give the same values twice.
    """

    latex: ClassVar[str]  # the formula

    line_search: ClassVar[bool] = False

    learning_rate: LearningRate = 0.001

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the vectors that it keeps beside the weights; they begin as zeros."""
        return ()

    @property
    def scalars(self) -> dict[str, float]:
        """Numbers that it keeps beside the slots, with their first values."""
        return {}

    @abstractmethod
    def update(self, learned: Sequence[Learned], scalars: dict[str, float], step: Step) -> None:
        """Make one step in place.

        Args:
            learned: every tensor that learns. A `Rule` gets stretches of the vector of all weights instead.
            scalars: by name, to be moved on.
            step: its number and rate.
        """


@dataclass(frozen=True)
class Rule(Optimizer):
    """An optimizer that moves each weight by what it knows of that weight alone.

    Its rule is a formula in `steelyard.nn.elementwise`'s functions, which NumPy computes for arrays, and from which
    the compiled engine makes a kernel.
    """

    @property
    @abstractmethod
    def move(self) -> Callable[..., tuple[Any, ...]]:
        """The formula: a function of a weight, its gradient, the slots by their names, and coefficients by theirs.

        It returns the new weight and the new slots, in the order of its arguments.
        """

    @abstractmethod
    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        """What `move` takes last, the same for all weights, for some steps that follow each other.

        Args:
            numbers: of the steps, counted from 1, `(steps,)`.
            rates: their learning rates, `(steps,)`, which may be a schedule's.
            scalars: the optimizer's, to be moved on to behind the last of these steps.

        Returns:
            By name, one number, or one number a step `(steps,)`.
        """

    @property
    def slot_order(self) -> tuple[str, ...]:
        """The slots in the order in which `move` takes them. Raises `TypeError` if it does not take each of them."""
        order, _ = _arguments(self.move, self.slots)
        if {*order} != {*self.slots}:
            raise TypeError(f"{self.name}: after weight and gradient, move must take the slots {', '.join(self.slots)}")
        return order

    def table(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Array:
        """The coefficients in the order in which `move` takes them: `(steps, coefficients)`, float64."""
        _, names = _arguments(self.move, self.slots)
        found = self.coefficients(numbers, rates, scalars)
        if missing := [name for name in names if name not in found]:
            raise TypeError(f"{self.name}: move takes {missing[0]!r}, which is neither a slot nor a coefficient")
        table = np.empty((len(rates), len(names)))
        for place, name in enumerate(names):
            table[:, place] = found[name]
        return table

    def require_names(self) -> int:
        """How many coefficients there are. Raises `TypeError` where `move` takes anything but these and the slots."""
        assert len(self.slot_order) == len(self.slots)
        return len(self.table(np.array([1]), np.array([self.learning_rate]), dict(self.scalars))[0])

    def update(self, learned: Sequence[Learned], scalars: dict[str, float], step: Step) -> None:
        move, order = self.move, self.slot_order
        [coefficients] = self.table(np.array([step.number]), np.array([step.rate]), scalars).tolist()
        for each in learned:
            kept = [each.weights, *(each.slots[name] for name in order)]
            moved = move(kept[0], each.gradient, *kept[1:], *coefficients)
            for array, values in zip(kept, moved, strict=True):
                array[...] = values

    def why_not_compiled(self) -> str | None:
        if not is_inherited(type(self), Rule, "update", "table"):
            return "has no formula to compile"
        return why_not_formula(self.move)


OPTIMIZERS = Registry[Optimizer]("optimizer")


@cache
def _arguments(move: Callable[..., Any], slots: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of what a formula takes beside the weight and its gradient: as many as there are slots; the others."""
    names = tuple(inspect.signature(move).parameters)[2:]
    return names[: len(slots)], names[len(slots) :]
