"""Sick jobs: a fault put into a job that learns well."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.findings.data import TASKS, Array, as_data, load
from benchmarks.findings.healthy import Case, good_job

Document = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What is done to rows and job, for which tasks, and the codes that name it."""

    name: str
    codes: tuple[str, ...]
    change: Callable[[Document], None]
    tasks: tuple[str, ...] = ("binary", "multiclass", "regression")
    rows: Callable[[Array, Array, np.random.Generator], tuple[Array, Array]] = lambda x, y, _: (x, y)


def _dense(document: Document) -> Iterator[Document]:
    return (layer for layer in document["layers"] if layer["type"] == "dense")


def _optimizer(name: str, rate: float) -> Callable[[Document], None]:
    return lambda document: document.update(optimizer={"name": name, "learning_rate": rate})


def _start(name: str, *, depth: int = 2, activation: str = "relu", **options: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        layer = {"type": "dense", "units": 16, "activation": {"name": activation}}
        document["layers"] = [layer | {"initializer": {"name": name, **options}} for _ in range(depth)]

    return change


def _deep(activation: str, initializer: dict[str, Any]) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        layer = {"type": "dense", "units": 16, "activation": {"name": activation}, "initializer": initializer}
        document["layers"] = [dict(layer) for _ in range(10)]
        document["optimizer"] = {"name": "sgd", "learning_rate": 0.01}

    return change


def _dead(document: Document) -> None:
    for layer in _dense(document):
        layer["bias_initializer"] = {"name": "constant", "value": -20.0}


def _saturated(document: Document) -> None:
    _start("random_normal", activation="tanh", stddev=20.0)(document)
    document["optimizer"] = {"name": "sgd", "learning_rate": 0.001}


def _unscaled(document: Document) -> None:
    document["preprocessing"] = {"numeric": "none"}


def _unscaled_targets(document: Document) -> None:
    document["preprocessing"] = {"target": "none"}
    document["optimizer"] = {"name": "adam", "learning_rate": 0.001}


def _regularized(document: Document) -> None:
    for layer in _dense(document):
        layer["regularizer"] = {"name": "l2", "l2": 10.0}


def _noisy(document: Document) -> None:
    document["layers"] = [{"type": "gaussian_noise", "stddev": 5.0}, *document["layers"]]


def _frozen(document: Document) -> None:
    for layer in [*_dense(document), document.setdefault("output", {})]:
        layer["trainable"] = False


def _overfitting(document: Document) -> None:
    document["training"] |= {"epochs": 300, "early_stopping": None}
    document["validation"] = {"fraction": 0.4}
    document["layers"] = [{"type": "dense", "units": 128}, {"type": "dense", "units": 128}]


def _wrong_loss(document: Document) -> None:
    document["task"] = "regression"
    for row in document["data"]["inline"]["rows"]:
        row["y"] = int(row["y"].split()[1])


def _batch(document: Document) -> None:
    document["training"] |= {"batch_size": 10_000, "epochs": 15}
    document["optimizer"] = {"name": "adam", "learning_rate": 0.001}


def _short(document: Document) -> None:
    document["training"] |= {"epochs": 3}
    document["optimizer"] = {"name": "adam", "learning_rate": 0.0003}


def _nothing(document: Document) -> None:
    """The fault is in the rows."""


def _scales(x: Array, y: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    return x * 10.0 ** generator.permutation(np.linspace(0, 5, x.shape[1])) + 100, y


def _large(x: Array, y: Array, _: np.random.Generator) -> tuple[Array, Array]:
    return x, 1e4 * (y - y.mean()) / y.std() + 1e5


def _flipped(x: Array, y: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    wrong = generator.random(len(y)) < 0.15
    return x, np.where(wrong, (y + 1) % (y.max() + 1), y)


def _leaking(x: Array, y: Array, _: np.random.Generator) -> tuple[Array, Array]:
    return np.column_stack([x, 3.0 * y + 1]), y


def _rare(x: Array, y: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    """The last class keeps a twentieth of the rows, and half of those are hard to tell."""
    few = np.flatnonzero(y == y.max())
    kept = generator.choice(few, max(10, len(y) // 25), replace=False)
    rows = np.concatenate([np.flatnonzero(y != y.max()), kept])
    return x[rows] + generator.normal(scale=x.std(axis=0), size=(len(rows), x.shape[1])), y[rows]


def _tiny(x: Array, y: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    rows = generator.choice(len(x), 60, replace=False)
    noise = generator.normal(size=(60, 20))
    return np.hstack([x[rows], noise]), y[rows]


CLASSES = ("binary", "multiclass")
TOO_HIGH = ("learning_rate_too_high", "diverged")
FAULTS = (
    Fault("learning rate 3 with adam", TOO_HIGH, _optimizer("adam", 3.0)),
    Fault("learning rate 10 with sgd", TOO_HIGH, _optimizer("sgd", 10.0)),
    Fault("learning rate 1e-6", ("learning_rate_too_low",), _optimizer("adam", 1e-6)),
    Fault("weights of zero", ("equal_units",), _start("zeros")),
    Fault("weights of 0.1", ("equal_units",), _start("constant", value=0.1)),
    Fault("too small weights", ("initialization_too_small",), _start("random_normal", depth=6, stddev=0.002)),
    Fault("too large weights", ("initialization_too_large",), _start("random_normal", depth=3, stddev=10.0)),
    Fault("deep sigmoid", ("vanishing_gradients",), _deep("sigmoid", {"name": "glorot_uniform"})),
    Fault(
        "deep tanh",
        ("vanishing_gradients", "initialization_too_small"),
        _deep("tanh", {"name": "random_normal", "stddev": 0.03}),
    ),
    Fault("dead by bias", ("dead_units",), _dead),
    Fault("saturated", ("saturated_units", "initialization_too_large"), _saturated),
    Fault("unscaled inputs", ("unscaled_inputs", "diverged"), _unscaled, rows=_scales),
    Fault("unscaled targets", ("unscaled_targets", "diverged"), _unscaled_targets, tasks=("regression",), rows=_large),
    Fault("over-regularized", ("over_regularized",), _regularized),
    Fault("drowned in noise", ("over_regularized",), _noisy),
    Fault("frozen", ("frozen_layers",), _frozen),
    Fault("label noise", ("abnormal_rows",), _nothing, tasks=CLASSES, rows=_flipped),
    Fault("leak", ("target_leak",), _nothing, tasks=("regression",), rows=_leaking),
    Fault(
        "imbalance",
        ("class_imbalance", "class_never_predicted", "one_class_predicted"),
        _nothing,
        tasks=CLASSES,
        rows=_rare,
    ),
    Fault("overfitting", ("overfitting",), _overfitting, rows=_tiny),
    Fault("regression of classes", ("classes_as_numbers",), _wrong_loss, tasks=("multiclass",)),
    Fault("one batch", ("batch_too_large",), _batch),
    Fault("too few epochs", ("still_improving", "learning_rate_too_low"), _short),
)


def sick(seeds: range) -> Iterator[Case]:
    """Every fault in a job of each data set that it is for, for each seed."""
    for fault in FAULTS:
        for task in fault.tasks:
            for name in TASKS[task]:
                for seed in seeds:
                    yield make(fault, task, name, seed)


def make(fault: Fault, task: str, name: str, seed: int) -> Case:
    """A job with a fault."""
    x, y = fault.rows(*load(name, seed), np.random.default_rng(seed))
    document = copy.deepcopy(good_job(np.round(x.astype(float), 6), y, task, seed=seed))
    fault.change(document)
    return Case(f"{name} seed {seed}", fault.name, frozenset(fault.codes), document)


__all__ = ["FAULTS", "as_data", "make", "sick"]
