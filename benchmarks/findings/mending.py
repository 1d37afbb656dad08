"""Whether the patches of a sick job make it better, next to a random change of the same job as control."""

import random
from dataclasses import dataclass
from typing import Any

from benchmarks.findings.healthy import Case
from benchmarks.findings.trained import Trained, train
from sqlalchemy import Engine

from steelyard.diagnostics.patches import Patch, apply_patch, replace
from steelyard.diagnostics.schema import Finding
from steelyard.errors import ValidationFailed
from steelyard.studies.mend import collect_patches

MARGIN = 0.02  # by which a metric must be better
# A patch cannot make the metrics of these better: wrong labels stay wrong, and a leak makes metrics too good.
NOT_BY_METRIC = ("label noise", "leak", "regression of classes")
METRICS = {"imbalance": "balanced_accuracy"}


@dataclass(frozen=True)
class Mended:
    """Whether a job became better by its patches, and by a random change; `None` if nothing was tried."""

    by_patch: bool | None = None
    by_chance: bool | None = None


def mend(engine: Engine, case: Case, sick: Trained) -> Mended:
    """Train the job again with the patches of its warnings, and with a random change."""
    warnings = [Finding.model_validate(each) for each in sick.findings if each["level"] != "info"]
    named = [finding for finding in warnings if finding.code in case.codes and finding.patch]
    if not named or case.fault in NOT_BY_METRIC:
        return Mended()
    patch = collect_patches(warnings, None).operations
    chance = random.Random(case.name + (case.fault or ""))
    return Mended(_helps(engine, case, sick, patch), _helps(engine, case, sick, _any_change(sick.spec, chance)))


def _helps(engine: Engine, case: Case, sick: Trained, patch: Patch) -> bool:
    changed = apply_patch(sick.spec, patch) | {"data": case.document["data"]}
    try:
        better = train(engine, changed)
    except ValidationFailed:
        return False
    if better.status != "succeeded":
        return False
    if sick.status != "succeeded":
        return True
    if case.fault == "overfitting":
        before, after = _value(sick, "loss"), _value(better, "loss")
        return after < (1 - MARGIN) * before
    usual = "r2" if sick.spec["task"] == "regression" else "accuracy"
    name = METRICS.get(case.fault or "", usual)
    return _value(better, name) > _value(sick, name) + MARGIN


def _value(trained: Trained, name: str) -> float:
    value = trained.metrics["validation"][name]
    return float("-inf") if value is None else value


def _any_change(spec: dict[str, Any], chance: random.Random) -> Patch:
    """One of the changes that rules propose, drawn without a look at the job."""
    rate = spec["optimizer"]["learning_rate"]
    dense = [index for index, layer in enumerate(spec["layers"]) if layer["type"] == "dense"]
    changes = [
        [replace("/optimizer/learning_rate", min(1.0, rate * 10))],
        [replace("/optimizer/learning_rate", rate / 10)],
        [replace("/training/epochs", spec["training"]["epochs"] * 2)],
        [replace("/training/batch_size", 32)],
        [replace("/preprocessing/numeric", "robust")],
        [replace(f"/layers/{index}/initializer", {"name": "he_normal"}) for index in dense],
        [replace(f"/layers/{index}/activation", {"name": "leaky_relu"}) for index in dense],
        [replace(f"/layers/{index}/regularizer", {"name": "l2", "l2": 0.001}) for index in dense],
    ]
    return chance.choice(changes)
