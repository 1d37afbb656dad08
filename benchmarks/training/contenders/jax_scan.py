"""JAX: an epoch is one compiled call, a scan over the batches."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmarks.training.contenders.base import Contender
from benchmarks.training.work import BETA_1, BETA_2, EPSILON, LEARNING_RATE, Array, Work


class Scan(Contender):
    """State is weights, both moments and the step's number; it is donated, so that it is changed in place."""

    def __init__(self, work: Work, threads: int) -> None:  # noqa: ARG002 -- XLA's are set around the process
        self._work = work
        self._x, self._y = jnp.asarray(work.x), jnp.asarray(work.targets)
        step = partial(_step, work.activation, work.is_binary)
        self._epoch = jax.jit(partial(_epoch, step, work.batch), donate_argnums=0)

    def reset(self) -> None:
        weights = [jnp.array(tensor) for tensor in self._work.weights]
        moments = [[jnp.zeros_like(tensor) for tensor in weights] for _ in range(2)]
        self._state: Any = jax.block_until_ready((weights, *moments, jnp.zeros((), jnp.int32)))
        self.losses: list[float] = []

    def train(self) -> None:
        for order in self._work.orders:
            self._state, loss = self._epoch(self._state, self._x, self._y, order)
            self.losses.append(float(loss))
        jax.block_until_ready(self._state)

    def weights(self) -> list[Array]:
        return [np.asarray(tensor) for tensor in self._state[0]]


def _epoch(step: Any, batch: int, state: Any, x: Any, y: Any, order: Any) -> tuple[Any, Any]:
    whole = len(order) // batch * batch
    state, losses = jax.lax.scan(
        lambda carried, rows: step(carried, x[rows], y[rows]), state, order[:whole].reshape(-1, batch)
    )
    total = losses.sum() * batch
    if whole < len(order):
        rows = order[whole:]
        state, loss = step(state, x[rows], y[rows])
        total += loss * len(rows)
    return state, total / len(order)


def _step(activation: str, binary: bool, state: Any, x: Any, y: Any) -> tuple[Any, Any]:
    weights, m, v, steps = state
    loss, gradients = jax.value_and_grad(partial(_loss, activation, binary))(weights, x, y)
    steps = steps + 1
    m = [BETA_1 * old + (1 - BETA_1) * g for old, g in zip(m, gradients, strict=True)]
    v = [BETA_2 * old + (1 - BETA_2) * g * g for old, g in zip(v, gradients, strict=True)]
    rate, scale = LEARNING_RATE / (1 - BETA_1**steps), 1 / jnp.sqrt(1 - BETA_2**steps)
    moved = zip(weights, m, v, strict=True)
    return ([w - rate * mean / (jnp.sqrt(square) * scale + EPSILON) for w, mean, square in moved], m, v, steps), loss


def _loss(activation: str, binary: bool, weights: Any, x: Any, y: Any) -> Any:
    *hidden, kernel, bias = weights
    for place in range(0, len(hidden), 2):
        z = x @ hidden[place] + hidden[place + 1]
        x = jnp.tanh(z) if activation == "tanh" else jax.nn.relu(z)
    z = x @ kernel + bias
    if binary:
        return (jax.nn.softplus(z) - z * y).mean()
    return (jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], axis=1)[:, 0]).mean()
