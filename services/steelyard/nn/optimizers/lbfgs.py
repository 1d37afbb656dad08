"""L-BFGS: a quasi-Newton method over all rows at once, with a line search."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from steelyard.nn.optimizers.base import OPTIMIZERS, Array, Learned, LearningRate, Optimizer, Step

MOST_LOOKS = 20  # along one direction
CURVATURE = 1e-10  # a pair whose change is smaller than this, relative to its step, is not remembered


@OPTIMIZERS.add
@dataclass(frozen=True)
class LBFGS(Optimizer):
    """A quasi-Newton method that estimates the inverse Hessian from the last `history_size` steps.

    An epoch is one step over all rows; how far it goes is found by SciPy's line search for the strong Wolfe
    conditions, and `learning_rate` scales the first step alone, as PyTorch's does. It needs a network that gives the
    same values twice: no dropout, no noise, no batch normalization.
    """

    name: ClassVar = "lbfgs"
    formula: ClassVar = "w ← w − a · H · g, a by line search, H from pairs s = Δw, y = Δg by the two-loop recursion"
    latex: ClassVar = (
        r"w \leftarrow w - a H g, \quad a \text{ by line search}, \quad H \text{ from pairs } s = \Delta w,\ y = "
        r"\Delta g"
    )
    source: ClassVar = "Nocedal 1980; Nocedal and Wright 2006, algorithm 7.4; PyTorch, torch.optim.LBFGS"
    line_search: ClassVar = True

    learning_rate: LearningRate = 1.0
    history_size: Annotated[int, Ge(1), Le(100)] = 10

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(f"{kind}_{age}" for kind in ("step", "change") for age in range(self.history_size))

    @property
    def scalars(self) -> dict[str, float]:
        return {"pairs": 0}

    def update(self, learned: Sequence[Learned], scalars: dict[str, float], step: Step) -> None:
        at = _Looks(learned, step.look)
        start = _flat([each.weights for each in learned])
        loss, gradient = at(start)
        pairs = [
            tuple(_flat([each.slots[f"{kind}_{age}"] for each in learned]) for kind in ("step", "change"))
            for age in range(int(scalars["pairs"]))
        ]
        direction = self.direction(gradient, pairs)
        if not pairs:
            direction *= step.rate * min(1.0, 1 / max(float(np.abs(gradient).sum()), 1e-12))
        length = _search(at, start, direction, loss, gradient)
        if length is None and pairs:  # what is remembered leads nowhere any more: begin again
            scalars["pairs"] = 0
            direction = -gradient * min(1.0, 1 / max(float(np.abs(gradient).sum()), 1e-12))
            length = _search(at, start, direction, loss, gradient)
        if length is None:
            at.put(start)
            return
        _, reached = at(start + length * direction)
        self._remember(learned, scalars, length * direction, reached - gradient)

    def direction(self, gradient: Array, pairs: Sequence[tuple[Array, ...]]) -> Array:
        """Minus the estimate of the inverse Hessian times `gradient` `(n,)`.

        `pairs` are steps and the changes of the gradient that they made, newest first.
        """
        found = -gradient
        shares = []
        for step, change in pairs:
            share = np.dot(step, found) / np.dot(step, change)
            shares.append(share)
            found -= share * change
        if pairs:
            step, change = pairs[0]
            found *= np.dot(step, change) / np.dot(change, change)
        for (step, change), share in zip(reversed(pairs), reversed(shares), strict=True):
            found += (share - np.dot(change, found) / np.dot(step, change)) * step
        return found

    def _remember(self, learned: Sequence[Learned], scalars: dict[str, float], step: Array, change: Array) -> None:
        if np.dot(step, change) <= CURVATURE * np.dot(step, step):
            return
        for each in learned:
            for age in range(self.history_size - 1, 0, -1):
                for kind in ("step", "change"):
                    each.slots[f"{kind}_{age}"][...] = each.slots[f"{kind}_{age - 1}"]
        _spread(step, [each.slots["step_0"] for each in learned])
        _spread(change, [each.slots["change_0"] for each in learned])
        scalars["pairs"] = min(scalars["pairs"] + 1, self.history_size)


class _Looks:
    """The loss and its gradient as functions of all weights that learn, one vector in float64."""

    def __init__(self, learned: Sequence[Learned], look: Callable[[], float]) -> None:
        self._learned, self._look = learned, look

    def put(self, weights: Array) -> None:
        """Give the network these weights."""
        _spread(weights, [each.weights for each in self._learned])

    def __call__(self, weights: Array) -> tuple[float, Array]:
        """The loss and its gradient at `weights`, which the network has afterwards."""
        self.put(weights)
        loss = self._look()
        return loss, _flat([each.gradient for each in self._learned])


def _flat(arrays: Sequence[Array]) -> Array:
    return np.concatenate([np.ravel(array) for array in arrays], dtype=np.float64)


def _spread(vector: Array, arrays: Sequence[Array]) -> None:
    start = 0
    for array in arrays:
        array[...] = vector[start : start + array.size].reshape(array.shape)
        start += array.size


def _search(look: _Looks, start: Array, direction: Array, loss: float, gradient: Array) -> float | None:
    """How far to go along `direction`; `None` where nothing is to be gained."""
    # Imported here: it takes 0.2 s, and every process of the service would wait for it.
    from scipy.optimize import line_search  # noqa: PLC0415

    seen: dict[bytes, tuple[float, Array]] = {}

    def at(weights: Array) -> tuple[float, Array]:
        key = weights.tobytes()
        if key not in seen:
            seen.clear()
            seen[key] = look(weights)
        return seen[key]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a search that ends without result says so in what it returns
        length, *_ = line_search(
            lambda weights: at(weights)[0],
            lambda weights: at(weights)[1],
            start,
            direction,
            gfk=gradient,
            old_fval=loss,
            maxiter=MOST_LOOKS,
        )
    return None if length is None else float(length)
