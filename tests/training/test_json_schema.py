"""The JSON Schema of a job accepts what a job may be, and what it rejects is rejected."""

from typing import Any

import jsonschema_rs
import pytest

from steelyard.training.examples import EXAMPLES, SMALLEST
from steelyard.training.json_schema import NAME, request_schema
from tests.training.jobs import faults, job


@pytest.fixture(scope="module")
def validator() -> Any:
    """A validator of jobs."""
    definitions = request_schema("#/$defs/{model}")
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{NAME}", "$defs": definitions})


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid(validator: Any, name: str) -> None:
    assert [error.message for error in validator.iter_errors(EXAMPLES[name])] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"layers": [16, {"units": 3}, {"type": "residual", "layers": [4]}]},
        {"optimizer": "adam", "initializer": "xavier", "loss": "auto", "activation": {"name": "elu", "alpha": 0.5}},
        {"training": {"schedule": "cosine", "gradient_clip": {"norm": 1.0}}},
        {"data": {"inline": {"x": [[1, 2.5]], "y": ["a"]}}},
        {"data": {"inline": {"rows": [{"a": None, "b": True}]}, "target": "b"}},
    ],
)
def test_shorthand_is_valid(validator: Any, fields: dict[str, Any]) -> None:
    assert [error.message for error in validator.iter_errors(job(**fields))] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"layers": [0]},
        {"layers": [65_537]},
        {"layers": [{"type": "dense"}]},
        {"optimizer": "adm"},
        {"loss": {"name": "nothing"}},
        {"training": {"epochs": 0}},
        {"unknown": 1},
        {"data": {"inline": {"x": [], "y": []}}},
    ],
)
def test_what_is_invalid_is_rejected_by_both(validator: Any, fields: dict[str, Any]) -> None:
    assert not validator.is_valid(SMALLEST | fields)
    assert faults(SMALLEST | fields)


def test_no_default_is_an_object_and_no_class_has_a_title() -> None:
    for definition in request_schema("#/{model}").values():
        assert "title" not in definition
        for described in definition.get("properties", {}).values():
            assert not isinstance(described.get("default"), dict)
