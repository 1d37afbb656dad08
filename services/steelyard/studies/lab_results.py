"""What an initialization lab shows: gains before any step, losses on the way, the end, and a verdict."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from steelyard.jobs.states import ENDED
from steelyard.nn.network import OUTPUT
from steelyard.store.clock import rfc3339
from steelyard.store.tables import HistoryEpoch
from steelyard.studies import study
from steelyard.studies.comparison import Measure, choose_measure, compare
from steelyard.studies.schema import Combination, Compared, InitializationLab, LabEnd, LabLoss, LayerGain
from steelyard.studies.study import Stored
from steelyard.training.recorded import load_starts

EPOCHS = (1, 5, 25)
LOST, BLOWN_UP = 0.1, 10.0  # of the signal, after all hidden layers
SMALLER, LARGER = 1 / 3, 3.0
Group = list[Row[Any]]


def render(connection: Connection, stored: Stored) -> InitializationLab:
    """A lab as clients see it."""
    groups: dict[str, Group] = {}
    for job in stored.jobs:
        groups.setdefault(job.place["variant"], []).append(job)
    measure = _measure(stored)
    ended = stored.status in ENDED
    ends = {name: _end(group, measure) for name, group in groups.items()}
    ranks = _rank(ends, measure) if ended else {}
    best = next((name for name, rank in ranks.items() if rank == 1), None)
    alike = {name: best is not None and _is_alike(groups[best], group, measure) for name, group in groups.items()}
    combinations = [
        Combination(
            **stored.question[name],
            **_describe_jobs(connection, name, group),
            end=ends[name],
            rank=ranks.get(name),
            is_best=alike[name] if ended else None,
        )
        for name, group in groups.items()
    ]
    return InitializationLab(
        id=stored.id,
        object="initialization_lab",
        status=stored.status,
        created_at=rfc3339(stored.created_at),
        measure=Compared(split=measure.split, metric=measure.metric, greater_is_better=not measure.is_loss),
        combinations=combinations,
        message=_verdict(stored.status, measure, ends, best, alike),
    )


def _measure(stored: Stored) -> Measure:
    if not stored.jobs:
        return Measure("validation", "log_loss")
    return choose_measure(stored.jobs[0].spec, [job.metrics for job in stored.jobs if job.metrics])


def _describe_jobs(connection: Connection, name: str, group: Group) -> dict[str, Any]:
    gains, kinds = _gains(connection, group)
    findings: dict[str, int] = {}
    for job in group:
        for code in dict.fromkeys(finding["code"] for finding in job.findings):
            findings[code] = findings.get(code, 0) + 1
    return {
        "jobs": [job.id for job in group],
        "gains": gains,
        "losses": _losses(connection, group),
        "findings": findings,
        "message": _describe(name, gains, kinds),
    }


def _gains(connection: Connection, group: Group) -> tuple[list[LayerGain], list[str]]:
    """Of every layer before the first step, as far as jobs have begun; and the layers' types."""
    found = load_starts(connection, [job.id for job in group])
    if not found:
        return [], []
    gains = []
    for layer in found[0].layout.layers:
        means = {}
        for name in ("forward", "backward"):
            values = [float(each.of_layer(layer.name, f"{name}_gain")[0]) for each in found]
            finite = [value for value in values if math.isfinite(value)]
            means[name] = float(np.mean(finite)) if finite else None
        gains.append(LayerGain(layer=layer.name, **means))
    return gains, [layer.type for layer in found[0].layout.layers]


def _losses(connection: Connection, group: Group) -> list[LabLoss]:
    ids = [job.id for job in group]
    query = select(HistoryEpoch.epoch, HistoryEpoch.values).where(HistoryEpoch.job_id.in_(ids))
    rows = connection.execute(query.where(HistoryEpoch.epoch.in_(EPOCHS))).all()
    series = "loss" if group[0].spec["validation"] is None else "val_loss"
    losses = []
    for epoch in EPOCHS:
        values = [row.values[series] for row in rows if row.epoch == epoch and row.values.get(series) is not None]
        if values:
            spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
            losses.append(LabLoss(epoch=epoch, seeds=len(values), mean=float(np.mean(values)), std=spread))
    return losses


def _end(group: Group, measure: Measure) -> LabEnd:
    values = [value for job in group if (value := _value(job, measure)) is not None]
    error = float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
    return LabEnd(
        seeds=len(values),
        mean=float(np.mean(values)) if values else None,
        standard_error=error,
        failed=sum(job.status == "failed" for job in group),
    )


def _value(job: Row[Any], measure: Measure) -> float | None:
    return measure.of(job.metrics) if job.status == study.SUCCEEDED else None


def _rank(ends: Mapping[str, LabEnd], measure: Measure) -> dict[str, int]:
    """From 1; those of which jobs failed come last."""
    sign = 1 if measure.is_loss else -1
    known = {name: end.mean for name, end in ends.items() if end.mean is not None}
    order = sorted(known, key=lambda name: (ends[name].failed, sign * known[name]))
    return {name: place for place, name in enumerate(order, start=1)}


def _is_alike(best: Group, other: Group, measure: Measure) -> bool:
    """Whether the seeds cannot tell a combination apart from the best one."""
    values = {job.place["seed"]: _value(job, measure) for job in best}
    pairs = [(values[seed], _value(job, measure)) for job in other if (seed := job.place["seed"]) in values]
    return compare(measure, pairs).verdict != "worse"


def _describe(name: str, gains: Sequence[LayerGain], types: Sequence[str]) -> str:
    """What happens to the signal on its way through the hidden dense layers."""
    hidden = [
        gain.forward
        for gain, kind in zip(gains, types, strict=True)
        if kind == "dense" and gain.layer.rpartition(".")[2] != OUTPUT
    ]
    known = [gain for gain in hidden if gain is not None]
    if not known:
        return f"{name}: no gain is recorded yet."
    # A layer that gets nothing has no gain.
    total = math.prod(known) if len(known) == len(hidden) else 0.0
    least, most = f"{min(known):.2f}", f"{max(known):.2f}"
    each = f"a forward gain of {least if least == most else f'{least} to {most}'} per layer"
    layers = f"{len(hidden)} {'layer' if len(hidden) == 1 else 'layers'}"
    if total < SMALLER:
        what = "is lost" if total < LOST else "becomes smaller"
        return f"{name}: the signal {what}, with {each}: {100 * total:.2g}% of it is left after {layers}."
    if total > LARGER:
        what = "blows up" if total > BLOWN_UP else "becomes larger"
        return f"{name}: the signal {what}, with {each}: {total:.3g} times after {layers}."
    return f"{name}: the signal is kept, with {each}."


def _verdict(
    status: str, measure: Measure, ends: Mapping[str, LabEnd], best: str | None, alike: Mapping[str, bool]
) -> str:
    if status not in ENDED:
        return "The jobs have not all ended."
    if best is None:
        return "No job came to its end."
    end = ends[best]
    error = "" if end.standard_error is None else f" ± {end.standard_error:.2g}"
    begin = f"Best {measure.split} {measure.metric}: {best} ({end.mean:.4g}{error}, mean and standard error"
    others = [name for name, is_alike in alike.items() if is_alike and name != best]
    worse = [name for name, is_alike in alike.items() if not is_alike]
    sentences = [f"{begin} over {end.seeds} seeds)"]
    if others:
        sentences.append(f"the seeds cannot tell {_listed(others)} apart from it")
    if worse:
        sentences.append(f"{_listed(worse)} {'does' if len(worse) == 1 else 'do'} worse")
    return "; ".join(sentences) + "."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{'; '.join(names[:-1])} and {names[-1]}"
