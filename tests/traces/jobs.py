"""A small job for every part of the trainer: found by its registry, so that a new part has one, too."""

from collections.abc import Callable
from dataclasses import MISSING
from typing import Any

import numpy as np

from steelyard.nn.component import Part, parameters
from steelyard.nn.losses import LOSSES
from steelyard.training.components import REGISTRIES

ROWS = 24
REQUIRED: dict[str, Any] = {
    "units": 3,
    "layers": [{"type": "dense", "units": 3}],
    "columns": [0],
    "categories": [5],
    "boundaries": [1.0],
    "values": [0.1, 0.01],
}
TARGETS: dict[str, Callable[[Any], Any]] = {
    "regression": lambda x: (x[:, 0] * 2 + x[:, 1] ** 2 + 0.1).tolist(),
    "binary": lambda x: ["yes" if value else "no" for value in x[:, 0] > 2],
    "multiclass": lambda x: [["a", "b", "c"][int(value)] for value in x[:, 0] % 3],
    "multilabel": lambda x: [[int(a > 2), int(b > 0)] for a, b in x[:, :2]],
}


def rows(task: str) -> dict[str, Any]:
    """Rows for a task; the first input is a small whole number, as an embedding needs it."""
    generator = np.random.default_rng(0)
    x = np.column_stack([np.arange(ROWS) % 5, generator.normal(size=(ROWS, 2)).round(3)])
    return {"inline": {"x": x.tolist(), "y": TARGETS[task](x)}}


def plain(**changes: Any) -> dict[str, Any]:
    """A job whose only step of an epoch takes all rows."""
    job: dict[str, Any] = {
        "data": rows("regression"),
        "task": "regression",
        "preprocessing": {"numeric": "none"},
        "validation": None,
        "layers": [4],
        "activation": "tanh",
        "optimizer": "sgd",
        "training": {"epochs": 1, "batch_size": 64, "seed": 3},
    }
    return job | changes


def describe(part: type[Part], tag: str) -> dict[str, Any]:
    """A part as a client writes it: what it requires, and otherwise its defaults."""
    required = [each.name for each in parameters(part) if each.default is MISSING]
    return {tag: part.name} | {name: REQUIRED[name] for name in required}


def job_with(family: str, part: type[Part]) -> dict[str, Any]:
    """A job with this part, of any family but the metrics."""
    written = describe(part, REGISTRIES[family].tag) if family != "gradient_clips" else {}
    settings = plain()["training"]
    match family:
        case "layers":
            return plain(layers=[written, 4] if part.name == "embedding" else [4, written])
        case "initializers":
            return plain(initializer=written, bias_initializer="zeros" if part.name in MATRICES else written)
        case "activations":
            return plain(activation=written)
        case "losses":
            task = LOSSES[part.name].tasks[0]
            return plain(loss=written, task=task, data=rows(task))
        case "optimizers":
            return plain(optimizer=written)
        case "schedules":
            return plain(training=settings | {"schedule": written | MONITORED.get(part.name, {})})
        case "regularizers":
            return plain(regularizer=written)
        case "constraints":
            return plain(constraint=written)
        case "gradient_clips":
            return plain(training=settings | {"gradient_clip": {part.name: 0.05}})
        case _:
            raise KeyError(f"there is no job for {family}")


MATRICES = {"glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"} | {
    "orthogonal",
    "identity",
    "lsuv",
    "variance_scaling",
}
MONITORED = {"reduce_on_plateau": {"monitor": "loss"}}
