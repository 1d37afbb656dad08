"""L-BFGS at work on a network: its memory of steps, and the line search along each direction."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import InvalidParameter
from steelyard.trainer.layers import BatchNormalization, Dropout, GaussianNoise, Layer, Residual
from steelyard.trainer.network import Network, aligned
from steelyard.trainer.optimizers import LBFGS

Array = NDArray[Any]
UNSTEADY = (BatchNormalization, Dropout, GaussianNoise)
MOST_LOOKS = 20  # along one direction
CURVATURE = 1e-10  # a pair whose change is smaller than this, relative to its step, is not remembered


class Searches:
    """Moves the trainable weights of a network to where `look`, which gives the loss and fills the gradients, is less.

    Raises `InvalidParameter` where the network has layers that do not give the same values twice.
    """

    def __init__(self, network: Network, optimizer: LBFGS, look: Callable[[], float]) -> None:
        if unsteady := first_unsteady(network.layers):
            raise InvalidParameter("optimizer", f"is 'lbfgs', which cannot search through a {unsteady} layer")
        self._network, self._optimizer, self._look = network, optimizer, look
        self.slots = {name: aligned(network.parameters.size, network.dtype) for name in optimizer.slots}
        self.scalars = optimizer.scalars
        self._learned = np.zeros(network.parameters.size, np.float64)
        for span in network.trainable_spans():
            self._learned[span] = 1

    def make(self, number: int, rate: float) -> None:
        """Make the step with this number; the `rate` scales the first."""
        start = self._network.parameters.astype(np.float64)
        loss, gradient = self._at(start)
        pairs = [
            (self.slots[f"step_{age}"].astype(np.float64), self.slots[f"change_{age}"].astype(np.float64))
            for age in range(int(self.scalars["pairs"]))
        ]
        direction = self._optimizer.direction(gradient, pairs)
        if not pairs:
            direction *= rate * min(1.0, 1 / max(float(np.abs(gradient).sum()), 1e-12))
        length = self._search(start, direction, loss, gradient)
        if length is None and pairs:  # what is remembered leads nowhere any more: begin anew
            self.scalars["pairs"] = 0
            direction = -gradient * min(1.0, 1 / max(float(np.abs(gradient).sum()), 1e-12))
            length = self._search(start, direction, loss, gradient)
        if length is None:
            self._network.parameters[:] = start
            return
        _, reached = self._at(start + length * direction)
        self._remember(length * direction, reached - gradient)

    def _at(self, weights: Array) -> tuple[float, Array]:
        """The loss and its gradient at `weights`, which the network has afterwards."""
        self._network.parameters[:] = weights
        loss = self._look()
        return loss, self._network.gradients * self._learned

    def _search(self, start: Array, direction: Array, loss: float, gradient: Array) -> float | None:
        """How far to go along `direction`; `None` where nothing is to be gained."""
        # Imported here: it takes 0.2 s, and every process of the service would wait for it.
        from scipy.optimize import line_search  # noqa: PLC0415

        seen: dict[bytes, tuple[float, Array]] = {}

        def at(weights: Array) -> tuple[float, Array]:
            key = weights.tobytes()
            if key not in seen:
                seen.clear()
                seen[key] = self._at(weights)
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

    def _remember(self, step: Array, change: Array) -> None:
        if np.dot(step, change) <= CURVATURE * np.dot(step, step):
            return
        for age in range(self._optimizer.history_size - 1, 0, -1):
            for kind in ("step", "change"):
                self.slots[f"{kind}_{age}"][:] = self.slots[f"{kind}_{age - 1}"]
        self.slots["step_0"][:], self.slots["change_0"][:] = step, change
        self.scalars["pairs"] = min(self.scalars["pairs"] + 1, self._optimizer.history_size)


def first_unsteady(layers: tuple[Layer, ...]) -> str | None:
    """The type of the first layer that does not give the same values twice in training."""
    for layer in layers:
        inner = layer.layers if isinstance(layer, Residual) else (layer,)
        for each in inner:
            if isinstance(each, UNSTEADY):
                return each.name
    return None
