"""Kernels are made from the text of formulas, once, and again when the text is another."""

from typing import Any

import pytest
from numba.core.errors import TypingError

from steelyard.nn.elementwise import sigmoid, sqrt
from steelyard.nn.engines.compiled import build
from tests.nn.engines.test_support import SCALE, activation_of, training_with


def test_a_formula_that_does_not_compile_runs_on_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    make = build._make

    def fail(template: Any, dtype: Any, name: str, formulas: Any) -> Any:
        if "made" in name:
            raise TypingError("no matching definition\nand more")
        return make(template, dtype, name, formulas)

    activation = activation_of(lambda z: SCALE * sqrt(z * z + 0.125))
    assert activation.why_not_compiled() is None
    monkeypatch.setattr(build, "_make", fail)
    training = training_with("activation", activation)
    assert training.engine == "numpy"
    assert training.why_not_compiled == "the kernel of 'made' does not compile: no matching definition"


def test_a_formula_that_was_changed_is_not_answered_by_an_older_kernel() -> None:
    found = []
    for formula in (lambda z: 0.5 * z, lambda z: 0.25 * z):
        training = training_with("activation", activation_of(formula))
        assert training.engine == "compiled"
        found.append(training.network.parameters.tobytes())
    assert found[0] != found[1]


def scaled(x: Any) -> Any:
    return SCALE * sigmoid(x)


def test_the_text_of_a_formula_has_its_numbers_its_code_and_what_it_calls() -> None:
    text = build._text(scaled)
    assert "0.5" in text
    assert "tanh" in text  # which sigmoid is made of
    different = [lambda x: 1.5 * x, lambda x: 2.5 * x, lambda x: x * 1.5, lambda x: sqrt(x)]  # noqa: PLW0108
    assert len({build._text(formula) for formula in different}) == len(different)
    assert build._digest({}) == ""
    assert build._digest({"value": scaled}) == build._digest({"value": scaled}) != build._digest({"slope": scaled})
    assert build._digest({"COUNT": 1}) != build._digest({"COUNT": 2})


def test_kernels_are_kept_by_all_files_of_the_trainer() -> None:
    files = {path.relative_to(build.NN).as_posix() for path in build.NN.rglob("*.py")}
    assert {"losses/base.py", "activations/smooth.py", "engines/compiled/kernels.py"} <= files
    assert len(build._stamp()) == 64
