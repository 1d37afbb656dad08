"""The findings of a run: the rules of `steelyard.diagnostics` applied to its history, network, and data."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from steelyard.diagnostics.diagnosis import diagnose, in_order
from steelyard.diagnostics.not_finite import blame_cell, blame_target
from steelyard.diagnostics.recording.probe import Probe
from steelyard.diagnostics.recording.record import Recording
from steelyard.diagnostics.rules import RULES
from steelyard.diagnostics.run import Predicted, Run, RunData
from steelyard.diagnostics.schema import Finding
from steelyard.errors import Diverged, SteelyardError
from steelyard.nn.ensemble import member_name
from steelyard.nn.one_hot import OneHot
from steelyard.nn.training.ensemble import AnyTraining
from steelyard.nn.training.loop import Training
from steelyard.training.assemble import Prepared
from steelyard.training.results import SplitPredictions
from steelyard.training.schema import JobSpec

History = Mapping[str, list[float | None]]
Metrics = Mapping[str, Mapping[str, float | None]]
ABOUT_DATA = {rule.name: False for rule in RULES if rule.stage == "data"}


def find_in_run(
    spec: JobSpec,
    training: AnyTraining,
    prepared: Prepared | None,
    history: History,
    metrics: Metrics,
    *,
    baseline: Mapping[str, Metrics] | None = None,
    predictions: Sequence[SplitPredictions] = (),
    error: SteelyardError | None = None,
    recording: Recording | None = None,
    url: str | None = None,
) -> list[Finding]:
    """All findings of a run, the most important first.

    `prepared` is `None` if it was freed because the run needed too much memory. `recording` is that of the network, or
    of the first member of an ensemble; of others, the weights at the start and at the end are looked at.
    """
    document = spec.to_json()
    about: dict[str, Any] = {
        "spec": document,
        "history": history,
        "metrics": metrics,
        "baseline": baseline,
        "predictions": {
            split.split: Predicted(split.rows, split.targets, split.predictions, split.probabilities)
            for split in predictions
        },
        "classes": None if prepared is None else prepared.supervised.classes,
        "error": None if error is None else error.problem(),
        "url": url,
        "restored": training.restored_best,
        "stopped_at": training.best_epoch if training.stopped_early and training.restored_best else None,
    }
    causes = {} if prepared is None else _causes(prepared, history, metrics, diverged=isinstance(error, Diverged))
    overrides = document["diagnostics"]["rules"]
    found = []
    for number, member in enumerate(training.members):
        seen = recording if recording is not None and number == 0 else _look_at(member)
        data = None if prepared is None else describe_data(member, prepared, causes)
        run = Run(**about, initial=member.initial, final=member.network.tensors(), data=data, recording=seen)
        found.append(diagnose(run, overrides))
        overrides = overrides | ABOUT_DATA  # what is wrong with the data is the same for every member
    return found[0] if len(found) == 1 else _merge(found)


def _look_at(training: Training) -> Recording:
    """The statistics of the weights before the first step and now."""
    probe = Probe.of(training, np.random.default_rng(0))
    initial = np.concatenate([tensor.ravel() for tensor in training.initial.values()])
    now = probe.record(training.epoch, training.network.parameters, initial=initial)
    start = probe.record(0, initial, initial=initial)
    return Recording.of(probe.layout, [start, now] if training.epoch else [start])


def _merge(found: Sequence[Sequence[Finding]]) -> list[Finding]:
    """The findings of the members of an ensemble, each once, with the members that it is about."""
    merged: dict[tuple[str, str | None], tuple[Finding, list[int]]] = {}
    for number, findings in enumerate(found, start=1):
        for finding in findings:
            merged.setdefault((finding.code, finding.layer), (finding, []))[1].append(number)
    return in_order(
        finding if finding.layer is None else _about_members(finding, numbers, len(found))
        for finding, numbers in merged.values()
    )


def _about_members(finding: Finding, numbers: list[int], count: int) -> Finding:
    names = ", ".join(map(member_name, numbers))
    which = f"{names} of {count} members" if len(numbers) < count else f"All {count} members"
    message = f"{which}: {finding.message[0].lower()}{finding.message[1:]}"
    return finding.model_copy(update={"layer": f"{member_name(numbers[0])}.{finding.layer}", "message": message})


def describe_data(training: Training, prepared: Prepared, causes: Mapping[str, str] | None = None) -> RunData:
    """The training rows and the network, as rules look at them; `causes` as of `RunData`."""
    train = prepared.parts["train"]
    return RunData(
        supervised=prepared.supervised,
        rows=train.rows,
        encoder=prepared.inputs,
        x=train.x,
        y=train.y,
        weights=prepared.weights,
        network=training.network,
        causes=causes or {},
    )


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
