"""What every rule has, and what its findings hold."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from steelyard.diagnostics.rules import RULES, STAGES, Rule
from steelyard.diagnostics.rules.overfitting import Overfitting
from steelyard.diagnostics.run import Run
from steelyard.errors import InvalidParameter
from steelyard.nn.component import describe, parameters
from tests.diagnostics.runs import run, spec

DOCUMENTED = (Path(__file__).parents[3] / "docs" / "findings.md").read_text()


@pytest.mark.parametrize("rule", [*RULES], ids=lambda rule: rule.name)
def test_a_rule_says_what_it_is(rule: type[Rule]) -> None:
    for text in (rule.symptom, rule.consequence, rule.formula, rule.threshold, rule.remedy, rule.source):
        assert text
        assert not text.endswith(".")
    assert rule.stage in STAGES
    assert {*rule.explains} <= {*RULES.names}
    assert rule.__module__.endswith(f".{rule.name}")


@pytest.mark.parametrize("rule", [*RULES], ids=lambda rule: rule.name)
def test_a_run_of_which_nothing_is_known_has_no_findings(rule: type[Rule]) -> None:
    assert [*rule().find(Run(spec()))] == []


def test_findings_have_the_code_of_their_rule_and_short_numbers() -> None:
    finding = Overfitting().finding("It overfits.", "Stop.", value=1 / 3, threshold=0.1, patch=[])
    assert (finding.code, finding.level, finding.value, finding.patch) == ("overfitting", "warning", 0.333333, None)


def test_parameters_out_of_range_are_rejected() -> None:
    with pytest.raises(InvalidParameter, match="greater than 0"):
        Overfitting(rise=0)


@pytest.mark.parametrize("rule", [*RULES], ids=lambda rule: rule.name)
def test_parameters_are_documented_with_their_defaults_and_ranges(rule: type[Rule]) -> None:
    found = []
    for parameter in parameters(rule):
        ranges = ", ".join(map(describe, getattr(parameter.hint, "__metadata__", ())))
        found.append(f"`{parameter.name}` {parameter.default:g} ({ranges})")
    line = next(line for line in DOCUMENTED.splitlines() if line.startswith(f"| `{rule.name}` |"))
    assert line.split("|")[4].strip() == "; ".join(found)


def test_rules_that_need_the_data_are_those_about_rows_and_columns() -> None:
    assert {rule.name for rule in RULES if rule.needs_data} == {
        "constant_inputs",
        "high_cardinality",
        "large_input",
        "no_better_than_constant",
        "rare_categories",
        "target_leak",
        "undefined_metrics",
        "unscaled_inputs",
    }
    live = {"exploding_gradients", "learning_rate_too_high", "unscaled_inputs", "vanishing_gradients"}
    assert {rule.name for rule in RULES if rule.live} == live  # what only gets worse is told while a job runs
    with pytest.raises(FrozenInstanceError):
        Overfitting().rise = 0.1  # type: ignore[misc]


def test_rules_that_need_the_data_run_with_it_alone() -> None:
    assert not RULES["target_leak"]().can_run(run(spec()))
    assert RULES["overfitting"]().can_run(run(spec()))
    assert not RULES["overfitting"]().can_run(run(spec(), is_over=False))
