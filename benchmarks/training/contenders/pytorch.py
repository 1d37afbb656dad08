"""PyTorch as it comes, with its fused Adam; and a whole step compiled."""

from functools import partial
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
        self._cost = torch.nn.BCEWithLogitsLoss() if work.is_binary else torch.nn.CrossEntropyLoss()
        self._initial = [torch.tensor(tensor.T.copy()) for tensor in work.weights]

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
                loss = self._cost(self._network(x), y)
                loss.backward()
                self._rule.step()
                total += loss.detach() * len(x)
            self.losses.append(float(total) / len(order))

    def weights(self) -> list[Array]:
        return [parameter.detach().numpy().T for parameter in self._network.parameters()]


class Compiled(Contender):
    """Loss, gradient and Adam as one graph, by `torch.compile`, for each of the sizes that batches have.

    This is faster than the network's loss compiled and the fused Adam after it.
    """

    def __init__(self, work: Work, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        self._work = work
        self._x, self._y = torch.from_numpy(work.x), torch.from_numpy(work.targets)
        self._weights, self._m, self._v = ([torch.tensor(tensor) for tensor in work.weights] for _ in range(3))
        self._steps = torch.zeros(())
        step = partial(_step, torch.func.grad_and_value(partial(_loss, work.activation, work.is_binary)))
        self._step = torch.compile(step, dynamic=False, fullgraph=True)

    def reset(self) -> None:
        for mine, initial in zip(self._weights, self._work.weights, strict=True):
            mine.copy_(torch.from_numpy(initial))
        for tensor in (*self._m, *self._v, self._steps):
            tensor.zero_()
        self.losses: list[float] = []

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def train(self) -> None:
        for order in torch.from_numpy(self._work.orders):
            total = torch.zeros(())
            batches = zip(self._x[order].split(self._work.batch), self._y[order].split(self._work.batch), strict=True)
            for x, y in batches:
                self._step(self._weights, self._m, self._v, self._steps, total, x, y)
            self.losses.append(float(total) / len(order))

    def weights(self) -> list[Array]:
        return [tensor.numpy() for tensor in self._weights]


def _step(gradient: Any, weights: Any, m: Any, v: Any, steps: Any, total: Any, x: Any, y: Any) -> None:
    gradients, loss = gradient(weights, x, y)
    steps += 1
    rate, scale = LEARNING_RATE / (1 - BETA_1**steps), torch.rsqrt(1 - BETA_2**steps)
    for weight, mean, square, slope in zip(weights, m, v, gradients, strict=True):
        mean.mul_(BETA_1).add_(slope, alpha=1 - BETA_1)
        square.mul_(BETA_2).addcmul_(slope, slope, value=1 - BETA_2)
        weight.sub_(rate * mean / (square.sqrt() * scale + EPSILON))
    total += loss * len(x)


def _loss(activation: str, binary: bool, weights: Any, x: Any, y: Any) -> Any:
    *hidden, kernel, bias = weights
    for place in range(0, len(hidden), 2):
        x = getattr(torch, activation)(torch.addmm(hidden[place + 1], x, hidden[place]))
    z = torch.addmm(bias, x, kernel)
    functions = torch.nn.functional
    return functions.binary_cross_entropy_with_logits(z, y) if binary else functions.cross_entropy(z, y)
