"""Inputs that give the target away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from steelyard.diagnostics.leaks import find_leaks
from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding, PatchOperation


@RULES.add
@dataclass(frozen=True)
class TargetLeak(Rule):
    """An input that equals the target, or determines it alone."""

    name: ClassVar = "target_leak"
    stage: ClassVar = "data"
    symptom: ClassVar = "an input equals the target, or determines it alone"
    consequence: ClassVar = "the metrics are too good: the input will not be known when the model is used"
    formula: ClassVar = "each value of the input occurs with one value of the target"
    latex: ClassVar = r"x_i = x_k \Rightarrow y_i = y_k"
    threshold: ClassVar = "a relation that would hold by chance in less than one of a million tables of this size"
    remedy: ClassVar = "drop it if it is not known when the model is used"
    source: ClassVar = "Kaufman, Rosset, Perlich, Stitelman 2012, Leakage in data mining"
    needs_data: ClassVar = True

    def find(self, run: Run) -> Iterator[Finding]:
        if run.data is None:
            return
        for name, finding in find_leaks(run.data.supervised, run.data.rows):
            yield finding.model_copy(update={"patch": _drop(run, name) if finding.level == "warning" else None})


def _drop(run: Run, name: str) -> list[PatchOperation] | None:
    """Without the input, if there are others."""
    if run.data is not None and {*run.data.supervised.inputs} <= {name}:
        return None
    features = run.spec["data"].get("features")
    if features is not None:
        return [replace("/data/features", [feature for feature in features if feature != name])]
    return [replace("/data/ignore", [*run.spec["data"].get("ignore", ()), name])]
