"""PyTorch's side, eager, with its fused Adam. Rows are ordered once an epoch and cut into batches."""

from typing import Any

import torch
from benchmarks.layers.data import BATCH, CATEGORIES, CLASSES, COLUMNS, INPUTS, LEARNING_RATE, UNITS, VECTOR, make
from torch import nn

EPSILON, MOMENTUM, MAX_NORM = 1e-3, 0.01, 2.0


class Add(nn.Module):  # type: ignore[misc]
    """A residual block of one dense layer."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(inputs, UNITS), nn.ReLU())
        self.past = nn.Identity() if inputs == UNITS else nn.Linear(inputs, UNITS, bias=False)

    def forward(self, x: Any) -> Any:
        return self.inner(x) + self.past(x)


class Embed(nn.Module):  # type: ignore[misc]
    """Numbers, and a vector for each category."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(CATEGORIES, VECTOR) for _ in range(COLUMNS))

    def forward(self, x: Any) -> Any:
        numbers, codes = x
        return torch.cat([numbers, *(table(codes[:, place]) for place, table in enumerate(self.tables))], dim=1)


def _block(case: str, inputs: int) -> list[Any]:
    """One of the two hidden layers."""
    dense = nn.Linear(inputs, UNITS)
    match case:
        case "layer_normalization":
            return [dense, nn.LayerNorm(UNITS, EPSILON), nn.ReLU()]
        case "batch_normalization":
            return [dense, nn.BatchNorm1d(UNITS, EPSILON, MOMENTUM), nn.ReLU()]
        case "residual":
            return [Add(inputs)]
        case "prelu":
            return [dense, nn.PReLU(UNITS)]
        case _:
            return [dense, nn.ReLU()]


class Contender:
    """One case by PyTorch."""

    engine = "eager"

    def __init__(self, case: str, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        torch.manual_seed(0)
        rows = make(case)
        self._x = torch.from_numpy(rows.one_hot if case == "one_hot" else rows.numbers)
        self._codes, self._y = torch.from_numpy(rows.codes), torch.from_numpy(rows.y)
        self._embeds = case == "embedding"
        width = INPUTS - COLUMNS + COLUMNS * VECTOR if self._embeds else self._x.shape[1]
        first = [Embed()] if self._embeds else []
        self._network = nn.Sequential(*first, *_block(case, width), *_block(case, UNITS), nn.Linear(UNITS, CLASSES))
        self._cost = nn.CrossEntropyLoss()
        self._constrained = [each.weight for each in self._network if isinstance(each, nn.Linear)][:-1]
        if case != "max_norm":
            self._constrained = []

    def reset(self) -> None:
        """Begin with a fresh optimizer; how long a step takes does not depend on the weights."""
        self._rule = torch.optim.Adam(self._network.parameters(), LEARNING_RATE, fused=True)

    def train(self) -> None:
        """Train for an epoch."""
        order = torch.randperm(len(self._y))
        columns = [each[order].split(BATCH) for each in (self._x, self._codes, self._y)]
        total = torch.zeros(())
        for x, codes, y in zip(*columns, strict=True):
            self._rule.zero_grad()
            loss = self._cost(self._network((x, codes) if self._embeds else x), y)
            loss.backward()
            self._rule.step()
            with torch.no_grad():
                for weight in self._constrained:
                    weight.copy_(torch.renorm(weight, 2, 0, MAX_NORM))
            total += loss.detach() * len(y)
        float(total)
