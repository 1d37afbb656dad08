"""Findings about columns: rare categories, many categories, missing targets."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.columns import constant_inputs, high_cardinality, rare_categories
from steelyard.diagnostics.schema import Finding
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.table import table_of
from steelyard.tabular.values import Values, coded


def findings(values: list[str], **options: Any) -> list[Finding]:
    table = table_of({"city": coded(values)})
    encoder = Encoder.fit(table.columns, np.arange(table.rows), EncoderOptions(**options))
    return [
        finding
        for column in encoder.categories
        for finding in (*rare_categories(column, encoder), *high_cardinality(column, encoder, table.rows))
    ]


def test_columns_of_a_few_frequent_categories_have_nothing_to_tell() -> None:
    assert findings(["Rome", "Oslo", "Bonn"] * 20) == []


def test_inputs_with_one_value_are_named_together() -> None:
    table = table_of({
        "a": Values(np.array([1.0, 1, 1, 2])),
        "b": Values(np.array([1.0, np.nan, 1, 1])),
        "c": coded(["x", "x", "x", "y"]),
        "d": coded(["x", None, "x", "x"]),
    })  # fmt: skip
    [finding] = constant_inputs(table.columns, np.arange(3))
    assert (finding.code, finding.level) == ("constant_inputs", "info")
    assert finding.message == (
        "'a', 'c' have the same value in all 3 training rows, so the network learns nothing from them."
    )
    assert "drop them" in finding.suggestion
    [single] = constant_inputs({"a": table.columns["a"]}, np.arange(3))
    assert "'a' has the same value" in single.message
    assert "learns nothing from it" in single.message
    assert [*constant_inputs(table.columns, np.arange(4))] == []


@pytest.mark.parametrize(("count", "end"), [(1, "'0' has"), (10, "'9' have"), (12, "'9' and 2 more have")])
def test_at_most_ten_inputs_are_named(count: int, end: str) -> None:
    table = table_of({str(place): Values(np.ones(4)) for place in range(count)} | {"z": Values(np.arange(4.0))})
    [finding] = constant_inputs(table.columns, np.arange(4))
    assert finding.message.partition(" the same value")[0].endswith(end)


def test_rare_categories_are_counted_and_named() -> None:
    [finding] = findings(["Rome", "Oslo"] * 20 + ["Bonn", "Riga", "Riga"], min_frequency=3)
    assert (finding.code, finding.level) == ("rare_categories", "info")
    assert "2 of the 4 categories of 'city' share one input" in finding.message
    assert "fewer than 3 training rows" in finding.message
    assert "lower preprocessing.min_frequency" in finding.suggestion
    [finding] = findings(["Rome", "Oslo"] * 20 + ["Bonn"], max_categories=2)
    assert "1 of the 3 categories" in finding.message
    assert "raise preprocessing.max_categories" in finding.suggestion


@pytest.mark.parametrize(("categorical", "words"), [("one_hot", "61 of the network's inputs"), ("embedding", "vector")])
def test_many_categories_are_said_to_be_many(categorical: Any, words: str) -> None:
    values = [f"city {number % 60}" for number in range(240)]
    [finding] = findings(values, categorical=categorical)
    assert finding.code == "high_cardinality"
    assert "60 categories in 240 training rows, 4 rows each" in finding.message
    assert words in finding.message
    assert ("'embedding'" in finding.suggestion) == (categorical == "one_hot")


@pytest.mark.parametrize(
    ("categories", "options"), [(51, {}), (60, {"min_frequency": 3}), (60, {"max_categories": 20})]
)
def test_more_than_fifty_categories_are_many_with_those_that_share_an_input(categories: int, options: Any) -> None:
    values = [f"city {number}" for number in range(40)] * 3 + [f"town {number}" for number in range(categories - 40)]
    found = {finding.code: finding.message for finding in findings(values, **options)}
    assert f"has {categories} categories in {len(values)} training rows" in found["high_cardinality"]
    assert ("rare_categories" in found) == bool(options)


def test_fifty_categories_are_not_many() -> None:
    assert findings([f"city {number}" for number in range(50)] * 2) == []
