"""The rows that a job names, and what is wrong with the names."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from steelyard.errors import NotFound, ValidationFailed
from steelyard.tabular.builtin import BUILTINS
from steelyard.tabular.supervision import Supervised
from steelyard.tabular.table import Table, table_of
from steelyard.tabular.values import Values, booleans, coded
from steelyard.training.inline import read_sent
from steelyard.training.schema import JobSpec
from steelyard.training.sources import datasets_of, load_data, marking_columns

ID, OTHER, THIRD = (f"ds_{letter * 26}" for letter in "abc")
INLINE = {"x": [[1, 2], [3, 4], [5, 6]], "y": [0, 1, 1]}


def spec(data: dict[str, Any], **fields: Any) -> JobSpec:
    return JobSpec.model_validate({"data": data, "layers": [], **fields})


def table(rows: int = 6, **columns: Any) -> Table:
    made: dict[str, Any] = {
        "age": Values(np.arange(float(rows))),
        "city": coded([f"c{n % 3}" for n in range(rows)]),
        "y": booleans([n % 2 == 0 for n in range(rows)]),
    }
    return table_of({name: values for name, values in (made | columns).items() if values is not None})


def load(asked: JobSpec, tables: Mapping[str, Table]) -> Supervised:
    def find(dataset_id: str) -> Table:
        if dataset_id not in tables:
            raise NotFound(f"there is no data set {dataset_id!r}")
        return tables[dataset_id]

    return load_data(asked, None, find)


def faults(asked: JobSpec, tables: Mapping[str, Table]) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        load(asked, tables)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


@pytest.mark.parametrize("name", [name for name, each in BUILTINS.items() if each.generated])
def test_a_generated_data_set_is_made_as_the_job_says(name: str) -> None:
    asked = {"builtin": name, "n_samples": 30, "noise": 0.5, "seed": 4}
    one, same = load(spec(asked), {}), load(spec(asked), {})
    other = load(spec({**asked, "seed": 5}), {})
    quiet = load(spec({**asked, "noise": 0.0}), {})
    assert one.rows == 30

    def values(made: Supervised) -> np.ndarray:
        return np.stack([column.values.array for column in made.inputs.values()])

    assert (values(one) == values(same)).all()
    assert (values(one) != values(other)).any()
    assert (values(one) != values(quiet)).any()


def test_rows_inside_the_request_are_read_as_they_were_sent_and_as_they_were_stored() -> None:
    inline = read_sent(INLINE)
    asked = spec({"inline": inline.summary})
    for given in (inline, inline.content):
        made = load_data(asked, given, lambda _: pytest.fail("no data set is named"))
        assert (made.features, made.targets, made.y.tolist()) == (["x0", "x1"], ["y"], [0, 1, 1])


@pytest.mark.parametrize("name", ["target", "y", "label", "class"])
def test_a_data_set_has_a_target_by_its_name_unless_the_job_names_one(name: str) -> None:
    columns: dict[str, Any] = {"y": None, name: booleans([True, False] * 3)}
    tables = {ID: table(**columns)}
    if name in ("target", "y"):
        assert load(spec({"dataset": ID}), tables).targets == [name]
    else:
        assert "/data/target" in faults(spec({"dataset": ID}), tables)
    named = load(spec({"dataset": ID, "target": ["city"]}), tables)
    assert (named.targets, named.features) == (["city"], ["age", name])


def test_types_in_the_job_are_used_for_every_data_set_that_it_names() -> None:
    tables = {ID: table(), OTHER: table(4)}
    asked = spec({"dataset": ID, "columns": {"age": {"type": "category"}}}, validation={"dataset": OTHER})
    made = load(asked, tables)
    assert made.inputs["age"].kind == "categorical"
    assert made.rows == 10
    assert made.table.starts == (0, 6)


def test_a_data_set_that_is_not_there_is_named_where_the_job_names_it() -> None:
    assert faults(spec({"dataset": ID}), {}) == {"/data/dataset": f"is {ID!r}; there is no data set {ID!r}"}
    found = faults(spec({"dataset": ID}, test={"dataset": OTHER}), {ID: table()})
    assert [*found] == ["/test/dataset"]


def test_columns_that_mark_rows_must_exist_and_are_no_inputs() -> None:
    tables = {ID: table(Group=coded(["a", "b"] * 3))}
    asked = spec({"dataset": ID}, validation={"group": "Group"})
    assert load(asked, tables).features == ["age", "city"]
    found = faults(spec({"dataset": ID}, validation={"group": "Grup"}, test={"time": "aeg"}), tables)
    assert found.keys() == {"/validation/group", "/test/time"}
    assert "did you mean 'Group'?" in found["/validation/group"]


def test_a_column_of_times_stays_an_input() -> None:
    made = load(spec({"dataset": ID}, validation={"time": "age"}), {ID: table()})
    assert made.features == ["age", "city"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"age": None}, "has no column 'age', which the training data has"),
        ({"age": coded(["x"] * 6)}, "has categorical values in 'age'; the training data has numeric values"),
        (
            {"age": coded([f"2026-11-0{n + 1}" for n in range(6)])},
            "has datetime values in 'age'; the training data has",
        ),
        ({"city": Values(np.arange(6.0))}, "has numeric values in 'city'; the training data has categorical values; "),
    ],
)
def test_a_data_set_of_other_columns_is_rejected(columns: dict[str, Any], words: str) -> None:
    tables = {ID: table(), OTHER: table(**columns)}
    [(place, detail)] = faults(spec({"dataset": ID}, validation={"dataset": OTHER}), tables).items()
    assert place == "/validation/dataset"
    assert words in detail
    assert ("?texts=city" in detail) == ("city" in columns)


def test_a_column_without_any_value_fits_every_column() -> None:
    tables = {ID: table(), OTHER: table(city=Values(np.full(6, np.nan)), more=Values(np.zeros(6)))}
    made = load(spec({"dataset": ID}, validation={"dataset": OTHER}), tables)
    assert made.features == ["age", "city"]
    assert made.table.columns["city"].missing == 6


def test_the_data_sets_of_a_job_are_listed_once() -> None:
    asked = spec({"dataset": OTHER}, validation={"dataset": ID}, test={"dataset": OTHER})
    assert datasets_of(asked) == [ID, OTHER]
    assert datasets_of(spec({"builtin": "iris"})) == []


def test_marking_columns_are_listed_with_their_places() -> None:
    asked = spec({"builtin": "iris"}, validation={"group": "g"}, test={"column": "c", "value": 1})
    assert [*marking_columns(asked)] == [("/validation/group", "g"), ("/test/column", "c")]
    assert [*marking_columns(asked, ("column",))] == [("/test/column", "c")]
