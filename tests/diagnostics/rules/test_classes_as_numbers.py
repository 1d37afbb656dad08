"""Classes that are learned as numbers are named."""

import numpy as np

from steelyard.diagnostics.rules import RULES
from steelyard.diagnostics.schema import Finding
from tests.diagnostics.runs import changes, check_patch, find, predicted, run, spec

ROWS = [{"x": place, "y": place % 3} for place in range(30)]
JOB = spec(data={"inline": {"rows": ROWS}, "target": "y"}, task="regression")


def found(targets: np.ndarray) -> list[Finding]:
    column = targets.reshape(-1, 1).astype(float)
    over = run(JOB, predictions={"train": predicted(column, column)})
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


def test_two_numbers_are_a_binary_target() -> None:
    column = (np.arange(150) % 2).reshape(-1, 1).astype(float)
    [finding] = RULES["classes_as_numbers"]().find(run(JOB, predictions={"train": predicted(column, column)}))
    assert changes(finding)[0] == ("/task", "binary")
    assert (finding.value, finding.threshold) == (2, 10)
    assert changes(found(np.arange(150) % 3)[0])[0] == ("/task", "multiclass")
    assert found(np.zeros(150)) == []


def test_ten_numbers_at_most_each_of_two_percent_of_the_rows_and_ten_rows_for_each() -> None:
    assert len(found(np.arange(150) % 10)) == 1
    assert found(np.arange(150) % 11) == []
    assert found(np.arange(99) % 10) == []
    for rare, count in ((2, 0), (3, 1)):
        assert len(found(np.where(np.arange(150) < rare, 2, np.arange(150) % 2))) == count


def test_counts_other_tasks_and_runs_that_go_on_are_not_meant() -> None:
    column = (np.arange(150) % 3).reshape(-1, 1).astype(float)
    rows = {"train": predicted(column, column)}
    assert len(find("classes_as_numbers", run(JOB, predictions=rows))) == 1
    assert find("classes_as_numbers", run(JOB, predictions=rows, is_over=False)) == []
    poisson = JOB | {"loss": {"name": "poisson"}}
    assert find("classes_as_numbers", run(poisson, predictions=rows)) == []
    assert find("classes_as_numbers", run(JOB, predictions={"train": predicted(column.repeat(2, 1), column)})) == []
