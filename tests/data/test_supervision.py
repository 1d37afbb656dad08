"""What a table is taken for."""

from typing import Any

import numpy as np
import pytest

from steelyard.data import builtin
from steelyard.data.supervision import supervise
from steelyard.data.table import Table
from steelyard.errors import ValidationFailed


def table(target: list[Any], **columns: list[Any]) -> Table:
    made = columns or {"a": [float(i) for i in range(len(target))]}
    return Table({name: as_column(values) for name, values in (made | {"t": target}).items()})


def as_column(values: list[Any]) -> Any:
    numeric = all(isinstance(value, float) for value in values)
    return np.array(values, float if numeric else object)


@pytest.mark.parametrize(
    ("target", "task", "classes"),
    [
        (["a", "b", "a"], "binary", ["a", "b"]),
        ([True, False, True], "binary", [False, True]),
        ([1.0, 2.0, 3.0], "multiclass", [1, 2, 3]),
        ([1.0, 2.0, 1.0], "binary", [1, 2]),
        ([1.5, 2.0, 3.0], "regression", None),
        ([float(i) for i in range(21)], "regression", None),
    ],
)
def test_auto_finds_the_task(target: list[Any], task: str, classes: list[Any] | None) -> None:
    found = supervise(table(target), ["t"])
    assert (found.task, found.classes) == (task, classes)
    if classes is not None:
        assert [classes[index] for index in found.y] == target


@pytest.mark.parametrize("name", builtin.BUILTINS)
def test_every_builtin_has_the_task_that_it_says(name: str) -> None:
    assert supervise(builtin.load(name), [builtin.TARGET]).task == builtin.BUILTINS[name].task


def test_generated_data_heed_their_parameters() -> None:
    first, second = (builtin.load("spirals", n_samples=40, noise=0.3, seed=s) for s in (1, 2))
    assert first.rows == 40
    assert first.columns["x0"].tobytes() != second.columns["x0"].tobytes()
    assert (
        first.columns["x0"].tobytes()
        == builtin.load("spirals", n_samples=40, noise=0.3, seed=1).columns["x0"].tobytes()
    )


def test_columns_can_be_chosen_and_left_out() -> None:
    made = table([0.5, 1.0], a=[1.0, 2.0], b=[3.0, 4.0])
    assert supervise(made, ["t"], ignore=["a"]).features == ["b"]
    assert supervise(made, ["t"], features=["b", "a"]).x.tolist() == [[3, 1], [4, 2]]
    assert supervise(made, ["t"], target=["a", "b"]).targets == ["a", "b"]


@pytest.mark.parametrize(
    ("made", "options", "place", "word"),
    [
        (table(["a", "a"]), {}, "/data", "nothing to learn"),
        (table([1.0]), {}, "/data", "at least 2"),
        (table(["a", None]), {}, "/data", "row 1"),
        (table([1.0, 2.0], a=["x", "y"]), {}, "/data", "holds text"),
        (table([1.0, 2.0], a=[1.0, float("nan")]), {}, "/data", "no value in row 1"),
        (table([1.0, 2.0]), {"target": ["u"]}, "/data/target", "no column"),
        (table([1.0, 2.0]), {"ignore": ["a"]}, "/data/features", "no column to learn from"),
        (table([1.0, 2.0]), {"features": ["t"]}, "/data/features", "is the target"),
        (table([1.0, 2.0, 3.0]), {"task": "binary"}, "/task", "3 classes"),
        (table([1.5, 2.0, 3.0]), {"task": "multiclass"}, "/task", "fractions"),
        (table(["a", "b"]), {"task": "regression"}, "/task", "does not hold numbers"),
    ],
)
def test_impossible_wishes_are_refused(made: Table, options: dict[str, Any], place: str, word: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        supervise(made, ["t"], **options)
    assert any(fault.pointer == place and word in fault.detail for fault in caught.value.faults), caught.value.faults


def test_the_target_must_be_named_where_it_is_not_clear() -> None:
    with pytest.raises(ValidationFailed, match="name the column"):
        supervise(table([1.0, 2.0]), [])


def test_booleans_are_inputs() -> None:
    assert supervise(table([1.0, 2.0], a=[True, False]), ["t"]).x.tolist() == [[1], [0]]
