"""Runs for the tests of the rules, and patches that are checked as a client would use them."""

from typing import Any

import numpy as np

from steelyard.diagnostics.patches import apply_patch
from steelyard.diagnostics.rules import RULES, Rule
from steelyard.diagnostics.run import Predicted, Run
from steelyard.diagnostics.schema import Finding
from tests.training.jobs import read

LINEAR, CONSTANT = 0.9, 0.4
ROWS = 200
BASELINE = {
    "constant": {split: {"accuracy": CONSTANT, "r2": 0.0, "loss": 1.0} for split in ("train", "validation")},
    "linear": {split: {"accuracy": LINEAR, "r2": LINEAR, "loss": 0.3} for split in ("train", "validation")},
}


SENT: dict[str, Any] = {}
"""The rows that jobs were sent with, by their summary in the specification."""


def spec(**fields: Any) -> dict[str, Any]:
    """The specification of a job of three classes, filled in."""
    training = {"epochs": 20} | fields.pop("training", {})
    layers = fields.pop("layers", [8, 8])
    data = fields.pop("data", {"builtin": "iris"})
    document = {"data": data, "layers": layers, "optimizer": "adam", "training": training}
    filled = read(document | fields).spec.to_json()
    SENT[str(filled["data"].get("inline"))] = data
    return filled


def regression(**fields: Any) -> dict[str, Any]:
    """The specification of a regression, filled in."""
    return spec(data={"builtin": "diabetes"}, **fields)


def predicted(targets: Any, predictions: Any, probabilities: Any = None) -> Predicted:
    given = None if probabilities is None else np.asarray(probabilities, float)
    return Predicted(np.arange(len(targets)), np.asarray(targets), np.asarray(predictions), given)


def run(spec: dict[str, Any], *, value: float = 0.95, **fields: Any) -> Run:
    """A run over 20 epochs whose metric is `value` on all rows; the linear model has 0.9, a constant answer 0.4."""
    falling = [1 / epoch for epoch in range(1, 21)]
    targets = np.arange(ROWS) % 3
    given: dict[str, Any] = {
        "history": {"loss": falling, "val_loss": falling},
        "metrics": {split: {"accuracy": value, "r2": value, "loss": 0.2} for split in ("train", "validation")},
        "baseline": BASELINE,
        "predictions": {split: predicted(targets, targets) for split in ("train", "validation")},
        "classes": None if spec["task"] == "regression" else ["a", "b", "c"],
    }
    return Run(spec, **(given | fields))


def find(rule: Rule | str, over: Run) -> list[Finding]:
    """What a rule finds in a run that it is asked about. Patches are applied, and must give a job that is accepted."""
    asked = RULES[rule]() if isinstance(rule, str) else rule
    found = [*asked.find(over)]
    for finding in found:
        assert asked.can_run(over)
        assert finding.message.endswith(".")
        if finding.patch:
            check_patch(over, finding)
    return found


def check_patch(over: Run, finding: Finding) -> dict[str, Any]:
    """The patched specification, as it is filled in when it is sent as a job."""
    changed = apply_patch(over.spec, finding.patch or [])
    assert changed != over.spec
    changed["data"] = {key: value for key, value in changed["data"].items() if value not in (None, [])}
    if "inline" in changed["data"]:
        changed["data"] |= {"inline": SENT[str(changed["data"]["inline"])]["inline"]}
    accepted = read(changed).spec.to_json()
    assert accepted != over.spec
    return accepted


def changes(finding: Finding) -> list[tuple[str, Any]]:
    """The paths that a patch changes, and their new values."""
    return [(operation.path, operation.value) for operation in finding.patch or []]


def kernels(**layers: Any) -> dict[str, Any]:
    """Tensors: the kernel of each layer, and a bias of zeros."""
    tensors: dict[str, Any] = {}
    for name, kernel in layers.items():
        tensors |= {f"{name}/kernel": np.asarray(kernel, float), f"{name}/bias": np.zeros(np.shape(kernel)[1])}
    return tensors


def drawn(*shape: int, scale: float = 1.0, seed: int = 0) -> np.ndarray:
    """A kernel of the usual scale for its inputs, times `scale`."""
    kernel: np.ndarray = np.random.default_rng(seed).normal(size=shape) * scale * np.sqrt(2 / shape[0])
    return kernel
