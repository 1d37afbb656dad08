"""PyTorch with its fused Adam: step by step, and compiled."""

from collections.abc import Callable
from typing import Any

import torch
from benchmarks.training.contenders.base import Contender
from benchmarks.training.work import BETA_1, BETA_2, EPSILON, LEARNING_RATE, Array, Work

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}


class Eager(Contender):
    """Rows are ordered once an epoch and cut into batches, which is faster than gathering each batch."""

    def __init__(self, work: Work, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        self._work = work
        self._x, self._y = torch.from_numpy(work.x), torch.from_numpy(work.targets)
        layers: list[Any] = []
        for inputs, units in zip(work.widths, work.widths[1:], strict=False):
            layers += [torch.nn.Linear(inputs, units), ACTIVATIONS[work.activation]()]
        self._network = torch.nn.Sequential(*layers[:-1])
        cost = torch.nn.BCEWithLogitsLoss() if work.is_binary else torch.nn.CrossEntropyLoss()
        self._cost = self._compile(lambda x, y: cost(self._network(x), y))
        self._initial = [torch.tensor(tensor.T.copy()) for tensor in work.weights]

    def _compile(self, cost: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        return cost

    def reset(self) -> None:
        with torch.no_grad():
            for mine, initial in zip(self._network.parameters(), self._initial, strict=True):
                mine.copy_(initial)
        betas = (BETA_1, BETA_2)
        self._rule = torch.optim.Adam(self._network.parameters(), LEARNING_RATE, betas, EPSILON, fused=True)
        self.losses: list[float] = []

    def train(self) -> None:
        for order in torch.from_numpy(self._work.orders):
            total = torch.zeros(())
            batches = zip(self._x[order].split(self._work.batch), self._y[order].split(self._work.batch), strict=True)
            for x, y in batches:
                self._rule.zero_grad()
                loss = self._cost(x, y)
                loss.backward()
                self._rule.step()
                total += loss.detach() * len(x)
            self.losses.append(float(total) / len(order))

    def weights(self) -> list[Array]:
        return [parameter.detach().numpy().T for parameter in self._network.parameters()]


class Compiled(Eager):
    """Network, loss and their gradient by `torch.compile`, for both sizes that batches have."""

    def _compile(self, cost: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        compiled: Callable[[Any, Any], Any] = torch.compile(cost, dynamic=False)
        return compiled
