"""Rules that look at several fields at once, and the defaults that depend on the data.

Each rule says which top-level fields it reads, and is asked when those are sound by themselves: so a job with
faults of every kind is told all of them in one answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.data.builtin import BUILTINS
from steelyard.data.split import sizes
from steelyard.data.supervision import Supervised
from steelyard.errors import Fault, nearest, pointer, shown
from steelyard.spec.job import Holdout, JobSpec
from steelyard.trainer.losses import LOSSES, Loss
from steelyard.trainer.metrics import METRICS

Faults = Iterator[Fault]
LOSS_OF_TASK = {
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
    "regression": "mean_squared_error",
}
ROWS_FOR_VALIDATION = 20  # with fewer, none are kept back unless asked for
GENERATED = ("n_samples", "noise", "seed")


@dataclass(frozen=True)
class Rule:
    """A check of the fields `reads`; `of_data` if it also needs to know the data."""

    reads: frozenset[str]
    check: Callable[..., Faults]
    of_data: bool


RULES: list[Rule] = []


def _rule(*reads: str, of_data: bool = False) -> Callable[[Callable[..., Faults]], Callable[..., Faults]]:
    def add(check: Callable[..., Faults]) -> Callable[..., Faults]:
        RULES.append(Rule(frozenset(reads), check, of_data))
        return check

    return add


def check(spec: JobSpec, sound: set[str], supervised: Supervised | None) -> list[Fault]:
    """The faults between fields that are `sound` each; those about data only if it could be read."""
    faults: list[Fault] = []
    for rule in RULES:
        if rule.reads <= sound and not rule.of_data:
            faults += rule.check(spec)
        elif rule.reads <= sound and supervised is not None:
            faults += rule.check(spec, supervised)
    return faults


@_rule("data")
def _one_source(spec: JobSpec) -> Faults:
    named = [key for key in ("builtin", "inline") if getattr(spec.data, key) is not None]
    if len(named) != 1:
        found = "names both 'builtin' and 'inline'" if named else "names no data"
        yield Fault(pointer("data"), f"{found}; it must have one of 'builtin' and 'inline'")
    if spec.data.builtin is None or not BUILTINS[spec.data.builtin].generated:
        for key in GENERATED:
            if getattr(spec.data, key) is not None:
                yield Fault(pointer("data", key), "is for generated data sets: moons, circles, blobs, spirals, xor")


@_rule("validation", "test")
def _rows_left(spec: JobSpec) -> Faults:
    if spec.validation and spec.test and (total := spec.validation.fraction + spec.test.fraction) >= 1:
        yield Fault(
            pointer("test", "fraction"),
            f"with that of validation makes {total:g}; together they must leave rows to train on",
        )


@_rule("optimizer")
def _optimizer_is_possible(spec: JobSpec) -> Faults:
    if spec.optimizer.name == "sgd" and spec.optimizer.nesterov and not spec.optimizer.momentum:
        yield Fault(pointer("optimizer", "nesterov"), "is true; it needs a momentum greater than 0")


def _initializers(spec: JobSpec) -> Iterator[tuple[str, Any]]:
    for key in ("initializer", "bias_initializer"):
        yield pointer(key), getattr(spec, key)
        yield pointer("output", key), getattr(spec.output, key)
        for index, layer in enumerate(spec.layers):
            yield pointer("layers", index, key), getattr(layer, key, None)


@_rule("initializer", "bias_initializer", "layers", "output")
def _initializers_are_possible(spec: JobSpec) -> Faults:
    for place, initializer in _initializers(spec):
        if (
            initializer is not None
            and initializer.name == "random_uniform"
            and initializer.minval >= initializer.maxval
        ):
            yield Fault(
                f"{place}/maxval", f"is {initializer.maxval:g}; it must be greater than minval, {initializer.minval:g}"
            )


@_rule("data", "task", "loss", of_data=True)
def _loss_fits_task(spec: JobSpec, supervised: Supervised) -> Faults:
    if spec.loss is not None and supervised.task not in loss_of(spec, supervised).tasks:
        fitting = [loss.name for loss in LOSSES if supervised.task in loss.tasks]
        yield Fault(
            pointer("loss"),
            f"is {spec.loss.name!r}; the task is {supervised.task}, for which there is {', '.join(fitting)}",
        )


@_rule("data", "task", "loss", "output", of_data=True)
def _output_fits_loss(spec: JobSpec, supervised: Supervised) -> Faults:
    link = loss_of(spec, supervised).link
    activation = spec.output.activation
    if link is not None and activation is not None and activation.name != link:
        yield Fault(
            pointer("output", "activation"), f"is {activation.name!r}; a {supervised.task} output needs {link!r}"
        )


@_rule("data", "validation", "test", of_data=True)
def _splits_are_possible(spec: JobSpec, supervised: Supervised) -> Faults:
    held = {key: holdout for key in ("validation", "test") if (holdout := getattr(spec, key)) is not None}
    rows = len(supervised.x)
    taken = sum(sizes(rows, {key: holdout.fraction for key, holdout in held.items()}).values())
    if held and rows - taken < 1:
        yield Fault(pointer(next(iter(held)), "fraction"), f"leaves no row of {rows} to train on")
    for key, holdout in held.items():
        if holdout.stratify and (fault := _stratify_fault(supervised)):
            yield Fault(pointer(key, "stratify"), fault)


def _stratify_fault(supervised: Supervised) -> str | None:
    if supervised.classes is None:
        return "is true; the task is regression, which has no classes to share out"
    counts = np.bincount(supervised.y, minlength=len(supervised.classes))
    rarest = int(counts.argmin())
    if counts[rarest] < 3:
        label = shown(supervised.classes[rarest])
        return f"is true; the class {label} has {counts[rarest]} rows, and each needs at least 3"
    return None


@_rule("data", "task", "validation", "training", of_data=True)
def _monitor_exists(spec: JobSpec, supervised: Supervised) -> Faults:
    stopping = spec.training.early_stopping
    if stopping is None:
        return
    measured = ["loss", *(m.name for m in METRICS if m.of_each_epoch and supervised.task in m.tasks)]
    known = measured + ([f"val_{name}" for name in measured] if validation_of(spec, supervised) else [])
    if stopping.monitor not in known:
        why = (
            " without validation rows"
            if stopping.monitor.startswith("val_") and stopping.monitor[4:] in measured
            else ""
        )
        yield Fault(
            pointer("training", "early_stopping", "monitor"),
            f"is {shown(stopping.monitor)}, which is not measured{why}; {nearest(stopping.monitor, known)}",
        )


def loss_of(spec: JobSpec, supervised: Supervised) -> type[Loss]:
    """The loss that was asked for, or that follows from the task."""
    return LOSSES[LOSS_OF_TASK[supervised.task] if spec.loss is None else spec.loss.name]


def validation_of(spec: JobSpec, supervised: Supervised) -> Holdout | None:
    """The validation rows that were asked for, or a fifth where nothing was said and there are enough."""
    if (
        spec.validation is None
        and "validation" not in spec.model_fields_set
        and len(supervised.x) >= ROWS_FOR_VALIDATION
    ):
        return Holdout(fraction=0.2)
    return spec.validation


def fill_in(spec: JobSpec, supervised: Supervised) -> JobSpec:
    """The specification with every default in its place."""
    document = spec.to_json()
    loss = loss_of(spec, supervised)
    document["task"] = supervised.task
    document["loss"] = document["loss"] or {"name": loss.name}
    document["data"]["target"] = supervised.targets
    classes = supervised.classes is not None and _stratify_fault(supervised) is None
    for key, holdout in (("validation", validation_of(spec, supervised)), ("test", spec.test)):
        if holdout is not None:
            stratify = classes if holdout.stratify is None else holdout.stratify
            document[key] = {"fraction": holdout.fraction, "stratify": stratify}
    if document["preprocessing"]["target"] is None:
        document["preprocessing"]["target"] = "standard" if supervised.task == "regression" else "none"
    document["output"]["activation"] = document["output"]["activation"] or {"name": loss.link or "linear"}
    for layer, asked in zip([*document["layers"], document["output"]], [*spec.layers, spec.output], strict=True):
        for key in ("activation", "initializer", "bias_initializer"):
            if key in layer:
                layer[key] = layer[key] or document[key]
        if "regularizer" in layer and "regularizer" not in asked.model_fields_set:
            layer["regularizer"] = document["regularizer"]
    return JobSpec.model_validate(document)
