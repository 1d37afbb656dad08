"""Strings, comments and arrays of C."""

import pytest

from steelyard.exports import c_script
from steelyard.exports.c_script import CScript, ascii_text, string
from steelyard.exports.refusal import CannotExport
from steelyard.exports.script import Variable
from steelyard.nn.activations import ACTIVATIONS
from tests.exports.zoo import Case


def test_strings_are_plain_ascii() -> None:
    assert string('a"b\\c?ä\n1') == '"a\\042b\\134c\\077\\303\\244\\0121"'


def test_formulas_are_comments() -> None:
    assert ascii_text("√(2/π) · z*/ −α") == "sqrt(2/pi) * z* / -alpha"
    assert all(ascii_text(each.formula).isascii() for each in ACTIVATIONS)


def test_too_many_units_do_not_fit_on_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Case("x").build()
    script = CScript(bundle)
    script.write(bundle.members[0][0], Variable("x", 30), "")
    assert script.kept == 8 + 8 + 3
    monkeypatch.setattr(c_script, "MOST_ON_STACK", 18)
    with pytest.raises(CannotExport, match="more than 18 units"):
        CScript(bundle).write(bundle.members[0][0], Variable("x", 30), "")
