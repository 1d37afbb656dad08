"""Data sets that are there without an upload: five real ones that come with scikit-learn, five made by formula.

Generated ones lie within a few units of zero, and their noise is the standard deviation of each coordinate.
scikit-learn is imported when the first is loaded: that takes a second, which every process of the service would pay
and few need. `warm_up` pays it ahead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.data.column import Values, coded
from steelyard.data.table import Table, numeric_table

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


def warm_up() -> None:
    """Import what loading needs."""
    import_module("sklearn.datasets")


def _sklearn(function: str, *arguments: Any, **options: Any) -> Any:
    """What a function of scikit-learn's datasets gives."""
    return getattr(import_module("sklearn.datasets"), function)(*arguments, **options)


def _add_real(name: str, *, title: str, task: str, rows: int, features: int, source: str) -> None:
    def make() -> Table:
        bunch = _sklearn(f"load_{name}")
        names = [str(name).removesuffix(" (cm)").replace(" ", "_") for name in bunch.feature_names]
        target = Values(bunch.target.astype(np.float64))
        if "target_names" in bunch and bunch.target_names.dtype.kind == "U":
            target = coded(bunch.target_names[bunch.target].tolist())
        return numeric_table(dict(zip(names, bunch.data.T.astype(np.float64), strict=True)), {TARGET: target})

    BUILTINS[name] = Builtin(name, title, task, rows, features, False, source, make)


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
    title="Irises: four lengths of a flower, three species",
    task="multiclass",
    rows=150,
    features=4,
    source="R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936; scikit-learn",
)
_add_real(
    "wine",
    title="Wines: thirteen analyses, three growers",
    task="multiclass",
    rows=178,
    features=13,
    source="M. Forina et al., PARVUS, 1991 (UCI Wine); scikit-learn",
)
_add_real(
    "breast_cancer",
    title="Tumours of the breast: thirty measures of cell nuclei, benign or malignant",
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
    title="Diabetes: ten measures of a patient, the disease a year later",
    task="regression",
    rows=442,
    features=10,
    source="B. Efron et al., Least angle regression, 2004; scikit-learn",
)


@_generated("Two half circles that reach into each other", "binary", "scikit-learn make_moons")
def moons(rows: int, noise: float, seed: int) -> Points:
    """Two half circles of radius 1."""
    x, y = _sklearn("make_moons", rows, noise=noise, random_state=seed)
    return x, y


@_generated("A circle within a circle", "binary", "scikit-learn make_circles")
def circles(rows: int, noise: float, seed: int) -> Points:
    """Circles of radius 1 and 0.5."""
    x, y = _sklearn("make_circles", rows, noise=noise, factor=0.5, random_state=seed)
    return x, y


@_generated("Three round clouds", "multiclass", "scikit-learn make_blobs")
def blobs(rows: int, noise: float, seed: int) -> Points:
    """Clouds around three points of the unit circle, equally far from each other."""
    angle = 2 * np.pi * np.arange(3) / 3
    centers = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x, y = _sklearn("make_blobs", rows, centers=centers, cluster_std=noise, random_state=seed)
    return x, y


@_generated("Two spirals around each other", "binary", "K. J. Lang, M. J. Witbrock, Learning to tell two spirals, 1988")
def spirals(rows: int, noise: float, seed: int) -> Points:
    """Two arms of one and a half turns; from one to the other it is 1 unit."""
    generator = np.random.default_rng(seed)
    y = np.arange(rows) % 2
    turned = 3 * np.pi * np.sqrt(generator.uniform(0.05, 1, rows))
    angle = turned + np.pi * y
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (turned / np.pi)[:, None]
    return x + generator.normal(0, noise, x.shape), y


@_generated("The corners of a square, opposite ones alike", "binary", "M. Minsky, S. Papert, Perceptrons, 1969")
def xor(rows: int, noise: float, seed: int) -> Points:
    """Clouds around (0, 0), (0, 1), (1, 0) and (1, 1); the class is the exclusive or of the corner."""
    generator = np.random.default_rng(seed)
    corners = np.stack([np.arange(rows) // 2 % 2, np.arange(rows) % 2], axis=1)
    return corners + generator.normal(0, noise, corners.shape), corners[:, 0] ^ corners[:, 1]
