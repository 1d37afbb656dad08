"""Data sets of the corpus: rows as a job sends them, for each task."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = tuple[Array, Array]
"""Inputs `(rows, columns)` and targets `(rows,)`."""


def _inputs(seed: int, rows: int, columns: int) -> tuple[np.random.Generator, Array]:
    generator = np.random.default_rng(seed)
    return generator, generator.uniform(0, 1, size=(rows, columns))


def friedman(seed: int) -> Rows:
    """Friedman's first function, of five of eight inputs."""
    generator, x = _inputs(seed, 300, 8)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return x, y + generator.normal(size=len(x))


def waves(seed: int) -> Rows:
    """A smooth surface over two inputs."""
    generator, x = _inputs(seed, 300, 2)
    return x, np.sin(5 * x[:, 0]) * np.cos(4 * x[:, 1]) + generator.normal(scale=0.1, size=len(x))


def plane(seed: int) -> Rows:
    """A linear function with noise."""
    generator, x = _inputs(seed, 300, 6)
    return x, x @ np.arange(1, 7) + generator.normal(scale=0.5, size=len(x))


def prices(seed: int) -> Rows:
    """A product of powers, as prices are."""
    generator, x = _inputs(seed, 300, 4)
    return x, 100 * np.exp(x[:, 0] + 0.5 * x[:, 1]) * (1 + x[:, 2]) + generator.normal(scale=20, size=len(x))


def rings(seed: int) -> Rows:
    """Three classes, by distance from the middle."""
    generator, x = _inputs(seed, 300, 2)
    far = np.hypot(*(x.T - 0.5)) + generator.normal(scale=0.02, size=len(x))
    return x, np.digitize(far, [0.27, 0.42])


def slopes(seed: int) -> Rows:
    """Four classes, the largest of four linear functions with noise."""
    generator, x = _inputs(seed, 400, 5)
    return x, ((x - 0.5) @ generator.normal(size=(5, 4)) + generator.gumbel(scale=0.1, size=(len(x), 4))).argmax(axis=1)


def interactions(seed: int) -> Rows:
    """Two classes, by a product of inputs and a linear part."""
    generator, x = _inputs(seed, 400, 5)
    score = (
        4 * (x[:, 0] - 0.5) * (x[:, 1] - 0.5) * 4 + 2 * (x[:, 2] - x[:, 3]) + generator.logistic(scale=0.2, size=len(x))
    )
    return x, (score > 0).astype(int)


GENERATED: dict[str, Callable[[int], Rows]] = {
    each.__name__: each for each in (friedman, waves, plane, prices, rings, slopes, interactions)
}
TASKS = {
    "binary": ("breast_cancer", "moons", "circles", "xor", "interactions"),
    "multiclass": ("iris", "wine", "blobs", "rings", "slopes"),
    "regression": ("diabetes", "friedman", "waves", "plane", "prices"),
}
SMALL = {"n_samples": 300}


def load(name: str, seed: int) -> Rows:
    """The rows of a data set."""
    if name in GENERATED:
        return GENERATED[name](seed)
    from sklearn import datasets  # noqa: PLC0415 -- takes two seconds

    generator = np.random.default_rng(seed)
    if name in ("moons", "circles"):
        noise = {"moons": 0.15, "circles": 0.08}[name]
        make = getattr(datasets, f"make_{name}")
        options = {"factor": 0.5} if name == "circles" else {}
        x, y = make(n_samples=300, noise=noise, random_state=seed, **options)
        return x, y
    if name == "blobs":
        x, y = datasets.make_blobs(n_samples=300, centers=3, random_state=seed % 3)
        return x, y
    if name == "xor":
        x = generator.uniform(-1, 1, size=(300, 2))
        return x, (x[:, 0] * x[:, 1] > 0).astype(int)
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return x, y


def as_data(x: Array, y: Array, task: str) -> dict[str, Any]:
    """The rows as the `data` of a job."""
    labels = y.tolist() if task == "regression" else [f"class {label}" for label in y.tolist()]
    columns = [f"x{place}" for place in range(x.shape[1])]
    rows = [
        dict(zip(columns, values, strict=True)) | {"y": label} for values, label in zip(x.tolist(), labels, strict=True)
    ]
    return {"inline": {"rows": rows}, "target": ["y"]}
