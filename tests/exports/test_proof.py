"""The rows of a proof are ones that the service and the export both take."""

import numpy as np
import pytest

from steelyard.exports import proof
from steelyard.inference.rows import read_inputs
from tests.exports.zoo import Case, answer, cases, preprocessings


@pytest.mark.parametrize("case", preprocessings(), ids=lambda case: case.name)
def test_a_request_and_an_export_read_the_same_inputs(case: Case) -> None:
    bundle = case.build()
    about = bundle.preprocessing
    rows = proof.draw_rows(about)
    x = read_inputs({"inputs": proof.as_requests(about, rows)}, bundle.inputs, np.float64).x
    np.testing.assert_allclose(about.encode(proof.as_raw(about, rows), np.float64), x, rtol=1e-12, atol=1e-12)


def test_rows_have_missing_cells_and_unknown_categories() -> None:
    about = Case("usual").build().preprocessing
    rows = proof.draw_rows(about)
    assert len(rows) == 20
    assert [name for row in rows for name, value in row.items() if value is None] == [*about.by_name]
    assert rows[10]["color"] == rows[10]["code"] == proof.UNKNOWN
    assert proof.draw_rows(about) == rows


def test_strict_models_get_rows_that_they_accept() -> None:
    case = next(case for case in cases() if case.name == "missing error")
    rows = proof.draw_rows(case.build().preprocessing)
    assert not any(value is None for row in rows for value in row.values())


def test_the_largest_difference_is_that_of_single_precision() -> None:
    bundle = Case("usual").build()
    rows = proof.draw_rows(bundle.preprocessing)
    values = answer(bundle, rows)[1]
    assert 0 < proof.largest_difference(bundle, rows, values) < 1e-6
    values[3, 1] += 0.25
    assert proof.largest_difference(bundle, rows, values) == pytest.approx(0.25, abs=1e-6)


def test_a_document_has_the_rows_as_both_take_them() -> None:
    bundle = Case("usual").build()
    rows = proof.draw_rows(bundle.preprocessing)
    document = proof.document(bundle, "onnx", rows, {"values": [[0.5, 3.0, -7.0]]})
    assert document["inputs"] == rows
    assert document["sizes"].tolist() == [[1.0, 3.0, 7.0]]
    assert document["rows"][15]["born"].endswith("Z")
    assert ":" in document["rows"][15]["opens"]
    assert isinstance(rows[15]["born"], float)


def test_differences_of_values_are_relative_to_the_spread_of_the_target() -> None:
    bundle = next(case for case in cases() if case.name == "loss mean_squared_error").build()  # of 5 and 6
    np.testing.assert_array_equal(bundle.size_of(np.array([[0.1, 0.2], [-8.0, 3.0]])), [[5, 6], [8, 6]])
