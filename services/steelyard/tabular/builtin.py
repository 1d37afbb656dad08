"""Built-in data sets: five real ones, as scikit-learn has them, and five generated ones.

Generated ones lie within a few units of zero, and their noise is the standard deviation of each coordinate. The real
ones lie beside this file: to import scikit-learn for them would take every process of the service a second and 80 MB.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.tabular.table import Table, numeric_table
from steelyard.tabular.values import Values, coded

TARGET = "target"
GENERATED_ROWS = 500
Points = tuple[NDArray[Any], NDArray[Any]]
Draw = Callable[[int, float, int], Points]


@dataclass(frozen=True)
class Builtin:
    """A data set by name. A generated one takes `n_samples`, `noise` and `seed`; `rows` is how many it has without."""

    name: str
    title: str
    task: str
    rows: int
    features: int
    generated: bool
    source: str
    make: Callable[..., Table]


BUILTINS: dict[str, Builtin] = {}


def load(name: str, **parameters: Any) -> Table:
    """The data set `name`; its target is the column `TARGET`. `parameters` are those of a generated one."""
    return BUILTINS[name].make(**parameters)


def _add_real(name: str, *, title: str, task: str, rows: int, features: int, source: str) -> None:
    @cache  # all of them take 2 MB; to read digits takes 30 ms
    def make() -> Table:
        text = files("steelyard.tabular").joinpath("real", f"{name}.csv").read_text("ascii")
        (*names, _), *lines = csv.reader(text.splitlines())
        *columns, labels = zip(*lines, strict=True)
        target = coded(labels) if _is_text(labels[0]) else Values(np.array(labels, np.float64))
        arrays = np.array(columns, np.float64)
        arrays.flags.writeable = False  # for all that ask for it
        return numeric_table(dict(zip(names, arrays, strict=True)), {TARGET: target})

    BUILTINS[name] = Builtin(name, title, task, rows, features, False, source, make)


def _is_text(label: str) -> bool:
    return label[0].isalpha()


def _generated(title: str, task: str, source: str) -> Callable[[Draw], Draw]:
    def add(draw: Draw) -> Draw:
        def make(n_samples: int = GENERATED_ROWS, noise: float = 0.1, seed: int = 0) -> Table:
            x, y = draw(n_samples, noise, seed)
            columns = {f"x{index}": column.astype(np.float64) for index, column in enumerate(x.T)}
            return numeric_table(columns, {TARGET: Values(y.astype(np.float64))})

        name = draw.__name__
        BUILTINS[name] = Builtin(name, title, task, GENERATED_ROWS, 2, True, source, make)
        return draw

    return add


_add_real(
    "iris",
    title="Iris: four measurements of a flower, three species",
    task="multiclass",
    rows=150,
    features=4,
    source="R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936; scikit-learn",
)
_add_real(
    "wine",
    title="Wine: thirteen chemical measurements, three cultivars",
    task="multiclass",
    rows=178,
    features=13,
    source="M. Forina et al., PARVUS, 1991 (UCI Wine); scikit-learn",
)
_add_real(
    "breast_cancer",
    title="Breast cancer: thirty measurements of cell nuclei, benign or malignant",
    task="binary",
    rows=569,
    features=30,
    source="W. N. Street, W. H. Wolberg, O. L. Mangasarian, 1993 (UCI Wisconsin Diagnostic); scikit-learn",
)
_add_real(
    "digits",
    title="Handwritten digits of 8 × 8 pixels",
    task="multiclass",
    rows=1797,
    features=64,
    source="E. Alpaydin, C. Kaynak, 1998 (UCI Optical Recognition of Handwritten Digits); scikit-learn",
)
_add_real(
    "diabetes",
    title="Diabetes: ten measurements of a patient, disease progression after a year",
    task="regression",
    rows=442,
    features=10,
    source="B. Efron et al., Least angle regression, 2004; scikit-learn",
)


@_generated("Two interleaving half circles", "binary", "scikit-learn make_moons")
def moons(rows: int, noise: float, seed: int) -> Points:
    """Two half circles of radius 1."""
    y = np.arange(rows) % 2
    angle = np.pi * _even_places(y)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x[y == 1] = [1, 0.5] - x[y == 1]
    return x + np.random.default_rng(seed).normal(0, noise, x.shape), y


@_generated("A circle within a circle", "binary", "scikit-learn make_circles")
def circles(rows: int, noise: float, seed: int) -> Points:
    """Circles of radius 1 and 0.5."""
    y = np.arange(rows) % 2
    angle = 2 * np.pi * np.arange(rows) / rows
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.where(y == 1, 0.5, 1)[:, None]
    return x + np.random.default_rng(seed).normal(0, noise, x.shape), y


@_generated("Three Gaussian clusters", "multiclass", "scikit-learn make_blobs")
def blobs(rows: int, noise: float, seed: int) -> Points:
    """Clouds around three points of the unit circle, equally far from each other."""
    y = np.arange(rows) % 3
    angle = 2 * np.pi * y / 3
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + np.random.default_rng(seed).normal(0, noise, x.shape), y


@_generated("Two intertwined spirals", "binary", "K. J. Lang, M. J. Witbrock, Learning to tell two spirals, 1988")
def spirals(rows: int, noise: float, seed: int) -> Points:
    """Two arms of one and a half turns; from one to the other it is 1 unit."""
    generator = np.random.default_rng(seed)
    y = np.arange(rows) % 2
    turned = 3 * np.pi * np.sqrt(generator.uniform(0.05, 1, rows))
    angle = turned + np.pi * y
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (turned / np.pi)[:, None]
    return x + generator.normal(0, noise, x.shape), y


@_generated(
    "Exclusive or: opposite corners of a square have the same class",
    "binary",
    "M. Minsky, S. Papert, Perceptrons, 1969",
)
def xor(rows: int, noise: float, seed: int) -> Points:
    """Clouds around (0, 0), (0, 1), (1, 0) and (1, 1); the class is the exclusive or of the corner."""
    generator = np.random.default_rng(seed)
    corners = np.stack([np.arange(rows) // 2 % 2, np.arange(rows) % 2], axis=1)
    return corners + generator.normal(0, noise, corners.shape), corners[:, 0] ^ corners[:, 1]


def _even_places(y: NDArray[Any]) -> NDArray[Any]:
    """For each row how far it is from 0 to 1 among the rows of its class, which lie at equal distances."""
    steps = np.maximum(np.bincount(y, minlength=2) - 1, 1)
    places: NDArray[Any] = np.arange(len(y)) // 2 / steps[y]
    return places
