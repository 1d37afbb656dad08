"""Which rows a job trains on: complete and disjoint, as its holdouts say, and what is wrong with these."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.nn.rng import Streams
from steelyard.tabular.split import Split
from steelyard.tabular.supervision import Supervised, supervise
from steelyard.tabular.table import stack, table_of
from steelyard.tabular.values import Values, booleans, coded
from steelyard.training.schema import JobSpec
from steelyard.training.splits import divide, fixed_rows, room_faults, way_faults

ROWS = 60
ID = f"ds_{'a' * 26}"


def spec(**fields: Any) -> JobSpec:
    return JobSpec.model_validate({"data": {"builtin": "iris"}, "layers": [], "validation": None, **fields})


def supervised(rows: int = ROWS, *others: int, **columns: Values) -> Supervised:
    """Rows, and those of other data sets behind them."""

    def table(count: int) -> Any:
        made = {
            "a": Values(np.arange(float(count))),
            "person": coded([f"p{n % 12:02}" for n in range(count)]),
            "day": Values(np.arange(float(count))[::-1].copy()),
            "part": coded(["held" if n % 4 == 0 else "free" for n in range(count)]),
            "flag": booleans([n % 5 == 0 for n in range(count)]),
            "y": coded(["rare" if n % 10 == 0 else "often" for n in range(count)]),
        }
        return table_of(made | columns)

    tables = [table(count) for count in (rows, *others)]
    return supervise(stack(tables) if others else tables[0], ["y"])


def split(asked: JobSpec, rows: Supervised, seed: int = 0) -> Split:
    made = divide(asked, rows, Streams.spawn(seed))
    together = np.concatenate([made.train, made.validation, made.test])
    assert sorted(together.tolist()) == [*range(rows.rows)]
    return made


HOLDOUT = st.none() | st.fixed_dictionaries({"fraction": st.floats(0.05, 0.4)})


@given(validation=HOLDOUT, test=HOLDOUT, seed=st.integers(0, 2**32))
def test_every_row_is_in_one_part_and_the_seed_decides(validation: Any, test: Any, seed: int) -> None:
    asked, rows = spec(validation=validation, test=test), supervised()
    made = split(asked, rows, seed)
    for holdout, part in ((validation, made.validation), (test, made.test)):
        assert len(part) == (0 if holdout is None else max(1, round(ROWS * holdout["fraction"])))
    again = split(asked, rows, seed)
    assert all(np.array_equal(getattr(made, part), getattr(again, part)) for part in ("train", "validation", "test"))


def test_a_stratified_split_keeps_the_share_of_each_class() -> None:
    rows = supervised()
    made = split(spec(validation={"fraction": 0.5, "stratify": True}), rows)
    assert np.bincount(rows.y[made.validation]).tolist() == [27, 3]


def test_rows_of_a_group_stay_together() -> None:
    made = split(spec(validation={"fraction": 0.25, "group": "person"}, test={"fraction": 0.25, "group": "person"}),
                 supervised())  # fmt: skip
    groups = [{row % 12 for row in part.tolist()} for part in (made.train, made.validation, made.test)]
    assert [len(group) for group in groups] == [6, 3, 3]


def test_rows_without_a_group_are_a_group() -> None:
    rows = supervised(person=coded([None if n < 15 else f"p{n % 3}" for n in range(ROWS)]))
    made = split(spec(validation={"fraction": 0.25, "group": "person"}), rows)
    missing = {*range(15)}
    assert missing <= {*made.validation.tolist()} or not missing & {*made.validation.tolist()}


def test_the_last_rows_in_the_order_of_a_column_are_held_out() -> None:
    made = split(spec(validation={"fraction": 0.1, "time": "day"}, test={"fraction": 0.2, "time": "day"}), supervised())
    assert made.test.tolist() == [*range(12)]  # `day` falls from row to row
    assert made.validation.tolist() == [*range(12, 18)]


@pytest.mark.parametrize(
    ("column", "value", "held"),
    [
        ("part", "held", lambda n: n % 4 == 0),
        ("flag", True, lambda n: n % 5 == 0),
        ("flag", False, lambda n: n % 5 > 0),
        ("a", 3.0, lambda n: n == 3),
        ("a", 3, lambda n: n == 3),
    ],
)
def test_rows_with_a_value_are_held_out(column: str, value: Any, held: Any) -> None:
    made = split(spec(test={"column": column, "value": value}), supervised())
    assert made.test.tolist() == [n for n in range(ROWS) if held(n)]


@pytest.mark.parametrize(("column", "value"), [("part", "Held"), ("part", 1.0), ("flag", "true"), ("a", "3")])
def test_a_value_of_another_type_marks_no_row(column: str, value: Any) -> None:
    asked, rows = spec(test={"column": column, "value": value}), supervised()
    assert fixed_rows(asked, rows)["test"].tolist() == []
    [fault] = room_faults(asked, rows)
    assert (fault.pointer, f"which no row has in {column!r}" in fault.detail) == ("/test/value", True)


def test_fixed_rows_are_no_part_of_what_is_drawn() -> None:
    asked = spec(validation={"fraction": 0.5}, test={"column": "part", "value": "held"})
    made = split(asked, supervised())
    assert made.test.tolist() == [*range(0, ROWS, 4)]
    assert len(made.validation) == 22  # half of the 45 that are left, rounded to even
    assert not {*made.validation.tolist()} & {*made.test.tolist()}


def test_rows_of_other_data_sets_come_in_the_order_of_the_parts() -> None:
    rows = supervised(ROWS, 7, 5)
    made = split(spec(validation={"dataset": ID}, test={"dataset": ID}), rows)
    assert made.validation.tolist() == [*range(60, 67)]
    assert made.test.tolist() == [*range(67, 72)]
    alone = split(spec(test={"dataset": ID}), supervised(ROWS, 7))
    assert alone.test.tolist() == [*range(60, 67)]


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"validation": {"group": "g", "time": "t"}}, "/validation/time", "together with 'group'"),
        ({"test": {"dataset": ID, "column": "c", "value": 1}}, "/test/dataset", "together with 'column'"),
        ({"test": {"dataset": ID, "fraction": 0.1}}, "/test/fraction", "already determines the rows"),
        ({"validation": {"column": "c", "value": 1, "fraction": 0.1}}, "/validation/fraction", "already determines"),
        ({"validation": {"time": "t", "stratify": True}}, "/validation/stratify", "only a random split"),
        ({"test": {"column": "c"}}, "/test/value", "must be the value"),
        ({"test": {"value": 3}}, "/test/value", "must be the value"),
        ({"validation": {"fraction": 0.5}, "test": {"fraction": 0.5}}, "/test/fraction", "makes 1; their sum"),
        ({"validation": {"group": "g"}, "test": {"time": "t"}}, "/test", "is split differently"),
    ],
)
def test_holdouts_that_contradict_each_other_are_named(fields: dict[str, Any], place: str, words: str) -> None:
    [fault] = way_faults(spec(**fields))
    assert fault.pointer == place
    assert words in fault.detail


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"validation": {"fraction": 0.3, "stratify": True}, "test": {"fraction": 0.6, "stratify": True}},
        {"validation": {"group": "g", "fraction": 0.2}, "test": {"group": "g"}},
        {"validation": {"time": "t"}, "test": {"column": "c", "value": False}},
        {"validation": {"dataset": ID}, "test": {"fraction": 0.9}},
    ],
)
def test_holdouts_that_go_together_have_no_fault(fields: dict[str, Any]) -> None:
    assert [*way_faults(spec(**fields))] == []


@pytest.mark.parametrize(
    ("fields", "rows", "places"),
    [
        ({"validation": {"fraction": 0.2}}, supervised(), []),
        ({}, supervised(2), []),
        ({"validation": {"fraction": 0.9}}, supervised(2), ["/validation/fraction"]),
        ({"validation": {"fraction": 0.5}, "test": {"fraction": 0.4}}, supervised(2), ["/validation/fraction"]),
        ({"test": {"column": "y", "value": "often"}, "validation": {"column": "y", "value": "rare"}}, supervised(),
         ["/validation"]),
        ({"test": {"column": "part", "value": "held"}, "validation": {"column": "a", "value": 4}}, supervised(),
         ["/test"]),
        ({"validation": {"time": "part"}}, supervised(), ["/validation/time"]),
        ({"validation": {"time": "day"}}, supervised(day=Values(np.array([np.nan, *range(59)]))), ["/validation/time"]),
        ({"test": {"group": "person"}}, supervised(person=coded(["p"] * ROWS)), ["/test/group"]),
    ],
)  # fmt: skip
def test_holdouts_that_the_rows_do_not_allow_are_named(
    fields: dict[str, Any], rows: Supervised, places: list[str]
) -> None:
    assert [fault.pointer for fault in room_faults(spec(**fields), rows)] == places


def test_another_data_set_needs_a_row_with_a_target() -> None:
    rows = supervised(ROWS, 5)
    known = rows.table.only(np.arange(ROWS))
    made = supervise(known, ["y"])
    [fault] = room_faults(spec(test={"dataset": ID}), made)
    assert (fault.pointer, "which has no row with a target" in fault.detail) == ("/test/dataset", True)
