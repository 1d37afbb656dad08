"""What was dropped or decided about a job's data is a finding, and nothing else is."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.data import MOST_NAMED, find_in_data, listed
from steelyard.diagnostics.schema import Finding
from steelyard.errors import ValidationFailed
from steelyard.tabular.split import Split
from steelyard.tabular.supervision import EMPTY, Supervised, learnable, supervise
from steelyard.tabular.table import table_of
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.values import Values, coded

NOBODY = np.array([], np.int64)


def numbers(*values: float) -> Values:
    return Values(np.array(values, np.float64))


def split(train: int, validation: int = 0) -> Split:
    """The first rows for training, the next for validation."""
    return Split(np.arange(train), np.arange(train, train + validation), NOBODY)


def findings(columns: dict[str, Values], *, train: int, validation: int = 0, **options: Any) -> list[Finding]:
    divided = split(train, validation)
    supervised = learnable(supervise(table_of(columns), ["y"], **options), divided.train)
    return find_in_data(supervised, divided)


def test_data_that_are_used_as_they_are_have_no_findings() -> None:
    assert findings({"a": numbers(1, 2, 3, 4), "y": numbers(0, 1, 0, 1)}, train=2, validation=2) == []


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"y": numbers(*range(15))}, "15 different whole numbers in 15 rows, too few rows for classes"),
        ({"y": numbers(*([1, 2, 3] * 5))}, "3 different whole numbers in 15 rows: they are learned as classes"),
        (
            {"y": numbers(*([1, 0, 0] * 5)), "z": numbers(*([0, 1, 1] * 5))},
            "'y', 'z' have exactly one 1 in each row: they are learned as the classes of one target",
        ),
        ({"y": numbers(*([1, 0, 0] * 5)), "z": numbers(*([0, 0, 1] * 5))}, "'y', 'z' are 0 or 1"),
    ],
)
def test_a_guessed_task_is_a_finding_with_what_to_send(columns: dict[str, Values], words: str) -> None:
    table = table_of({"a": numbers(*range(15)), **columns})
    [finding] = find_in_data(supervise(table, [*columns]), split(15))
    assert (finding.code, finding.level) == ("guessed_task", "info")
    assert words in finding.message
    assert "'task'" in finding.suggestion


def test_a_column_without_values_in_the_training_rows_is_dropped() -> None:
    nan = np.nan
    columns = {
        "a": numbers(1, 2, 3, 4),
        "late": numbers(nan, nan, nan, 5),
        "where": coded([None, None, None, "x"]),
        "y": numbers(1.5, 2, 3, 4),
    }
    found = findings(columns, train=3, validation=1)
    assert [(each.code, each.level) for each in found] == [("empty_column", "warning")] * 2
    assert found[0].message == "The column 'late' was dropped: it has no value in any training row."
    assert "'where'" in found[1].message
    assert findings(columns, train=4) == []


def test_an_empty_column_is_no_input_even_if_it_is_named() -> None:
    table = table_of({"a": numbers(1, 2, 3), "b": numbers(np.nan, np.nan, np.nan), "y": numbers(1.5, 2, 3)})
    whole = supervise(table, ["y"], features=["a", "b"])
    supervised = learnable(whole, np.arange(3))
    assert supervised.features == ["a"]
    assert supervised.left_out == {"b": EMPTY}
    with pytest.raises(ValidationFailed, match="no value in the 3 training rows of b"):
        learnable(supervise(table, ["y"], features=["b"]), np.arange(3))


def test_dropped_columns_are_named_with_the_reason() -> None:
    rows = 40
    columns = {
        "id": numbers(*range(rows)),
        "who": coded([f"person {row}" for row in range(rows)]),
        "a": numbers(*(row % 7 for row in range(rows))),
        "y": numbers(*(row % 2 for row in range(rows))),
    }
    found = findings(columns, train=rows)
    assert [(each.code, each.level) for each in found] == [("dropped_column", "info")] * 2
    assert found[1].message == "The column 'who' was dropped: it only identifies rows."
    days = table_of(
        {"who": columns["who"], "day": numbers(*range(rows)), "y": columns["y"]}, types={"day": Datetime()}
    )  # what is left are dates alone
    [alone] = find_in_data(supervise(days, ["y"]), split(rows))
    assert alone.level == "warning"


@pytest.mark.parametrize(
    ("y", "correlation"),
    [
        (numbers(*(row / 2 + row % 5 for row in range(60))), "0.99"),
        (numbers(*(-(row**3) for row in range(60))), "-1.00"),
        (coded(["n"] * 30 + ["p"] * 30), "-0.87"),  # the file is sorted by the target
        (coded(["n", "m", "p"] * 20), None),
        (numbers(*(row * 7 % 60 for row in range(60))), None),
        (numbers(*[5.5] * 60), None),
    ],
)
def test_a_dropped_column_that_is_correlated_with_the_target_is_a_warning(y: Values, correlation: str | None) -> None:
    columns = {"id": numbers(*range(60)), "a": numbers(*(row % 7 for row in range(60))), "y": y}
    [finding] = [each for each in findings(columns, train=60) if each.code == "dropped_column"]
    assert finding.level == ("info" if correlation is None else "warning")
    expected = "" if correlation is None else f" But it is correlated with the target ({correlation})."
    assert finding.message == f"The column 'id' was dropped: it only identifies rows.{expected}"


def test_many_dropped_columns_are_counted() -> None:
    rows = 25
    names = {f"who {i}": coded([f"{i} {row}" for row in range(rows)]) for i in range(13)}
    found = findings(names | {"a": numbers(*range(rows)), "y": numbers(*([0, 1, 2, 3, 4] * 5))}, train=rows)
    assert len(found) == 11
    assert found[-1].message == "3 more columns were dropped: 'who 10', 'who 11', 'who 12'."


def test_rows_without_a_target_are_counted() -> None:
    table = table_of({"a": coded(["x", "y"] * 4), "y": coded(["p", None, "q", "p"] * 2)})
    [finding] = find_in_data(supervise(table, ["y"]), split(6))
    assert finding.code == "missing_targets"
    assert "2 of 8 rows have no value in 'y'" in finding.message


def test_a_constant_target_is_named() -> None:
    [finding] = findings({"a": numbers(1, 2, 3), "y": numbers(5000.1, 5000.1, 5000.1)}, train=2, validation=1)
    assert (finding.code, finding.level) == ("constant_target", "warning")
    assert finding.message.startswith("The target 'y' is 5000.1 in all 2 training rows")
    columns = {"a": numbers(1, 2, 3, 4), "y": coded(["n", "n", "p", "p"])}
    found = findings(columns, train=2, validation=2)
    assert [each.code for each in found] == ["constant_target", "unseen_classes"]
    assert "'y' is 'n' in all 2 training rows" in found[0].message


def test_classes_that_no_training_row_has_are_named() -> None:
    columns = {"a": numbers(*range(6)), "y": coded(["n", "p", "n", "q", "q", "p"]), "w": numbers(1, 0, 1, 1, 1, 1)}
    [finding] = findings(columns, train=3, validation=3)
    assert (finding.code, finding.level) == ("unseen_classes", "warning")
    assert "No training row has the class 'q'" in finding.message
    assert "2 validation rows have them" in finding.message
    [weighted] = findings(columns, train=5, validation=1, sample_weight="w")
    assert "No training row with a weight has the class 'p'" in weighted.message


def test_training_rows_without_any_weight_are_an_error() -> None:
    columns = {"a": numbers(1, 2, 3), "w": numbers(0, 0, 1), "y": numbers(1.5, 2, 3)}
    with pytest.raises(ValidationFailed, match="0 in all 2 training rows") as caught:
        findings(columns, train=2, validation=1, sample_weight="w")
    assert [fault.pointer for fault in caught.value.faults] == ["/data/sample_weight"]


def test_supervised_rows_are_not_copied_where_nothing_is_empty() -> None:
    supervised: Supervised = supervise(table_of({"a": numbers(1, 2), "y": numbers(1.5, 2)}), ["y"])
    assert learnable(supervised, np.arange(2)) is supervised


@pytest.mark.parametrize(
    ("count", "text"), [(1, "'n0'"), (MOST_NAMED, None), (MOST_NAMED + 1, "and 1 more"), (MOST_NAMED + 2, "and 2 more")]
)
def test_the_first_names_are_listed_and_the_others_counted(count: int, text: str | None) -> None:
    found = listed([f"n{place}" for place in range(count)])
    assert found.count("'n") == min(count, MOST_NAMED)
    assert found.endswith(text or f"'n{MOST_NAMED - 1}'")
