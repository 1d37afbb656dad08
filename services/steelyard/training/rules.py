"""Rules that look at several fields at once.

Each rule says which top-level fields it reads, and is asked when those are sound by themselves: so a job with
errors of every kind gets all of them in one response.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from steelyard.errors import MOST_ERRORS, Fault, InvalidParameter, nearest, pointer, shown
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.layers import LAYERS, Embedding
from steelyard.nn.losses import LOSSES
from steelyard.nn.metrics import METRICS
from steelyard.nn.optimizers import OPTIMIZERS
from steelyard.tabular.builtin import BUILTINS
from steelyard.tabular.supervision import EMPTY, Supervised, missing_fault
from steelyard.training import splits
from steelyard.training.components import JOB_SLOTS, SLOTS
from steelyard.training.defaults import loss_of, stratify_fault, validation_of
from steelyard.training.schema import JobSpec, class_key

Faults = Iterator[Fault]
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
    named = [key for key in ("builtin", "dataset", "inline") if getattr(spec.data, key) is not None]
    if len(named) != 1:
        found = f"names {' and '.join(map(repr, named))}" if named else "names no data"
        yield Fault(pointer("data"), f"{found}; it must have one of 'builtin', 'dataset' and 'inline'")
    if spec.data.builtin is None or not BUILTINS[spec.data.builtin].generated:
        for key in GENERATED:
            if getattr(spec.data, key) is not None:
                yield Fault(pointer("data", key), "is for generated data sets: moons, circles, blobs, spirals, xor")


@_rule("validation", "test")
def _rows_left(spec: JobSpec) -> Faults:
    yield from splits.way_faults(spec)


def _parts(holder: Any, place: str) -> Iterator[tuple[str, str, Any]]:
    """Every part that a piece of the job names, with its place and the slot that it stands in."""
    if isinstance(holder, list):
        for index, item in enumerate(holder):
            yield from _parts(item, f"{place}/{index}")
        return
    for slot in SLOTS:
        if (part := getattr(holder, slot, None)) is not None:
            yield f"{place}/{slot}", slot, part
    yield from _parts(getattr(holder, "layers", []), f"{place}/layers")


def _parts_of(spec: JobSpec, field: str) -> Iterator[tuple[str, str, Any]]:
    value = getattr(spec, field)
    if field in SLOTS:
        return iter(() if value is None else [(pointer(field), field, value)])
    return _parts(value, pointer(field))


def _are_possible(field: str, spec: JobSpec) -> Faults:
    """What the trainer's own classes say of their parameters together."""
    for place, slot, part in _parts_of(spec, field):
        try:
            made = part.to_part()
        except InvalidParameter as error:
            yield from (Fault(place + fault.pointer, fault.detail) for fault in error.faults)
            continue
        if slot == "bias_initializer" and made.for_kernels:
            yield Fault(place, f"is {made.name!r}, which is only for kernels; use 'zeros' for a bias")


RULES.extend(
    Rule(frozenset({field}), partial(_are_possible, field), of_data=False)
    for field in (*(slot for slot in JOB_SLOTS if slot != "schedule"), "layers", "output", "training")
)


@_rule("training", "recording")
def _recorded_epochs_exist(spec: JobSpec) -> Faults:
    if spec.training.epochs is None or not isinstance(spec.recording.weights, list):
        return
    for index, epoch in enumerate(spec.recording.weights):
        if epoch > spec.training.epochs:
            detail = f"is {epoch}; the job has {spec.training.epochs} epochs"
            yield Fault(pointer("recording", "weights", index), detail)


@_rule("training")
def _one_clip(spec: JobSpec) -> Faults:
    clip = spec.training.gradient_clip
    if clip is not None and len(clip.chosen()) != 1:
        *names, last = GRADIENT_CLIPS.names
        yield Fault(pointer("training", "gradient_clip"), f"must have one of {', '.join(names)} and {last}")


@_rule("optimizer", "layers")
def _search_has_steady_layers(spec: JobSpec) -> Faults:
    if spec.optimizer is None or not OPTIMIZERS[spec.optimizer.name].line_search:
        return
    name = spec.optimizer.name
    for index, layer in enumerate(spec.layers or ()):
        types = {inner.type for inner in getattr(layer, "layers", [layer])}
        if varying := sorted(kind for kind in types if not LAYERS[kind].repeats):
            yield Fault(
                pointer("layers", index), f"is {varying[0]!r}, which does not work with the line search of {name!r}"
            )


@_rule("layers", "initial_weights")
def _layers_for_initial_weights(spec: JobSpec) -> Faults:
    if spec.layers is None and spec.initial_weights is not None:
        yield Fault(pointer("layers"), "are missing; a job with initial_weights needs layers like those of its model")


@_rule("ensemble", "training", "initial_weights")
def _optimizer_state_is_for_one_training(spec: JobSpec) -> Faults:
    if spec.initial_weights is None or not spec.initial_weights.optimizer_state:
        return
    place = pointer("initial_weights", "optimizer_state")
    if spec.ensemble > 1:
        yield Fault(place, "is true, which is not supported with an ensemble")
    if spec.training.refit:
        yield Fault(place, "is true, which is not supported with training.refit")


@_rule("data", "validation", "training", of_data=True)
def _refit_has_more_rows(spec: JobSpec, supervised: Supervised) -> Faults:
    if not spec.training.refit:
        return
    if validation_of(spec, supervised) is None:
        detail = "is true; without validation rows, the model is trained on all rows already"
        yield Fault(pointer("training", "refit"), detail)
    monitor = getattr(spec.training.schedule, "monitor", "")
    if monitor.startswith("val_"):
        detail = f"monitors {monitor!r}, which a refit does not have; monitor 'loss', or set training.refit to false"
        yield Fault(pointer("training", "schedule", "monitor"), detail)


@_rule("layers", "preprocessing")
def _embedding_comes_first(spec: JobSpec) -> Faults:
    for index, layer in enumerate(spec.layers or ()):
        inner = [place for place, each in enumerate(getattr(layer, "layers", [])) if each.type == Embedding.name]
        for place in inner:
            yield Fault(pointer("layers", index, "layers", place), "is an embedding, which must be the first layer")
        if layer.type == Embedding.name and index:
            yield Fault(pointer("layers", index), "is an embedding, which must be the first layer")
        numeric = spec.preprocessing.numeric or "standard"
        if layer.type == Embedding.name and numeric != "none":
            yield Fault(
                pointer("preprocessing", "numeric"),
                f"is {numeric!r}, which changes the category numbers of the embedding; use 'none'",
            )


@_rule("layers", "preprocessing")
def _one_embedding(spec: JobSpec) -> Faults:
    embeds = spec.preprocessing.categorical == "embedding"
    if embeds and spec.layers and spec.layers[0].type == Embedding.name:
        yield Fault(pointer("layers", 0), "is a second embedding; preprocessing.categorical already adds one")


@_rule("data", "preprocessing", of_data=True)
def _inputs_are_complete(spec: JobSpec, supervised: Supervised) -> Faults:
    if spec.preprocessing.missing != "error":
        return
    for name, column in supervised.inputs.items():
        if column.missing:
            yield missing_fault(supervised.table, name)


@_rule("data", "preprocessing", of_data=True)
def _some_input_is_left(spec: JobSpec, supervised: Supervised) -> Faults:
    options = spec.preprocessing.to_options()
    if all(options.ignores(column.type) for column in supervised.inputs.values()):
        yield Fault(pointer("preprocessing"), "drops every column that could be an input")


@_rule("layers", "data", of_data=True)
def _embedding_has_its_columns(spec: JobSpec, supervised: Supervised) -> Faults:
    first = spec.layers[0] if spec.layers else None
    if first is None or first.type != Embedding.name:
        return
    if len(first.columns) != len(first.categories):
        yield Fault(
            pointer("layers", 0, "categories"), f"are {len(first.categories)}; there must be one for each column"
        )
    if len(set(first.columns)) != len(first.columns):
        yield Fault(pointer("layers", 0, "columns"), "names a column twice")
    count = len(supervised.features)
    for place, column in enumerate(first.columns):
        if column >= count:
            yield Fault(
                pointer("layers", 0, "columns", place), f"is {column}; the inputs are numbered 0 to {count - 1}"
            )


def numbering_faults(spec: JobSpec, supervised: Supervised) -> Faults:
    """The faults of an embedding that numbers inputs of which one was dropped for want of values."""
    dropped = [name for name, reason in supervised.left_out.items() if reason == EMPTY]
    if dropped and spec.layers and spec.layers[0].type == Embedding.name:
        detail = f"numbers the inputs, of which {shown(dropped[0])} has no value in any training row; add it to "
        yield Fault(pointer("layers", 0, "columns"), f"{detail}data.ignore and number the other inputs from 0")


@_rule("optimizer", "training")
def _search_has_its_own_steps(spec: JobSpec) -> Faults:
    if spec.optimizer is None or not OPTIMIZERS[spec.optimizer.name].line_search:
        return
    name = spec.optimizer.name
    for key in ("schedule", "gradient_clip"):
        if getattr(spec.training, key) is not None:
            yield Fault(pointer("training", key), f"is not for {name!r}, which finds its step size by line search")


@_rule("data", "task", "loss", of_data=True)
def _loss_fits_task(spec: JobSpec, supervised: Supervised) -> Faults:
    if spec.loss is not None and supervised.task not in loss_of(spec, supervised).tasks:
        tasks = " or ".join(loss_of(spec, supervised).tasks)
        fitting = ", ".join(loss.name for loss in LOSSES if supervised.task in loss.tasks)
        detail = f"is {spec.loss.name!r}, which is for {tasks}; for the task {supervised.task} use {fitting}"
        if tasks == "multiclass" and len(supervised.targets) > 1:
            detail += (
                ". A multiclass target is one column of classes, or columns of 0 and 1 with exactly one 1 in each row"
            )
        yield Fault(pointer("loss"), detail)


@_rule("data", "task", "loss", "output", of_data=True)
def _output_fits_loss(spec: JobSpec, supervised: Supervised) -> Faults:
    link = loss_of(spec, supervised).link
    activation = spec.output.activation
    if link is not None and activation is not None and activation.name != link:
        yield Fault(
            pointer("output", "activation"), f"is {activation.name!r}; a {supervised.task} output needs {link!r}"
        )


@_rule("data", "task", "loss", "preprocessing", of_data=True)
def _targets_fit_loss(spec: JobSpec, supervised: Supervised) -> Faults:
    loss = loss_of(spec, supervised)
    if supervised.task != "regression":
        return
    if loss.raw_targets and spec.preprocessing.target == "standard":
        yield Fault(pointer("preprocessing", "target"), f"is 'standard'; {loss.name} needs unscaled targets")
    if (supervised.y < loss.least_target).any():
        detail = (
            f"is {loss.name!r}, which takes targets of at least {loss.least_target:g}; the target has smaller values"
        )
        yield Fault(pointer("loss"), detail)


@_rule("data", "task", "training", of_data=True)
def _class_weights_fit_classes(spec: JobSpec, supervised: Supervised) -> Faults:
    given = spec.training.class_weight
    if given is None:
        return
    place = pointer("training", "class_weight")
    if supervised.classes is None:
        yield Fault(place, f"is for classification; the task is {supervised.task}")
    elif isinstance(given, dict):
        known = {class_key(label): None for label in supervised.classes}
        unknown = [label for label in given if label not in known]
        for number, label in enumerate(unknown):
            hint = f"; {nearest(label, known)}" if number < MOST_ERRORS else ""  # the others are counted
            yield Fault(f"{place}{pointer(label)}", f"is not a class of the target{hint}")


@_rule("data", "validation", "test", of_data=True)
def _splits_are_possible(spec: JobSpec, supervised: Supervised) -> Faults:
    yield from splits.room_faults(spec, supervised)
    for key, holdout in splits.holdouts(spec):
        if holdout.stratify and (fault := stratify_fault(supervised)):
            yield Fault(pointer(key, "stratify"), fault)


@_rule("data", "task", "validation", "training", of_data=True)
def _monitors_exist(spec: JobSpec, supervised: Supervised) -> Faults:
    measured = ["loss", *(m.name for m in METRICS if m.of_each_epoch and supervised.task in m.tasks)]
    known = measured + ([f"val_{name}" for name in measured] if validation_of(spec, supervised) else [])
    for key in ("early_stopping", "schedule"):
        monitor = getattr(getattr(spec.training, key), "monitor", None)
        if monitor is not None and monitor not in known:
            val = monitor.startswith("val_") and monitor.removeprefix("val_") in measured
            why = " without validation rows" if val else ""
            yield Fault(
                pointer("training", key, "monitor"),
                f"is {shown(monitor)}, which is not measured{why}; {nearest(monitor, known)}",
            )
