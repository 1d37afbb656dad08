"""Runs the layers of a `.keras` file by NumPy, from its configuration and its weights."""

import io
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest
from scipy import special

from steelyard.nn.activations import ACTIVATIONS


def activate(name: str, x: Any) -> Any:
    out = np.empty_like(x)
    ACTIVATIONS[name]().forward(x, out, np.empty_like(x))
    return out


class Model:
    """A functional model: its layers by name."""

    def __init__(self, path: str) -> None:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))["config"]
            with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
                self.weights = {
                    group["vars"].attrs["name"]: [group["vars"][key][...] for key in sorted(group["vars"])]
                    for group in file["layers"].values()
                }
        self.layers = {each["name"]: each for each in config["layers"]}
        [[self.output, *_]] = config["output_layers"]

    def __call__(self, inputs: Mapping[str, Any]) -> Any:
        known: dict[str, Any] = {}
        used: set[str] = set()

        def value(name: str) -> Any:
            if name not in known:
                layer = self.layers[name]
                if layer["class_name"] == "InputLayer":
                    known[name] = np.asarray(inputs[name], layer["config"]["dtype"])
                    used.add(name)
                    return known[name]
                [node] = layer["inbound_nodes"]
                [argument] = node["args"]
                several = argument if isinstance(argument, list) else [argument]
                values = [value(each["config"]["keras_history"][0]) for each in several]
                for each, given in zip(several, values, strict=True):
                    assert each["config"]["shape"][1:] == [*given.shape[1:]], name
                    assert each["config"]["dtype"] == given.dtype.name, name
                dtype = layer["config"]["dtype"]
                cast = "float32" if layer["class_name"] == "Discretization" else dtype
                values = [given if given.dtype.kind == "i" else given.astype(cast) for given in values]
                known[name] = np.asarray(
                    compute(layer["class_name"], layer["config"], values, self.weights[name]), dtype
                )
            return known[name]

        found = value(self.output)
        assert used == inputs.keys()
        return found


def compute(  # noqa: C901 -- a case for each class of layers
    kind: str, config: Mapping[str, Any], values: list[Any], weights: list[Any]
) -> Any:
    x = values[0]
    match kind:
        case "Dense":
            z = x @ weights[0] + (weights[1] if config["use_bias"] else 0)
            assert (config["units"], config["use_bias"]) == (weights[0].shape[1], len(weights) == 2)
            return activate(config["activation"], np.ascontiguousarray(z))
        case "Activation":
            return activate(config["activation"], x)
        case "Rescaling":
            return x * np.array(config["scale"], config["dtype"]) + np.array(config["offset"], config["dtype"])
        case "Concatenate":
            return np.concatenate(values, axis=config["axis"])
        case "CategoryEncoding":
            return np.eye(config["num_tokens"])[x[:, 0]]
        case "Embedding":
            assert weights[0].shape == (config["input_dim"], config["output_dim"])
            return weights[0][x]
        case "Reshape":
            return x.reshape(len(x), *config["target_shape"])
        case "Cropping1D":
            first, last = config["cropping"]
            return x[:, first : x.shape[1] - last]
        case "Discretization":
            return np.digitize(x, np.array(config["bin_boundaries"], np.float32))
        case "Flatten":
            return x.reshape(len(x), -1)
        case "BatchNormalization":
            gamma, beta, mean, variance = weights
            return (x - mean) / np.sqrt(variance + x.dtype.type(config["epsilon"])) * gamma + beta
        case "LayerNormalization":
            root = np.sqrt(x.var(axis=1, keepdims=True) + x.dtype.type(config["epsilon"]))
            return (x - x.mean(axis=1, keepdims=True)) / root * weights[0] + weights[1]
        case "LeakyReLU":
            return np.where(x > 0, x, x.dtype.type(config["negative_slope"]) * x)
        case "PReLU":
            return np.where(x > 0, x, weights[0] * x)
        case "ELU":
            return np.where(x > 0, x, x.dtype.type(config["alpha"]) * special.expm1(np.minimum(x, 0)))
        case "Add":
            return values[0] + values[1]
        case "Multiply":
            return values[0] * values[1]
        case "Average":
            return np.mean(values, axis=0)
        case _:
            raise AssertionError(kind)


@contextmanager
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the place of Keras while `check.py` is imported."""
    keras = ModuleType("keras")
    vars(keras).update(saving=SimpleNamespace(load_model=Model), ops=SimpleNamespace(convert_to_numpy=np.asarray))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "keras", keras)
        yield
