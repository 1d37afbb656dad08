"""The preprocessing of exports gives the inputs that the encoder gives."""

from typing import Any, Literal

import numpy as np
import pytest

from steelyard.exports.columns import REFUSED, Preprocessing, RawColumn, datetime_parts
from steelyard.exports.formula import evaluate
from steelyard.exports.proof import as_raw
from steelyard.tabular.datetime_parts import read_parts
from steelyard.tabular.encoder_options import EncoderOptions
from tests.exports.zoo import TYPES, Case, fit, hold, preprocessings


@pytest.mark.parametrize("case", preprocessings(), ids=lambda case: case.name)
def test_inputs_are_those_of_the_encoder(case: Case) -> None:
    about, rows = Preprocessing(fit(case.options, names=case.columns)), case.rows(200)
    columns = {
        name: values
        for name, values in hold([dict.fromkeys(TYPES) | row for row in rows]).items()
        if name in case.columns
    }
    expected = about.encoder.encode(columns, np.float64)
    np.testing.assert_allclose(about.encode(as_raw(about, rows), np.float64), expected, rtol=1e-13, atol=1e-13)
    assert about.width == expected.shape[1]


def test_columns_have_kinds_and_the_numbers_that_mean_a_missing_value() -> None:
    about = Preprocessing(fit(EncoderOptions()))
    assert [(column.name, column.kind) for column in about.columns] == [
        ("width", "number"),
        ("height (cm)", "number"),
        ("is new", "boolean"),
        ("color", "string"),
        ("born", "seconds"),
        ("opens", "seconds_of_day"),
        ("code", "string"),
    ]
    assert about.by_name["height (cm)"] == RawColumn("height (cm)", "number", (-999.0,))


def test_a_declared_number_is_a_missing_value() -> None:
    about = Preprocessing(fit(EncoderOptions(missing_indicator=True)))
    [row] = Case("usual").rows(1, seed=5)
    given, none = ({**row, "height (cm)": value} for value in (-999.0, None))
    assert (about.encode(as_raw(about, [given]), float) == about.encode(as_raw(about, [none]), float)).all()


def test_strings_have_places() -> None:
    color, code = Preprocessing(fit(EncoderOptions())).categories
    assert color.find(" red\t") == color.find("red") != color.unknown
    assert color.find("NA") != color.of[""]  # a label of this column
    assert code.find("NA") == code.find("") == code.find("none") == code.of[""] != code.unknown
    assert code.find("8") == code.unknown == code.count - 1


def test_refused_strings_have_no_place() -> None:
    strict = Preprocessing(fit(EncoderOptions(missing="error", unknown="error"))).categories[0]
    assert (strict.find(""), strict.find("unseen")) == (REFUSED, REFUSED)


@pytest.mark.parametrize("how", ["parts", "cyclic"])
def test_parts_of_datetimes_are_arithmetic(how: Literal["parts", "cyclic"]) -> None:
    generator = np.random.default_rng(0)
    days = np.arange(-719_162, 2_932_896, 97) * 86_400.0  # from the year 1 to 9999
    seconds: Any = np.concatenate([days, generator.uniform(-6e10, 2.5e11, 20_000), [0.0, -1e-6, 951_782_400.0]])
    found = np.array([evaluate(part, {"seconds": seconds}) for part in datetime_parts(how)])
    np.testing.assert_allclose(found, read_parts(seconds, how), rtol=0, atol=1e-12)
