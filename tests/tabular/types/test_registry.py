"""Every column type is known by its name, and made again from its JSON."""

import json
from typing import Any

import pytest

from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.registry import ALL, TYPES, candidates, type_from_json
from steelyard.tabular.types.time_of_day import TimeOfDay


def subclasses(kind: type[Any]) -> set[type[Any]]:
    return {kind} | {each for sub in kind.__subclasses__() for each in subclasses(sub)}


def test_every_type_is_in_the_registry_under_its_own_name() -> None:
    named = {kind for kind in subclasses(ColumnType) if "name" in vars(kind)}
    assert {*ALL} == named == {*TYPES.values()}
    assert len(TYPES) == len(ALL)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("missing", [(), ("n/k", -999.0)])
def test_a_type_is_made_again_from_its_json(kind: type[ColumnType], missing: tuple[Any, ...]) -> None:
    made = kind(missing=missing)
    assert type_from_json(json.loads(json.dumps(made.to_json()))) == made
    assert made.to_json()["type"] == kind.name


@pytest.mark.parametrize("kind", [Number(decimal=","), Datetime(day_first=False), Datetime(format="%d.%m.%y")])
def test_options_are_part_of_the_json(kind: ColumnType) -> None:
    assert type_from_json(json.loads(json.dumps(kind.to_json()))) == kind


def test_a_decimal_point_is_the_default() -> None:
    assert type_from_json({"type": "number", "decimal": "."}) == Number()


def test_strings_may_turn_out_to_be_of_four_types() -> None:
    assert candidates() == (Number(), Datetime(), TimeOfDay(), Boolean())
    assert candidates(",")[0] == Number(decimal=",")
