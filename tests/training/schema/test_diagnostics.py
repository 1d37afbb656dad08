"""How a job changes the rules: what is accepted, kept, and rejected with a reason."""

from typing import Any

import pytest

from steelyard.training.schema.diagnostics import Diagnostics
from tests.training.jobs import faults, job, read


def sent(rules: Any) -> dict[str, Any]:
    return job(diagnostics={"rules": rules})


def test_rules_are_changed_and_switched_off() -> None:
    spec = read(sent({"dead_units": {"fraction": 0.3}, "overfitting": False})).spec
    assert spec.to_json()["diagnostics"] == {"rules": {"dead_units": {"fraction": 0.3}, "overfitting": False}}
    assert read(spec.to_json() | {"data": job()["data"]}).spec.diagnostics == spec.diagnostics
    assert Diagnostics().to_json() == {"rules": {}}


def test_rules_do_not_change_what_a_training_is() -> None:
    assert read(sent({"overfitting": False})).digest == read(job()).digest


@pytest.mark.parametrize(
    ("rules", "pointer", "detail"),
    [
        ({"overfiting": False}, "/overfiting", "is not a known field; did you mean 'overfitting'?"),
        ({"overfitting": True}, "/overfitting", "is True; it must be false, or an object with parameters of the rule"),
        ({"dead_units": {"fraction": 1.5}}, "/dead_units/fraction", "is 1.5; it must be at most 1.0"),
        ({"dead_units": {"frction": 0.5}}, "/dead_units/frction", "is not a known field; did you mean 'fraction'?"),
        ({"dead_units": "off"}, "/dead_units", "is 'off'; it must be false, or an object with parameters of the rule"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(rules: Any, pointer: str, detail: str) -> None:
    assert faults(sent(rules)) == {f"/diagnostics/rules{pointer}": detail}
