"""Classes that are learned as numbers are named."""

import numpy as np

from steelyard.diagnostics.schema import Finding
from tests.diagnostics.runs import check_patch, find, predicted, run, spec


def found(targets: np.ndarray) -> list[Finding]:
    column = targets.reshape(-1, 1).astype(float)
    rows = [{"x": place, "y": place % 3} for place in range(30)]
    job = spec(data={"inline": {"rows": rows}, "target": "y"}, task="regression")
    over = run(job, predictions={"train": predicted(column, column)})
    findings = find("classes_as_numbers", over)
    for finding in findings:
        assert check_patch(over, finding)["task"] in ("multiclass", "binary")
    return findings


def test_a_few_whole_numbers_are_named() -> None:
    assert len(found(np.arange(150) % 3)) == 1


def test_quantities_are_not() -> None:
    assert found(np.arange(150) / 4) == []
    assert found(np.arange(150) % 30) == []
    assert found(np.arange(150) % 3 + 0.5) == []
