"""The findings of a run: the rules of `steelyard.diagnostics` applied to its history, network, and data."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from steelyard.diagnostics.columns import constant_inputs, find_in_columns
from steelyard.diagnostics.findings import Run, find
from steelyard.diagnostics.leaks import find_leaks
from steelyard.diagnostics.learning import (
    LEAST_EPOCHS,
    constant_loss,
    learned_nothing,
    one_class_predicted,
    stuck_units,
)
from steelyard.diagnostics.not_finite import blame_cell, blame_target, find_not_finite, find_overflow, find_undefined
from steelyard.diagnostics.schema import Finding
from steelyard.nn.ensemble import member_name
from steelyard.nn.one_hot import OneHot
from steelyard.nn.penalties import Penalties
from steelyard.nn.training.ensemble import AnyTraining
from steelyard.nn.training.loop import Training
from steelyard.training.assemble import Prepared
from steelyard.training.schema import JobSpec

History = Mapping[str, list[float | None]]
Metrics = Mapping[str, Mapping[str, float | None]]


def find_in_run(
    spec: JobSpec,
    training: AnyTraining,
    prepared: Prepared | None,
    history: History,
    metrics: Metrics,
    predictions: NDArray[Any] | None,
    *,
    diverged: bool,
) -> list[Finding]:
    """All findings of a run, the most important first.

    `predictions` are those for the training rows if the run finished and its loss has not `diverged`. `prepared` is
    `None` if it was freed because the run needed too much memory.
    """
    found = _of_members(training, lambda member: find(_run(spec, member, history)))
    if prepared is None:
        return found
    reasons = list(_why_nothing_was_learned(spec, training, prepared, history, predictions))
    if any(finding.code != "stuck_units" for finding in reasons):
        found = [finding for finding in found if finding.code != "loss_did_not_fall"]
    causes = _causes(prepared, history, metrics, diverged=diverged)
    stopped_at = training.best_epoch if training.stopped_early and training.restored_best else None
    not_finite = find_not_finite(history, causes, stopped_at=stopped_at)
    others = {split: values for split, values in metrics.items() if split != "validation" or not not_finite}
    rows = prepared.parts["train"].rows
    # Units that started equal are often stuck as well; the first finding explains both.
    equal = [finding for finding in found if finding.code == "equal_units"]
    layers = {finding.layer for finding in equal}
    return [
        *equal,
        *(finding for finding in reasons if finding.layer is None or finding.layer not in layers),
        *find_overflow(causes.get("train")),
        *(finding for finding in found if finding not in equal),
        *not_finite,
        *find_undefined(others, causes),
        *find_leaks(prepared.supervised, rows),
        *constant_inputs(prepared.supervised.inputs, rows),
        *find_in_columns(prepared.inputs, len(rows)),
    ]


def _run(spec: JobSpec, training: Training, history: History) -> Run:
    return Run(
        history,
        training.initial,
        training.network.tensors(),
        spec.epochs,
        restored=training.restored_best,
        stops_early=spec.training.early_stopping is not None,
    )


def _of_members(training: AnyTraining, look: Callable[[Training], Iterable[Finding]]) -> list[Finding]:
    """What is found in the network; in an ensemble, each finding once, with the members that it is about."""
    if len(training.members) == 1:
        return [*look(training.members[0])]
    found: dict[tuple[str, str | None], tuple[Finding, list[int]]] = {}
    for number, member in enumerate(training.members, start=1):
        for finding in look(member):
            found.setdefault((finding.code, finding.layer), (finding, []))[1].append(number)
    return [
        finding if finding.layer is None else _about_members(finding, numbers, len(training.members))
        for finding, numbers in found.values()
    ]


def _about_members(finding: Finding, numbers: list[int], count: int) -> Finding:
    names = ", ".join(map(member_name, numbers))
    which = f"{names} of {count} members" if len(numbers) < count else f"All {count} members"
    message = f"{which}: {finding.message[0].lower()}{finding.message[1:]}"
    return finding.model_copy(update={"layer": f"{member_name(numbers[0])}.{finding.layer}", "message": message})


def _why_nothing_was_learned(
    spec: JobSpec, training: AnyTraining, prepared: Prepared, history: History, predictions: NDArray[Any] | None
) -> Iterator[Finding]:
    train, losses = prepared.parts["train"], history.get("loss", [])
    yield from _of_members(training, lambda member: stuck_units(member.network, train.x))
    constant = constant_loss(spec.make_loss(), train.y, training.network.outputs, prepared.weights)
    penalty = sum(Penalties(member.network).value() for member in training.members) / len(training.members)
    rate = spec.make_optimizer().learning_rate
    yield from learned_nothing(losses, constant + penalty, rate)
    classes = prepared.supervised.classes
    if classes is not None and predictions is not None and len(losses) >= LEAST_EPOCHS:
        yield from one_class_predicted(prepared.supervised.y[train.rows], predictions, classes)


def _causes(prepared: Prepared, history: History, metrics: Metrics, *, diverged: bool) -> dict[str, str]:
    """For each split with a non-finite loss, a sentence about the value that causes it, if there is one."""
    bad = {name for name, values in metrics.items() if values["loss"] is None} | ({"train"} if diverged else set())
    bad |= {"validation"} if None in history.get("val_loss", ()) else set()
    causes: dict[str, str] = {}
    for name in bad & prepared.parts.keys():
        part = prepared.parts[name]
        cell = blame_target(part.y, part.ids, prepared.supervised, part.rows)
        numbers = part.x.numbers if isinstance(part.x, OneHot) else part.x  # categories do not overflow
        cell = cell or blame_cell(numbers, part.rows, part.ids, prepared.supervised.inputs, prepared.inputs)
        causes |= {} if cell is None else {name: cell}
    return causes
