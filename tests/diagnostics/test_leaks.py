"""Inputs that give the target away are found, and such that only help are not."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.leaks import SAMPLES, find_leaks
from steelyard.diagnostics.schema import Finding
from steelyard.tabular.supervision import supervise
from steelyard.tabular.table import table_of
from steelyard.tabular.values import Values, booleans, coded

ROWS = 60
CLASSES = ["n", "p"] * (ROWS // 2)
PRICES = np.random.default_rng(0).lognormal(5, 1, ROWS).round(2)


def values(of: Any) -> Values:
    if isinstance(of, np.ndarray):
        return Values(of.astype(np.float64))
    return booleans(of) if isinstance(of[0], bool) else coded(of)


def leaks(x: Any, y: Any, **options: Any) -> list[Finding]:
    rows = len(y)
    table = table_of({"x": values(x), "noise": values(np.random.default_rng(1).normal(size=rows)), "y": values(y)})
    return [
        each for _, each in find_leaks(supervise(table, ["y"], features=["x", "noise"], **options), np.arange(rows))
    ]


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (PRICES, PRICES, "equals the target 'y'"),
        (PRICES + 0.5, PRICES, "is a linear function of"),
        (PRICES * 1.19 + 4, PRICES, "is a linear function of"),
        ((PRICES * 1.19).round(2), PRICES, "is a linear function of"),
        (CLASSES, CLASSES, "equals the target 'y'"),
        (np.arange(ROWS) % 2, np.arange(ROWS) % 2, "equals the target 'y'"),
        ([label == "p" for label in CLASSES], CLASSES, "has no value that occurs with two values"),
        ([f"ward {row % 6}" for row in range(ROWS)], CLASSES, "has no value that occurs with two values"),
        ([None if row % 2 else "boat" for row in range(ROWS)], CLASSES, "has no value that occurs with two values"),
        (np.arange(ROWS) % 2 * 50 + np.arange(ROWS) / 2, CLASSES, "thresholds determine the target"),
        (np.log(PRICES), PRICES, "orders the rows as the target"),
    ],
)
def test_an_input_that_determines_the_target_is_named(x: Any, y: Any, words: str) -> None:
    [finding] = leaks(x, y)
    assert finding.code == "target_leak"
    assert finding.level == ("info" if "orders" in finding.message else "warning")
    assert finding.message.startswith("The input 'x' ")
    assert words in finding.message
    assert f"in all {ROWS} training rows" in finding.message
    assert "data.ignore" in finding.suggestion


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.where(np.arange(ROWS) % 5 == 0, np.nan, PRICES), PRICES),
        ([None if row % 5 == 0 else label for row, label in enumerate(CLASSES)], CLASSES),
    ],
)
def test_an_input_that_gives_the_target_away_where_it_has_a_value_is_named(x: Any, y: Any) -> None:
    [finding] = leaks(x, y)
    assert finding.message == "The input 'x' equals the target 'y' in the 48 training rows that have it."
    few = [None if row % 5 else label for row, label in enumerate(y)] if isinstance(x, list) else None
    assert few is None or leaks(few, y) == []


NEARLY = [*CLASSES[:-1], "n"]
RARE = ["p", *["n"] * (ROWS - 1)]


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (PRICES + np.random.default_rng(2).normal(size=ROWS), PRICES),  # it helps, and no more
        (NEARLY, CLASSES),
        (np.arange(ROWS), CLASSES),
        ([f"person {row}" for row in range(ROWS)], CLASSES),  # each value is there once
        (np.arange(ROWS), RARE),  # the rare class comes first by chance
        (np.full(ROWS, 3.0), PRICES),
        (PRICES, np.full(ROWS, 3.0) + 0.5),
        (CLASSES[:8], CLASSES[:8]),  # too few rows to tell
    ],
)  # fmt: skip
def test_an_input_that_only_helps_is_no_leak(x: Any, y: Any) -> None:
    assert leaks(x, y) == []


@pytest.mark.parametrize("seed", range(5))
def test_noise_beside_noise_is_no_leak(seed: int) -> None:
    generator = np.random.default_rng(seed)
    assert leaks(generator.integers(0, 3, 30).astype(float), generator.permutation(["a", "b", "c"] * 10).tolist()) == []


def test_what_holds_in_a_sample_is_checked_on_all_rows() -> None:
    y = np.random.default_rng(3).normal(size=4 * SAMPLES[-1])
    x = y.copy()
    assert leaks(x, y)
    x[np.setdiff1d(np.arange(len(y)), np.linspace(0, len(y) - 1, SAMPLES[-1]).round().astype(int))[5]] += 100
    assert leaks(x, y) == []


@pytest.mark.parametrize(("rows", "count"), [(24, 0), (26, 1)])
def test_thresholds_are_evidence_where_a_million_tables_would_not_have_them(rows: int, count: int) -> None:
    """Half of the rows are of each class: of C(24, 12) = 2.7 million orders, 2 are sorted; of C(26, 13), 10.4."""
    generator = np.random.default_rng(3)
    x = np.arange(rows) + generator.uniform(0.1, 0.9, rows)
    assert len(leaks(x, ["n"] * (rows // 2) + ["p"] * (rows // 2))) == count


def test_ten_rows_are_the_fewest_that_are_looked_at() -> None:
    assert len(leaks(PRICES[:10], PRICES[:10])) == 1
    assert leaks(PRICES[:9], PRICES[:9]) == []
