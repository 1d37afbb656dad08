"""A loss or a metric without a value is a finding, with the value of the data that is to blame."""

import numpy as np

from steelyard.diagnostics.not_finite import blame_cell, blame_target, find_not_finite, find_undefined
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.supervision import supervise
from steelyard.tabular.table import table_of
from steelyard.tabular.values import Values, coded


def test_a_validation_loss_that_is_never_finite_is_a_warning() -> None:
    series: dict[str, list[float | None]] = {"loss": [0.5, 0.4, 0.3], "val_loss": [None, None, None]}
    [finding] = find_not_finite(series, {"validation": "Row 0 has 1e+60 in 'a'."}, stopped_at=1)
    assert (finding.code, finding.level) == ("validation_loss_not_finite", "warning")
    assert "not a finite number in any of the 3 epochs. Row 0 has 1e+60 in 'a'. " in finding.message
    assert "Early stopping" in finding.message or "early stopping" in finding.message
    assert "kept the weights of epoch 1" in finding.message


def test_a_validation_loss_that_is_sometimes_finite_is_counted() -> None:
    [finding] = find_not_finite({"val_loss": [0.5, None, 0.3]}, {}, stopped_at=3)
    assert "in 1 of the 3 epochs" in finding.message
    assert "kept the weights" not in finding.message
    assert find_not_finite({"val_loss": [0.5, 0.4]}, {}, stopped_at=None) == []
    assert find_not_finite({"loss": [0.5, 0.4]}, {}, stopped_at=None) == []


def test_a_target_that_overflows_is_named() -> None:
    table = table_of({"a": Values(np.arange(4.0)), "y": Values(np.array([1.0, 2, 3.5, 1e60]))})
    supervised, rows, ids = supervise(table, ["y"]), np.array([2, 3]), np.array([12, 13])
    scaled = np.array([[0.5], [np.inf]], np.float32)
    said = blame_target(scaled, ids, supervised, rows)
    assert said == "Row 13 has 1e+60 as the target 'y', which is too large for float32 after preprocessing."
    assert blame_target(np.array([[0.5], [1.0]]), ids, supervised, rows) is None
    assert (
        blame_target(
            np.array([0, 1]),
            ids,
            supervise(table_of({"a": table.columns["a"].values, "y": coded(["n", "p", "n", "p"])}), ["y"]),
            rows,
        )
        is None
    )


def test_metrics_that_are_null_have_a_reason() -> None:
    metrics: dict[str, dict[str, float | None]] = {
        "train": {"loss": 0.5, "r2": 0.9},
        "validation": {"loss": 0.5, "r2": None},
        "test": {"loss": None},
    }
    few, overflow = find_undefined(metrics, {"test": "Row 3 has 1e+40 in 'a'."})
    assert few.message == "r2 of the validation rows is null. It needs at least two rows."
    assert overflow.message == "loss of the test rows is null. Row 3 has 1e+40 in 'a'."


def test_the_value_that_overflows_is_named_with_its_row_and_column() -> None:
    table = table_of({
        "city": coded(["x", "y", "x", "y"]),
        "b": Values(np.array([5.0, 6, 7, 8])),
        "a": Values(np.array([1.0, 2, 3, 1e60])),
    })  # fmt: skip
    encoder = Encoder.fit(table.columns, np.arange(3), EncoderOptions())
    rows, ids = np.array([2, 3]), np.array([12, 13])

    def blame(dtype: str) -> str | None:
        x = encoder.encode({name: column.values.take(rows) for name, column in table.columns.items()}, dtype)
        return blame_cell(x, rows, ids, table.columns, encoder)

    with np.errstate(over="ignore"):
        assert blame("float32") == "Row 13 has 1e+60 in 'a', which is too large for float32 after preprocessing."
    assert blame("float64") == "Row 13 has 1e+60 in 'a', which is 1.22e+60 after preprocessing."
    small = np.ones((2, encoder.layout.width))
    assert blame_cell(small, rows, ids, table.columns, encoder) is None
