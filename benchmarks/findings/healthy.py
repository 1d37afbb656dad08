"""Healthy jobs: each data set with two dtypes, with and without normalization and dropout."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.findings.data import TASKS, Array, as_data, load

EPOCHS = 60


@dataclass(frozen=True)
class Case:
    """A job of the corpus: what is wrong with it, and the codes that say so. A healthy one has no fault."""

    name: str
    fault: str | None
    codes: frozenset[str]
    document: dict[str, Any]


def good_job(
    x: Array, y: Array, task: str, *, seed: int = 0, dtype: str = "float32", normal: bool = False, dropout: bool = False
) -> dict[str, Any]:
    """A job that learns well from any of the data sets."""
    layers: list[dict[str, Any]] = []
    for units in (32, 16):
        layers.append(
            {"type": "dense", "units": units, "activation": {"name": "relu"}, "initializer": {"name": "he_normal"}}
        )
        layers += [{"type": "batch_normalization"}] if normal else []
    layers += [{"type": "dropout", "rate": 0.1}] if dropout else []
    training = {"epochs": EPOCHS, "batch_size": 16, "seed": seed, "dtype": dtype}
    training["early_stopping"] = {"monitor": "val_loss", "patience": 20}
    return {
        "data": as_data(x, y, task),
        "task": task,
        "layers": layers,
        "optimizer": {"name": "adam", "learning_rate": 0.005},
        "training": training,
    }


def healthy(seeds: range) -> Iterator[Case]:
    """Every data set in all four variants, for each seed."""
    for task, names in TASKS.items():
        for name in names:
            for seed in seeds:
                x, y = load(name, seed)
                x = np.round(x.astype(float), 6)
                for dtype in ("float32", "float64"):
                    for normal, dropout in ((False, False), (True, False), (False, True), (True, True)):
                        document = good_job(x, y, task, seed=seed, dtype=dtype, normal=normal, dropout=dropout)
                        about = f"{name} {dtype}{' normalized' * normal}{' dropout' * dropout} seed {seed}"
                        yield Case(about, None, frozenset(), document)
