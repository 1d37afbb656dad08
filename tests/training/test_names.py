"""Weights are named by what their axes stand for, whatever the order of the columns."""

from typing import Any

import numpy as np
import pytest

from steelyard.nn.axes import NamedTensor
from steelyard.tabular.encoder import Encoder
from steelyard.training.inline import read_sent
from steelyard.training.names import name_weights
from steelyard.training.sources import load_data
from tests.conftest import no_tables
from tests.training.jobs import job, read

CITIES = ["Bern", "Oslo", "Rome"]


def names(y: list[Any], target: Any = "y", **fields: Any) -> dict[str, NamedTensor]:
    """The names of the weights of a job on a number and a city."""
    several = y if isinstance(y[0], dict) else [{"y": value} for value in y]
    rows = [{"age": n * 1.5, "city": CITIES[n % 3], **each} for n, each in enumerate(several)]
    document = job(data={"inline": {"rows": rows}, "target": target}, layers=[4], validation=None, **fields)
    spec = read(document).spec
    supervised = load_data(spec, read_sent(document["data"]["inline"]), no_tables)
    encoder = Encoder.fit(supervised.inputs, np.arange(len(rows)), spec.preprocessing.to_options())
    return dict(name_weights(spec, encoder, supervised.targets, supervised.classes))


@pytest.mark.parametrize(
    ("y", "target", "outputs"),
    [
        ([False, True] * 6, "y", ("class true rather than false",)),
        (["a", "b", "c"] * 4, "y", ("class a", "class b", "class c")),
        ([1.5, 2.25, 3] * 4, "y", ("value of y",)),
        ([{"p": True, "q": False}, {"p": False, "q": False}, {"p": True, "q": True}] * 4, ["p", "q"],
         ("label p", "label q")),
        ([{"p": 1.5, "q": 7}, {"p": 2.25, "q": 8.5}, {"p": 3.0, "q": 0}] * 4, ["p", "q"], ("value of p", "value of q")),
    ],
)  # fmt: skip
def test_outputs_are_named_by_class_or_target(y: list[Any], target: Any, outputs: tuple[str, ...]) -> None:
    found = names(y, target)
    assert [*found] == ["dense_1/kernel", "dense_1/bias", "output/kernel", "output/bias"]
    assert found["output/kernel"].axes == (4, outputs)
    assert found["output/bias"].axes == (outputs,)


def test_inputs_are_named_by_column_and_category() -> None:
    found = names([1.5, 2.25, 3] * 4)
    inputs = ("age", "city=Bern", "city=Oslo", "city=Rome", "city is unknown")
    assert found["dense_1/kernel"].axes == (inputs, 4)
    assert found["dense_1/kernel"].shape == (5, 4)
    assert found["dense_1/bias"].axes == (4,)


def test_an_embedding_has_a_table_for_each_column_with_a_row_for_each_category() -> None:
    found = names([1.5, 2.25, 3] * 4, preprocessing={"categorical": "embedding"})
    tables = {name: tensor for name, tensor in found.items() if name.startswith("embedding_1/")}
    [table] = tables.values()
    assert table.axes[0] == ("city=Bern", "city=Oslo", "city=Rome", "city is unknown")
    assert table.key == "embedding_1/table of city"


def test_the_tensors_of_an_ensemble_are_those_of_each_member() -> None:
    alone = names([1.5, 2.25, 3] * 4, preprocessing={"categorical": "embedding"})
    several = names([1.5, 2.25, 3] * 4, preprocessing={"categorical": "embedding"}, ensemble=2)
    assert [*several] == [f"member_{number}.{name}" for number in (1, 2) for name in alone]
    for name, tensor in alone.items():
        assert several[f"member_2.{name}"].axes == tensor.axes
        assert several[f"member_2.{name}"].key == f"member_2.{tensor.key}"
