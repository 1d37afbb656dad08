"""RealMLP-TD-S, written for this comparison in PyTorch from its paper.

Source: Holzmüller, Grinsztajn and Steinwart 2024, Better by Default, arXiv:2407.04491, appendix A. Robust scaling with
smooth clipping, a learned scale of each input, three layers of 256 units in the neural tangent parametrization, a last
layer of zeros, Adam with a multi-cycle schedule, label smoothing, 256 epochs of batches of 256, of which the one with
the best validation error is kept. Biases start at zero.
"""

import copy
import math
from itertools import pairwise
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from torch import nn

Array = NDArray[Any]
UNITS, LAYERS, EPOCHS, BATCH = 256, 3, 256, 256


class Scale(nn.Module):  # type: ignore[misc]
    """A learned factor for each input."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(inputs))

    def forward(self, x: Any) -> Any:
        return x * self.scale


class Linear(nn.Module):  # type: ignore[misc]
    """z = x W / √inputs + b."""

    def __init__(self, inputs: int, outputs: int, *, is_last: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, outputs) if is_last else torch.randn(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Any) -> Any:
        return x @ self.weight / math.sqrt(self.weight.shape[0]) + self.bias


class RealMLP(BaseEstimator):  # type: ignore[misc]
    """The estimator; `x` are numbers that are scaled already, and one-hot categories."""

    def __init__(self, task: str = "classification", random_state: int = 0) -> None:
        self.task, self.random_state = task, random_state

    def fit(self, x: Array, y: Array) -> Self:
        """Train on rows `(rows, inputs)` and their classes or values `(rows,)`."""
        torch.manual_seed(self.random_state)
        torch.set_num_threads(1)
        is_classes = self.task == "classification"
        self.classes_: Any = None
        targets = np.asarray(y)
        if is_classes:
            self.classes_, targets = np.unique(y, return_inverse=True)
        x = self._squeeze(x, fit=True)
        stratify = targets if is_classes and np.bincount(targets).min() > 4 else None
        parts = train_test_split(x, targets, test_size=0.2, random_state=self.random_state, stratify=stratify)
        kind = torch.int64 if is_classes else torch.float32
        train_x, held_x = (torch.tensor(each, dtype=torch.float32) for each in parts[:2])
        train_y, held_y = (torch.tensor(each, dtype=kind) for each in parts[2:])
        outputs = len(self.classes_) if self.classes_ is not None else 1
        widths = [x.shape[1], *[UNITS] * LAYERS]
        activation = nn.SELU if is_classes else nn.Mish
        blocks = [[Linear(a, b, is_last=False), activation()] for a, b in pairwise(widths)]
        layers = [layer for block in blocks for layer in block]
        self._network = nn.Sequential(Scale(x.shape[1]), *layers, Linear(UNITS, outputs, is_last=True))
        self._train(train_x, train_y, held_x, held_y, rate=0.04 if is_classes else 0.07)
        return self

    def _train(self, x: Any, y: Any, held_x: Any, held_y: Any, *, rate: float) -> None:
        factors = {"scale": 6.0, "weight": 1.0, "bias": 0.1}
        groups = [
            {"params": [parameter], "factor": factors[name.rsplit(".", 1)[-1]]}
            for name, parameter in self._network.named_parameters()
        ]
        optimizer = torch.optim.Adam(groups, lr=rate, betas=(0.9, 0.95))
        loss = nn.CrossEntropyLoss(label_smoothing=0.1) if self.classes_ is not None else _squared_error
        steps, step, best, kept = EPOCHS * math.ceil(len(x) / BATCH), 0, math.inf, None
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(x)).split(BATCH):
                for group in optimizer.param_groups:
                    turn = math.cos(2 * math.pi * math.log2(1 + 15 * step / steps))
                    group["lr"] = rate * group["factor"] * 0.5 * (1 - turn)
                optimizer.zero_grad()
                loss(self._network(x[rows]), y[rows]).backward()
                optimizer.step()
                step += 1
            error = self._error(held_x, held_y)
            if error <= best:
                best, kept = error, copy.deepcopy(self._network.state_dict())
        if kept is not None:
            self._network.load_state_dict(kept)

    def _error(self, x: Any, y: Any) -> float:
        with torch.no_grad():
            outputs = self._network(x)
        if self.classes_ is not None:
            return float((outputs.argmax(1) != y).float().mean())
        return float(_squared_error(outputs, y))

    def _squeeze(self, x: Array, *, fit: bool) -> Array:
        if fit:
            lower, self._center, upper = np.quantile(x, [0.25, 0.5, 0.75], axis=0)
            spread = np.where(upper > lower, upper - lower, (x.max(axis=0) - x.min(axis=0)) / 2)
            self._spread = np.where(spread > 0, spread, 1.0)
            self._is_flag = np.isin(x, (0.0, 1.0)).all(axis=0)
        z = (x - self._center) / self._spread
        return np.where(self._is_flag, x, z / np.sqrt(1 + (z / 3) ** 2))

    def _outputs(self, x: Array) -> Any:
        with torch.no_grad():
            return self._network(torch.tensor(self._squeeze(x, fit=False), dtype=torch.float32))

    def predict_proba(self, x: Array) -> Array:
        """The probability of each class, `(rows, classes)`."""
        found: Array = self._outputs(x).double().softmax(1).numpy()
        return found

    def predict(self, x: Array) -> Array:
        """The class or value of each row, `(rows,)`."""
        outputs = self._outputs(x).double().numpy()
        found: Array = outputs[:, 0] if self.classes_ is None else self.classes_[outputs.argmax(axis=1)]
        return found


def _squared_error(outputs: Any, y: Any) -> Any:
    return ((outputs[:, 0] - y) ** 2).mean()
