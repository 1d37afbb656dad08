"""Data sets that are there without an upload: five real ones that come with scikit-learn, five made by formula.

scikit-learn is imported when the first is loaded: that takes a second, which every process of the service would pay
and few need. `warm_up` pays it ahead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from steelyard.data.table import Table

GENERATED_ROWS = 500


@dataclass(frozen=True)
class Builtin:
    """A data set by name. A generated one takes `n_samples`, `noise` and `seed`."""

    name: str
    title: str
    task: str
    generated: bool
    make: Callable[..., Table]


def _sklearn(function: str, **arguments: Any) -> Any:
    """What a function of scikit-learn's datasets gives."""
    return getattr(import_module("sklearn.datasets"), function)(**arguments)


def warm_up() -> None:
    """Import what loading needs."""
    import_module("sklearn.datasets")


def _real(loader: str) -> Callable[[], Table]:
    def make() -> Table:
        bunch = _sklearn(loader)
        columns = {str(name).replace(" (cm)", ""): bunch.data[:, i] for i, name in enumerate(bunch.feature_names)}
        target = bunch.target.astype(np.float64)
        if "target_names" in bunch and bunch.target_names.dtype.kind == "U":
            target = bunch.target_names[bunch.target].astype(object)
        return Table({name: column.astype(np.float64) for name, column in columns.items()} | {"target": target})

    return make


def _generated(make: Callable[[int, float, int], tuple[Any, Any]]) -> Callable[..., Table]:
    def table(n_samples: int = GENERATED_ROWS, noise: float = 0.1, seed: int = 0) -> Table:
        x, y = make(n_samples, noise, seed)
        columns = {f"x{index}": x[:, index].astype(np.float64) for index in range(x.shape[1])}
        return Table(columns | {"target": y.astype(np.float64)})

    return table


def _spirals(rows: int, noise: float, seed: int) -> tuple[Any, Any]:
    generator = np.random.default_rng(seed)
    y = np.arange(rows) % 2
    turn = np.sqrt(generator.uniform(0.05, 1, rows)) * 3 * np.pi
    angle = turn + np.pi * y
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (turn / (3 * np.pi))[:, None]
    return x + generator.normal(0, noise / 5, x.shape), y


def _xor(rows: int, noise: float, seed: int) -> tuple[Any, Any]:
    generator = np.random.default_rng(seed)
    corners = np.stack([np.arange(rows) // 2 % 2, np.arange(rows) % 2], axis=1)
    return corners + generator.normal(0, noise, corners.shape), corners[:, 0] ^ corners[:, 1]


def _blobs(rows: int, noise: float, seed: int) -> tuple[Any, Any]:
    x, y = _sklearn("make_blobs", n_samples=rows, centers=3, cluster_std=10 * noise, random_state=seed)
    return x, y


BUILTINS = {
    builtin.name: builtin
    for builtin in (
        Builtin("iris", "Fisher's irises: 150 flowers, 4 lengths, 3 species", "multiclass", False, _real("load_iris")),
        Builtin("wine", "178 wines, 13 analyses, 3 growers", "multiclass", False, _real("load_wine")),
        Builtin(
            "breast_cancer",
            "569 tumours, 30 measures, benign or malignant",
            "binary",
            False,
            _real("load_breast_cancer"),
        ),
        Builtin("digits", "1,797 handwritten digits of 8 × 8 pixels", "multiclass", False, _real("load_digits")),
        Builtin(
            "diabetes",
            "442 patients, 10 measures, the disease a year later",
            "regression",
            False,
            _real("load_diabetes"),
        ),
        Builtin(
            "moons",
            "two half circles that reach into each other",
            "binary",
            True,
            _generated(lambda n, noise, seed: _sklearn("make_moons", n_samples=n, noise=noise, random_state=seed)),
        ),
        Builtin(
            "circles",
            "a circle within a circle",
            "binary",
            True,
            _generated(
                lambda n, noise, seed: _sklearn("make_circles", n_samples=n, noise=noise, factor=0.5, random_state=seed)
            ),
        ),
        Builtin("blobs", "three round clouds", "multiclass", True, _generated(_blobs)),
        Builtin("spirals", "two spirals around each other", "binary", True, _generated(_spirals)),
        Builtin("xor", "the corners of a square, opposite ones alike", "binary", True, _generated(_xor)),
    )
}
TARGET = "target"


def load(name: str, **parameters: Any) -> Table:
    """The data set `name`; its target is the column `TARGET`."""
    return BUILTINS[name].make(**parameters)
