"""The file that prepares rows for Keras gives the inputs that the encoder gives, before they are scaled."""

from typing import Any

import numpy as np
import orjson
import pytest

from steelyard.exports.keras import describe
from steelyard.exports.keras_inputs import prepare, read
from steelyard.exports.proof import as_raw
from steelyard.tabular.encoder_options import EncoderOptions
from tests.exports.zoo import Case, cases, preprocessings

NUMBERS = [case for case in preprocessings() if "width" in case.columns]


def about_of(case: Case) -> Any:
    return orjson.loads(orjson.dumps(describe(case.build()), option=orjson.OPT_SERIALIZE_NUMPY))


@pytest.mark.parametrize("case", NUMBERS, ids=lambda case: case.name)
def test_numbers_are_those_of_the_encoder_before_they_are_scaled(case: Case) -> None:
    bundle, rows, about = case.build(), case.rows(100), about_of(case)
    found = prepare(rows, about)["numbers"]
    expected = bundle.preprocessing.encode(as_raw(bundle.preprocessing, rows), np.float64)[:, : found.shape[1]]
    width = bundle.preprocessing.block_width
    found[:, :width] = (found[:, :width] - bundle.inputs.scaler.center) / bundle.inputs.scaler.scale
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("column", "value"), [("width", None), ("color", None), ("color", "unseen")])
def test_what_the_service_refuses_is_refused(column: str, value: object) -> None:
    case = Case("strict", EncoderOptions(missing="error", unknown="error"))
    [row] = case.rows(1)
    about = about_of(case)
    prepare([row], about)
    with pytest.raises(ValueError, match=r"no missing values|does not accept"):
        prepare([{**row, column: value}], about)


def test_categories_may_be_numbers_and_booleans() -> None:
    about = about_of(Case("x"))
    about["categories"][0]["places"] |= {"7": 3, "true": 5}
    rows = [{"color": value} for value in (7, 7.0, True, "7 ", None, 8)]
    unknown, missing = about["categories"][0]["unknown"], about["categories"][0]["places"][""]
    assert prepare(rows, about)["color"].ravel().tolist() == [3, 3, 5, 3, missing, unknown]


def test_labels_follow_from_the_outputs() -> None:
    by_name = {case.name: case for case in cases()}
    labels, values = read([[0.2], [0.7]], about_of(by_name["loss binary_crossentropy"]))
    assert labels == [False, True]
    np.testing.assert_allclose(values, [[0.8, 0.2], [0.3, 0.7]])
    assert read([[0.2, 0.7, 0.5]], about_of(by_name["labels"]))[0] == [[0, 1, 0]]
    assert read([[0.2, 0.5, 0.3]], about_of(by_name["layer dense"]))[0] == ["versicolor"]
    assert read([[0.2, 0.5]], about_of(by_name["loss poisson"]))[0] is None
