"""What holds for every rule of the registry."""

import re
from pathlib import Path

import numpy as np
import pytest

from steelyard.nn.optimizers import OPTIMIZERS, Rule
from tests.nn.optimizers.rules import learn, step

RULES = [part() for part in OPTIMIZERS if issubclass(part, Rule)]


def test_every_rule_is_held_against_a_formula() -> None:
    files = Path(__file__).parent.glob("test_*.py")
    text = "".join(path.read_text() for path in files if path.name != Path(__file__).name)
    assert [rule for rule in RULES if not re.search(rf"\b{type(rule).__name__}\(\d", text)] == []
    assert {part.name for part in OPTIMIZERS} == {rule.name for rule in RULES} | {"lbfgs"}


def test_the_coefficients_of_several_steps_are_those_of_each() -> None:
    for rule in RULES:
        rates, scalars = np.linspace(0.1, 0.2, 5), rule.scalars
        one_by_one = [rule.table(np.array([i + 1]), rates[i : i + 1], scalars)[0] for i in range(5)]
        at_once = rule.table(np.arange(1, 6), rates, again := rule.scalars)
        assert np.array(one_by_one).tobytes() == at_once.tobytes()
        assert scalars == again


@pytest.mark.parametrize("rule", RULES, ids=lambda part: part.name)
def test_weights_may_be_updated_in_pieces(rule: Rule) -> None:
    generator = np.random.default_rng(0)
    weights, gradient = generator.normal(size=(2, 10))
    whole, pieces = weights.copy(), weights.copy()
    rule.update([learn(rule, whole, gradient)], dict(rule.scalars), step(rule))
    parts = [learn(rule, pieces[part], gradient[part]) for part in (slice(0, 3), slice(3, 10))]
    rule.update(parts, dict(rule.scalars), step(rule))
    assert whole.tobytes() == pieces.tobytes()


def test_a_rule_is_asked_for_its_formula_and_its_coefficients() -> None:
    assert {name for name in dir(Rule) if getattr(getattr(Rule, name), "__isabstractmethod__", False)} == {
        "move",
        "coefficients",
    }
