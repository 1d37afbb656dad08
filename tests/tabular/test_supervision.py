"""What a table is taken for."""

from typing import Any

import numpy as np
import pytest

from steelyard.errors import ValidationFailed
from steelyard.tabular.faults import MOST_FAULTS
from steelyard.tabular.json_table import read_inline
from steelyard.tabular.supervision import EMPTY, Supervised, learnable, missing_fault, supervise
from steelyard.tabular.table import Table, table_of
from steelyard.tabular.values import Values, booleans, coded

TWO = {"a": [1, 2], "b": [1, 2]}


def made(columns: dict[str, Any]) -> Table:
    """A table of arrays of numbers and lists of anything else."""

    def values(of: Any) -> Values:
        if isinstance(of, np.ndarray):
            return Values(of)
        return booleans(of) if isinstance(of[0], bool) else coded(of)

    return table_of({name: values(of) for name, of in columns.items()})


def learn(labels: list[Any], *, columns: dict[str, list[Any]] | None = None, **options: Any) -> Supervised:
    """What is learned from rows with `labels` as the target `t`, beside `columns` or else one of numbers, `a`."""
    made = (columns or {"a": [*range(len(labels))]}) | {"t": labels}
    table, _ = read_inline({"rows": [dict(zip(made, row, strict=True)) for row in zip(*made.values(), strict=True)]})
    return supervise(table, ["t"], **options)


def faults(*args: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        learn(*args, **options)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("target", "task", "classes"),
    [
        (["b", "a", "b"], "binary", ["a", "b"]),
        (["é", "a\0", "a"], "multiclass", ["a", "a\0", "é"]),
        ([True, False, True], "binary", [False, True]),
        ([3, 1, 2] * 2, "multiclass", [1, 2, 3]),
        ([1, -2.0, 1], "binary", [-2, 1]),
        ([1.5, 2, 3], "regression", None),
        ([*range(20)] * 2, "multiclass", [*range(20)]),
        ([*range(20)], "regression", None),
        ([*range(21)] * 9, "regression", None),
        ([f"label {i:02}" for i in range(30)], "multiclass", [f"label {i:02}" for i in range(30)]),
    ],
)
def test_auto_finds_the_task(target: list[Any], task: str, classes: list[Any] | None) -> None:
    found = learn(target)
    assert (found.task, found.classes) == (task, classes)
    if classes is None:
        assert found.y.dtype == np.float64
        assert found.y[:, 0].tolist() == target
        assert found.outputs == 1
    else:
        assert found.y.dtype == np.int64
        assert [classes[index] for index in found.y] == target
        assert found.outputs == (1 if task == "binary" else len(classes))


def test_a_task_that_is_asked_for_is_taken() -> None:
    assert learn([0, 1, 1], task="regression").y.tolist() == [[0], [1], [1]]
    assert learn([0, 1, 1], task="multiclass").outputs == 2
    assert learn([*range(30)], task="multiclass").outputs == 30


def test_several_numeric_targets_are_a_regression() -> None:
    found = learn([1, 0, 2], columns={"a": [1, 2, 3], "b": [0, 0, 1]}, target=["b", "t"])
    assert (found.task, found.targets, found.outputs) == ("regression", ["b", "t"], 2)
    assert found.y.tolist() == [[0, 1], [0, 0], [1, 2]]


def test_columns_can_be_chosen_and_left_out() -> None:
    columns: dict[str, list[Any]] = {"a": [1, 2], "b": [3, 4], "note": ["x", None]}
    assert learn([0.5, 1], columns=columns, ignore=["a", "note"]).features == ["b"]
    assert learn([0.5, 1], columns=columns, features=["b", "a"]).features == ["b", "a"]
    assert learn([0.5, 1], columns=columns, target=["b"], ignore=["note"]).features == ["a", "t"]


@pytest.mark.parametrize(
    ("labels", "y"),
    [
        (["b", None, "a", None, "b"], [1, 0, 1]),
        ([None, None, True, True, False], [1, 1, 0]),
        ([2.5, 3.5, None, None, 1.5], [[2.5], [3.5], [1.5]]),
    ],
)
def test_rows_that_lack_a_target_are_left_out(labels: list[Any], y: list[Any]) -> None:
    found = learn(labels, columns={"a": [10.0, 11.0, 12.0, None, None], "b": ["p", "q", None, "r", "s"]})
    kept = [row for row, label in enumerate(labels) if label is not None]
    assert (found.rows, found.rows_left_out, found.y.tolist()) == (3, 2, y)
    assert found.table.numbers_of(np.arange(3)).tolist() == kept
    for name, values in {"a": [10.0, 11.0, 12.0, None, None], "b": ["p", "q", None, "r", "s"]}.items():
        assert found.inputs[name].values.to_list() == [values[row] for row in kept]
        assert found.table.locate(name, 2) == f"/data/inline/rows/{kept[2]}/{name}"


def test_a_row_that_lacks_one_of_several_targets_is_left_out() -> None:
    columns: dict[str, list[Any]] = {"a": [1, 2, 3, 4], "b": [None, 5, 6, 7]}
    found = learn([1, 2, None, 4], columns=columns, target=["b", "t"])
    assert (found.y.tolist(), found.rows_left_out) == ([[5, 2], [7, 4]], 2)


def test_weights_are_looked_at_in_rows_that_have_a_target() -> None:
    columns: dict[str, list[Any]] = {"a": [1, 2, 3], "w": [1, -5, 2]}
    found = learn([1.5, None, 2.5], columns=columns, sample_weight="w")
    assert found.weights is not None
    assert found.weights.tolist() == [1, 2]
    refused = {"a": [1, 2, 3], "w": [1, -5, -2]}
    assert faults([1.5, None, 2.5], columns=refused, sample_weight="w") == {
        "/data/inline/rows/2/w": "is -2; the weight of a row must be at least 0"
    }


def test_booleans_and_texts_are_inputs() -> None:
    found = learn([1, 2], columns={"a": [True, False], "b": ["x", None]})
    assert {name: column.kind for name, column in found.inputs.items()} == {"a": "boolean", "b": "categorical"}


def test_columns_that_only_tell_rows_apart_are_left_out_unless_they_are_named() -> None:
    columns = {"id": [*range(30)], "who": [f"person {i}" for i in range(30)], "a": [i % 7 for i in range(30)]}
    labels = [i % 2 for i in range(30)]
    found = learn(labels, columns=columns)
    assert (found.features, {*found.left_out}) == (["a"], {"id", "who"})
    assert learn(labels, columns=columns, features=["id", "a"]).features == ["id", "a"]
    with pytest.raises(ValidationFailed, match="who can be named in 'features'"):
        learn(labels, columns={"who": columns["who"]})


def test_a_job_without_inputs_is_told_why_a_column_is_none() -> None:
    days = [f"{day:02}.11.26" for day in range(1, 31)]
    with pytest.raises(ValidationFailed, match=r"'features'\. The values of 'on' look like dates, but were read as"):
        learn([1, 2] * 15, columns={"on": days})


@pytest.mark.parametrize(
    ("target", "options", "place", "word"),
    [
        (["a", "a"], {}, "/data/inline/rows", "has 'a' as 't' in every row"),
        ([7, 7], {}, "/data/inline/rows", "has 7 as 't' in every row"),
        ([1], {}, "/data", "has 1 rows; training needs at least 2"),
        ([1, None], {}, "/data", "has 2 rows, of which 1 with a target; training needs at least 2"),
        ([None, None], {}, "/data", "has 2 rows, of which 0 with a target"),
        ([None, "a", "a"], {}, "/data/inline/rows", "has 'a' as 't' in every row"),
        ([1, 2], {"target": ["u"]}, "/data/target", "is 'u'; no column has that name"),
        ([1, 2], {"target": ["t", "t"]}, "/data/target/1", "is already the target"),
        ([1, 2], {"ignore": ["a"]}, "/data", "no input columns"),
        ([1, 2], {"ignore": ["aa"]}, "/data/ignore/0", "did you mean 'a'?"),
        ([1, 2], {"ignore": ["t"]}, "/data/ignore/0", "is already the target"),
        ([1, 2], {"features": ["t"]}, "/data/features/0", "is already the target"),
        ([1, 2], {"features": ["a", "a"]}, "/data/features/1", "is already an input"),
        ([1, 2], {"features": ["a"], "ignore": ["a"]}, "/data/ignore/0", "is already an input"),
        ([1, 2, 3], {"task": "binary"}, "/task", "has 3 classes"),
        ([1.5, 2, 3], {"task": "multiclass"}, "/task", "fractional values"),
        (["a", "b"], {"task": "regression"}, "/task", "is not numeric"),
        ([1, 2], {"target": ["a", "t"], "columns": TWO, "task": "binary"}, "/task", "one target"),
        (["p", "q"], {"target": ["a", "t"], "columns": TWO}, "/data/target", "must all be numeric"),
        ([*range(10_001)], {"task": "multiclass"}, "/data/inline/rows", "the most is 10000"),
    ],
)  # fmt: skip
def test_impossible_options_are_rejected(target: list[Any], options: dict[str, Any], place: str, word: str) -> None:
    found = faults(target, **options)
    assert {*found} == {place}
    assert word in found[place]


def test_every_column_at_fault_is_named_up_to_a_bound() -> None:
    assert {*faults([1, 2], ignore=["no"], features=["none"])} == {"/data/features/0", "/data/ignore/0"}
    assert len(faults([1, 2], ignore=[f"no {i}" for i in range(500)])) == MOST_FAULTS + 1


def test_the_target_must_be_named_where_it_is_not_clear() -> None:
    table, targets = read_inline({"rows": [{f"c{i}": i for i in range(30)}] * 2})
    with pytest.raises(ValidationFailed, match=r"name the column to predict, of c0, .* and 20 more"):
        supervise(table, targets)


def test_a_column_of_weights_is_no_input() -> None:
    table = made({"a": np.array([1.0, 2.0]), "w": np.array([0.5, 2.0]), "y": np.array([0.5, 1.5])})
    found = supervise(table, ["y"], sample_weight="w")
    assert found.features == ["a"]
    assert found.weights is not None
    assert found.weights.tolist() == [0.5, 2.0]


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.array([1.0, -1.0]), "is -1; the weight of a row must be at least 0"),
        (np.array([np.nan, 1.0]), "is null; the weight of a row"),
        (np.zeros(2), "is 0 in every row"),
        (["a", "b"], "is not numeric"),
    ],
)
def test_weights_that_weigh_nothing_are_refused(weights: Any, words: str) -> None:
    table = made({"a": np.array([1.0, 2.0]), "w": weights, "y": np.array([0.5, 1.5])})
    with pytest.raises(ValidationFailed, match=words):
        supervise(table, ["y"], sample_weight="w")


def test_several_targets_of_booleans_are_labels() -> None:
    truth = [True, False, True]
    table = made({"a": np.arange(3.0), "b": truth, "c": truth[::-1]})
    found = supervise(table, [], target=["b", "c"])
    assert (found.task, found.classes, found.outputs) == ("multilabel", None, 2)
    assert found.y.tolist() == [[1, 1], [0, 0], [1, 1]]
    numbers = made({"a": np.arange(3.0), "b": np.array([0.0, 1.0, 2.0]), "c": np.ones(3)})
    with pytest.raises(ValidationFailed, match="has values other than 0 and 1"):
        supervise(numbers, [], target=["b", "c"], task="multilabel")


def test_an_input_without_a_value_in_the_training_rows_is_dropped_and_others_stay() -> None:
    columns = {"a": np.arange(4.0), "b": np.array([np.nan, np.nan, 1.0, 2.0]), "c": [None, None, None, "x"]}
    found = supervise(made({**columns, "y": np.array([0.5, 1, 2, 3])}), ["y"])
    few = learnable(found, np.array([0, 1]))
    assert (few.features, few.left_out) == (["a"], {"b": EMPTY, "c": EMPTY})
    some = learnable(found, np.array([0, 2]))
    assert (some.features, some.left_out) == (["a", "b"], {"c": EMPTY})
    assert learnable(found, np.arange(4)) is found
    with pytest.raises(ValidationFailed, match="has no value in the 2 training rows of b, c"):
        learnable(supervise(made({**columns, "y": np.arange(4.0) / 3}), ["y"], features=["b", "c"]), np.array([0, 1]))


def test_columns_that_were_dropped_before_are_still_listed() -> None:
    columns: dict[str, Any] = {"id": [*range(30)], "a": [i % 7 for i in range(30)], "b": [None] * 29 + [1.5]}
    found = learn([i % 2 for i in range(30)], columns=columns)
    assert {*learnable(found, np.arange(29)).left_out} == {"id", "b"}


@pytest.mark.parametrize("weights", [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
def test_a_training_row_needs_a_weight(weights: list[float]) -> None:
    table = made({"a": np.arange(3.0), "w": np.array(weights), "y": np.array([0.5, 1.5, 2.5])})
    found = supervise(table, ["y"], sample_weight="w")
    if weights[1]:
        learnable(found, np.array([0, 1]))
    else:
        with pytest.raises(ValidationFailed, match="is 0 in all 2 training rows"):
            learnable(found, np.array([0, 1]))


@pytest.mark.parametrize(
    ("values", "words", "row"),
    [
        ([1, None, 3], "has no value in row 1; every row needs one", 1),
        ([None, 2, None], "has no value in 2 rows, row 0 the first; every row needs one", 0),
    ],
)
def test_rows_without_a_value_are_counted_with_the_first(values: list[Any], words: str, row: int) -> None:
    table, _ = read_inline({"rows": [{"a": value, "y": 1.5} for value in values]})
    fault = missing_fault(table, "a")
    assert (fault.pointer, fault.detail) == (f"/data/inline/rows/{row}/a", f"is null: an input, 'a', {words}")


@pytest.mark.parametrize(("count", "words"), [(10, "c9)"), (11, "c9 and 1 more)"), (12, "c9 and 2 more)")])
def test_ten_names_are_listed_and_the_others_counted(count: int, words: str) -> None:
    table = made({f"c{place}": np.arange(2.0) + 0.5 for place in range(count)})
    with pytest.raises(ValidationFailed) as caught:
        supervise(table, [])
    [fault] = caught.value.faults
    assert f"{fault.detail})".endswith(words)
