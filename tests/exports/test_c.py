"""An exported C file, compiled as C99 with all warnings as errors, and called."""

from pathlib import Path

import pytest

from steelyard.exports.c import C, source
from steelyard.exports.refusal import CannotExport
from steelyard.tabular.encoder_options import EncoderOptions
from tests.exports.comparison import compare
from tests.exports.running import load
from tests.exports.zoo import Case, representatives

ODD = ('"??/', "*/ #include", "a\nb\\0", "ä\u2028")


@pytest.mark.parametrize("case", representatives(), ids=lambda case: case.name)
def test_answers_are_those_of_the_service(case: Case, tmp_path: Path) -> None:
    rows = case.rows(200)
    assert compare(case.build(), rows, *load(C, case.build(), tmp_path)(rows)) <= 1e-6


def test_what_the_service_refuses_is_refused(tmp_path: Path) -> None:
    strict = Case("strict", EncoderOptions(missing="error", unknown="error"))
    [row] = strict.rows(1)
    predict = load(C, strict.build(), tmp_path)
    predict([row])
    for change, code in (({"width": None}, 1), ({"color": None}, 2), ({"color": "unseen"}, 2), ({"width": 1e300}, 3)):
        with pytest.raises(ValueError, match=f"refused: {code}"):
            predict([{**row, **change}])


def test_names_of_columns_and_labels_are_no_code(tmp_path: Path) -> None:
    case = Case("odd", labels=ODD, outputs=4)
    labels, _ = load(C, case.build(), tmp_path)(case.rows(20))
    assert labels is not None
    assert {*labels} <= {*ODD}
    module = (tmp_path / "mdl_1.c").read_bytes()
    assert max(module) < 128


def test_a_string_with_a_nul_character_is_refused() -> None:
    with pytest.raises(CannotExport, match="NUL"):
        source(Case("nul", labels=("a\0", "b", "c")).build())


def test_the_same_model_gives_the_same_bytes() -> None:
    assert C.write(Case("x").make()) == C.write(Case("x").make())
