"""Recorded statistics in a terminal."""

import io
from typing import Any

from rich.console import Console

from steelyard.cli.statistics import MOST_EPOCHS, show_statistics


def series(values: list[float | None]) -> dict[str, Any]:
    return {"norm": values, "gradient_norm": values}


def shown(epochs: int, name: str | None = None, note: str | None = None) -> str:
    values: list[float | None] = [0.5 + epoch for epoch in range(epochs)]
    tensor = {"name": "dense_1/kernel", "series": series(values)}
    layer = {"name": "dense_1", "series": {"dead": [*values[:-1], None]}, "tensors": [tensor]}
    found = {"note": note, "epochs": [*range(epochs)], "layers": [layer] if epochs else [], "run": {"loss": values}}
    console = Console(file=io.StringIO(), width=200)
    show_statistics(console, found, name)
    return console.file.getvalue()  # type: ignore[no-any-return]


def test_the_last_values_are_shown() -> None:
    text = shown(4)
    assert "epoch 0 → 3" in text
    assert "0.5 → 3.5" in text
    assert "–" in text  # a value that does not exist


def test_one_series_is_shown_over_the_epochs() -> None:
    text = shown(35, "norm")
    assert "dense_1/kernel" in text
    assert "epoch 34" in text
    assert text.count("epoch") <= MOST_EPOCHS + 1
    assert "loss" not in text
    assert "run" in shown(3, "loss")


def test_what_is_missing_is_said() -> None:
    assert shown(0, note="Nothing is recorded yet.") == "Nothing is recorded yet.\n"
