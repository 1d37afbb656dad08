"""As much of PyTorch as an exported `model.py` uses, by NumPy, so that the ordinary tests run it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import safetensors
from scipy import special


class Tensor(np.ndarray):
    """An array with PyTorch's names."""

    def to(self, dtype: Any) -> "Tensor":
        with np.errstate(over="ignore"):
            return tensor(self.astype(dtype))

    def double(self) -> "Tensor":
        return self.to(np.float64)

    def clamp(self, least: float, most: float) -> "Tensor":
        return tensor(np.clip(self, self.dtype.type(least), self.dtype.type(most)))

    def round(self) -> "Tensor":  # type: ignore[override]
        return tensor(np.rint(self))

    def long(self) -> "Tensor":
        return self.to(np.int64)

    def isnan(self) -> "Tensor":
        return tensor(np.isnan(self))

    def isfinite(self) -> "Tensor":
        return tensor(np.isfinite(self))

    def argmax(self, dim: int) -> Any:  # type: ignore[override]
        return tensor(np.asarray(self).argmax(axis=dim))

    def mean(self, dim: int) -> Any:  # type: ignore[override]
        return tensor(np.asarray(self).mean(axis=dim))

    def numpy(self) -> Any:
        return np.asarray(self)


def tensor(values: Any, dtype: Any = None) -> Tensor:
    return np.asarray(values, dtype).view(Tensor)


class Module:
    """A module that finds its parameters and modules in its attributes."""

    def register_buffer(self, name: str, value: Any) -> None:
        setattr(self, name, value)

    def to(self, dtype: Any) -> "Module":
        for _, (module, attribute) in self.named(""):
            value = getattr(module, attribute)
            setattr(module, attribute, value.to(dtype) if value.dtype.kind == "f" else value)
        return self

    def named(self, prefix: str) -> Iterator[tuple[str, tuple[Any, str]]]:
        for name, value in list(vars(self).items()):
            if isinstance(value, Module):
                yield from value.named(f"{prefix}{name}.")
            elif isinstance(value, Tensor):
                yield f"{prefix}{name}", (self, name)

    def load_state_dict(self, weights: dict[str, Any]) -> None:
        places = dict(self.named(""))
        assert places.keys() == weights.keys()
        for name, (module, attribute) in places.items():
            before = getattr(module, attribute)
            assert (before.shape, before.dtype) == (weights[name].shape, weights[name].dtype), name
            setattr(module, attribute, tensor(weights[name]))

    def eval(self) -> "Module":
        return self

    def __call__(self, *values: Any) -> Any:
        return self.forward(*values)


class ModuleList(Module):
    def __init__(self, modules: Any) -> None:
        self.modules = list(modules)
        for number, module in enumerate(self.modules):
            setattr(self, str(number), module)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.modules)


def zeros(*shape: int, dtype: Any = np.float32) -> Tensor:
    return tensor(np.zeros(shape, dtype))


class Linear(Module):
    def __init__(self, inputs: int, units: int, *, bias: bool = True) -> None:
        self.weight = zeros(units, inputs)
        if bias:
            self.bias = zeros(units)

    def forward(self, x: Any) -> Any:
        assert x.dtype == self.weight.dtype
        return x @ self.weight.T + getattr(self, "bias", self.weight.dtype.type(0))


class BatchNorm1d(Module):
    def __init__(self, units: int, *, eps: float, momentum: float) -> None:
        self.eps, self.momentum = eps, momentum
        self.weight, self.bias, self.running_mean, self.running_var = (zeros(units) for _ in range(4))
        self.num_batches_tracked = tensor(0, np.int64)

    def forward(self, x: Any) -> Any:
        root = np.sqrt(self.running_var + x.dtype.type(self.eps))
        return (x - self.running_mean) / root * self.weight + self.bias


class LayerNorm(Module):
    def __init__(self, units: int, *, eps: float) -> None:
        self.eps = eps
        self.weight, self.bias = zeros(units), zeros(units)

    def forward(self, x: Any) -> Any:
        x = np.asarray(x)
        root = np.sqrt(x.var(axis=1, keepdims=True) + x.dtype.type(self.eps))
        return tensor((x - x.mean(axis=1, keepdims=True)) / root) * self.weight + self.bias


class Embedding(Module):
    def __init__(self, count: int, units: int) -> None:
        self.weight = zeros(count, units)

    def forward(self, places: Any) -> Any:
        return self.weight[places]


def clamp(x: Any, least: float = -np.inf, most: float = np.inf, **bounds: float) -> Any:
    return np.minimum(np.maximum(x, x.dtype.type(bounds.get("min", least))), x.dtype.type(bounds.get("max", most)))


def softmax(x: Any, dim: int) -> Any:
    return tensor(special.softmax(np.asarray(x), axis=dim))


def log_softmax(x: Any, dim: int) -> Any:
    return tensor(special.log_softmax(np.asarray(x), axis=dim))


def one_hot(places: Any, count: int) -> Any:
    return tensor(np.eye(count, dtype=np.int64)[places])


@contextmanager
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the place of PyTorch while `model.py` is imported."""
    functions = {name: getattr(np, name) for name in ("exp", "expm1", "log", "log1p", "tanh", "sqrt", "sign", "abs")}
    functions |= {name: getattr(np, name) for name in ("sin", "cos", "floor", "float32", "float64", "int64")}
    torch, nn = ModuleType("torch"), ModuleType("torch.nn")
    kinds = (Module, ModuleList, Linear, BatchNorm1d, LayerNorm, Embedding)
    vars(nn).update(
        {kind.__name__: kind for kind in kinds}, Parameter=tensor, functional=SimpleNamespace(one_hot=one_hot)
    )
    vars(torch).update(
        functions,
        nn=nn,
        erf=special.erf,
        where=lambda *values: tensor(np.where(*values)),
        pow=np.power,
        maximum=np.maximum,
        minimum=np.minimum,
        zeros=zeros,
        tensor=tensor,
        clamp=clamp,
        softmax=softmax,
        log_softmax=log_softmax,
        stack=lambda parts, dim=0: tensor(np.stack(parts, axis=dim)),
        cat=lambda parts, dim: tensor(np.concatenate(parts, axis=dim)),
        no_grad=nullcontext,
    )
    opened = safetensors.safe_open
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "torch", torch)
        patch.setitem(sys.modules, "torch.nn", nn)
        patch.setattr(safetensors, "safe_open", lambda path, _: opened(path, "np"))
        yield
