"""Jobs, curves and problems for reading in a terminal."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from steelyard.cli import rendering
from steelyard.cli.rendering import HEIGHT, WIDTH

VALUES = st.none() | st.floats(1e-6, 1e6)
JOB: dict[str, Any] = {
    "id": f"job_{'a' * 26}",
    "name": None,
    "status": "succeeded",
    "created_at": "2026-11-28T15:00:00Z",
    "progress": {"epoch": 7, "epochs": 10},
    "train_seconds": 1.234,
    "parameters": 1234,
    "error": None,
    "stopping": None,
    "choices": [],
    "metrics": {"train": {"loss": 0.5, "accuracy": 0.25}, "validation": {"loss": None, "accuracy": 1.0}},
    "baseline": {
        "constant": {"train": {"loss": 0.7, "accuracy": 0.5}, "validation": {"loss": 0.7, "accuracy": 0.625}},
        "linear": {"train": {"loss": 0.6, "accuracy": 0.5}, "validation": {"loss": None, "accuracy": 0.875}},
    },
    "findings": [],
    "model": f"mdl_{'b' * 26}",
}
STATISTICS: dict[str, Any] = {"mean": 0.0, "std": 0.5, "min": -1.0, "max": None}
SNAPSHOTS = {
    name: {"tensors": [{"name": "output/kernel", "shape": [4, 3], "statistics": STATISTICS | {"std": std}}]}
    for name, std in (("initial", 0.1), ("final", 0.8))
}


def printed(write: Callable[[Console], None]) -> str:
    """What a terminal of 120 columns shows."""
    text = io.StringIO()
    write(Console(file=text, width=120))
    return text.getvalue()


def show(**changes: Any) -> str:
    history = {"epochs": [1, 2], "series": {"loss": [1.0, 0.5]}}
    return printed(lambda console: rendering.job(console, JOB | changes, history, SNAPSHOTS))


def plain(line: str) -> str:
    return re.sub(r"\[/?[a-z]*\]", "", line)


def test_what_was_chosen_and_when_training_ended_is_shown() -> None:
    choices = [{"path": "/training/epochs", "value": 250, "reason": "at most so many"}]
    text = show(choices=choices, stopping={"message": "training stopped after epoch 39"})
    assert "training stopped after epoch 39" in text
    [line] = [line for line in text.splitlines() if "/training/epochs" in line]
    assert "250" in line
    assert "at most so many" in line


def test_a_problem_is_its_title_and_detail_or_its_errors() -> None:
    document: dict[str, Any] = {"title": "Not found", "detail": "there is no job"}
    assert rendering.problem(document) == "Not found: there is no job"
    errors = [{"pointer": "/a/0", "detail": "is -1"}, {"pointer": "", "detail": "is []"}]
    errors.append({"pointer": "", "parameter": "limit", "detail": "is 0"})
    assert rendering.problem({**document, "errors": errors, "more_errors": 3}).splitlines() == [
        "Not found:",
        "  /a/0  is -1",
        "  (the whole body)  is []",
        "  ?limit  is 0",
        "  … and 3 more",
    ]


def test_jobs_are_a_table_and_names_are_no_markup() -> None:
    text = printed(lambda console: console.print(rendering.job_list([{**JOB, "name": "[red]x[/red]"}, JOB])))
    [first] = [line for line in text.splitlines() if "[red]x[/red]" in line]
    assert JOB["id"] in first
    assert "7/10" in first
    assert "succeeded" in first
    assert "None" not in text


@given(data=st.data(), epochs=st.integers(1, 300))
def test_a_curve_has_a_point_for_each_value_between_its_range(data: st.DataObject, epochs: int) -> None:
    loss = data.draw(st.lists(VALUES, min_size=epochs, max_size=epochs))
    lines = rendering.curve(range(1, epochs + 1), {"loss": loss, "accuracy": loss})
    values = [value for value in loss if value is not None]
    if not values:
        assert lines == []
        return
    *grid, axis, labels, legend = map(plain, lines)
    assert len(grid) == HEIGHT
    assert {len(line) for line in grid} == {len(axis)} == {12 + WIDTH}
    for column in range(WIDTH):
        marks = [row for row, line in enumerate(grid) if line[12 + column] == "•"]
        value = loss[round(column * (epochs - 1) / (WIDTH - 1))]
        assert len(marks) == (value is not None)
        if value == max(values) and max(values) > min(values):
            assert marks == [0]
    assert f"{max(values):.4g}" in grid[0]
    assert labels.split() == ["1", "epoch", str(epochs)]
    assert ("(log scale)" in legend) == (max(values) / min(values) > 20)


def test_training_and_validation_loss_share_a_curve() -> None:
    lines = rendering.curve([1, 2], {"loss": [4.0, 1.0], "val_loss": [3.0, 2.0]})
    text = "\n".join(map(plain, lines))
    assert "•" in text
    assert "◦" in text
    assert "loss" in lines[-1]
    assert "val_loss" in lines[-1]


def test_a_job_is_shown_with_its_metrics_and_its_weights() -> None:
    text = show()
    assert "succeeded after 7 epochs" in text
    assert "trained for 1.23 s, 1,234 weights" in text
    assert re.search(r"constant \(validation\) +linear \(validation\)", text)
    assert re.search(r"accuracy +0\.2500 +1\.0000 +0\.6250 +0\.8750", text)
    assert re.search(r"loss +0\.5000 +0\.7000 *\n", text)  # no number where there is none
    assert "constant" not in show(baseline=None)
    assert re.search(r"output/kernel +4 × 3 +\+0\.0000 +\+0\.8000 +-1\.0000 +– +▁ → █", text)
    assert "No findings." in text
    assert f"model {JOB['model']}" in text


def test_settings_that_were_chosen_are_shown_with_the_reason() -> None:
    choices = [{"path": "/training/batch_size", "value": 32, "reason": "[it] fits"}]
    choices.append({"path": "/optimizer", "value": {"name": "adam"}, "reason": "usual"})
    text = show(choices=choices)
    assert re.search(r"/training/batch_size +32 +\[it\] fits", text)
    assert re.search(r'/optimizer +\{"name": "adam"\} +usual', text)


def test_why_a_training_stopped_is_shown() -> None:
    assert "the weights are [best]" in show(stopping={"message": "the weights are [best]"})


def test_a_job_that_failed_is_shown_with_the_reason_and_findings_with_what_to_try() -> None:
    finding = {"code": "small_rate", "level": "warning", "message": "it is [b]slow[/b]", "suggestion": "try 0.01"}
    error = {"title": "Diverged", "detail": "the loss is [nan]"}
    text = show(status="failed", error=error, findings=[finding], model=None, metrics={}, train_seconds=None)
    for words in (
        "failed after 7 epochs",
        "Diverged: the loss is [nan]",
        "warning small_rate: it is [b]slow[/b]",
        "try 0.01",
    ):
        assert words in text
    for words in ("No findings", "model", "trained for", "accuracy"):
        assert words not in text


def test_changes_are_put_in_words() -> None:
    patch: list[dict[str, Any]] = [
        {"op": "replace", "path": "/optimizer/learning_rate", "value": 0.001},
        {"op": "add", "path": "/training/early_stopping", "value": {"patience": 16}},
        {"op": "replace", "path": "/layers", "value": None},
        {"op": "replace", "path": "/layers/0/regularizer", "value": None},
    ]
    assert rendering.changes(patch) == [
        "set optimizer.learning_rate to 0.001",
        'set training.early_stopping to {"patience": 16}',
        "let the service choose layers",
        "remove layers.0.regularizer",
    ]


def test_findings_are_shown_with_what_to_change() -> None:
    finding = {"code": "still_[x]", "level": "info", "message": "It fell.", "suggestion": "Wait.", "patch": None}
    patch = [{"op": "replace", "path": "/training/epochs", "value": 40}]
    text = printed(lambda console: rendering.findings(console, [finding, finding | {"patch": patch}]))
    assert text.count("info still_[x]: It fell.\n  Wait.") == 2
    assert text.count("change: set training.epochs to 40") == 1
    assert "No findings." in printed(lambda console: rendering.findings(console, []))


@pytest.mark.parametrize("history", [{"epochs": [], "series": {}}, {"epochs": [1], "series": {"loss": [1.0]}}])
def test_a_job_without_two_epochs_has_no_curve(history: dict[str, Any]) -> None:
    assert "│" not in printed(lambda console: rendering.job(console, JOB, history, {}))
