"""Units that started as copies are named."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.rules.equal_units import EqualUnits
from tests.diagnostics.runs import check_patch, drawn, find, kernels, run, spec

FLAT, KERNEL = np.full((3, 4), 0.1), drawn(3, 4)


def found(initial: Any, final: Any, layer: str = "dense_1", **fields: Any) -> Any:
    start = {layer: initial}
    over = run(spec(), initial=kernels(**start), final=kernels(**{layer: final}), **fields)
    return find("equal_units", over)


def test_units_that_stay_copies_are_a_warning_with_a_patch() -> None:
    [finding] = found(FLAT, FLAT * 0.7)
    assert (finding.level, finding.layer, finding.epoch) == ("warning", "dense_1", 0)
    assert "All 4 units of dense_1 started with the same weights (0.1 everywhere)" in finding.message
    assert "and still have" in finding.message
    over = run(spec(initializer="zeros"), initial=kernels(dense_1=FLAT), final=kernels(dense_1=FLAT))
    [finding] = find("equal_units", over)
    assert check_patch(over, finding)["layers"][0]["initializer"] == {"name": "he_normal"}


@pytest.mark.parametrize(("difference", "level"), [(0.9e-3, "warning"), (1.1e-3, "info")])
def test_units_are_copies_to_a_thousandth_of_the_largest_weight(difference: float, level: str) -> None:
    [finding] = found(np.ones((3, 4)), np.full((3, 4), 2.0) - np.array([0, 0, 0, 2 * difference]))
    assert finding.level == level


def test_units_that_differ_by_input_are_copies_too() -> None:
    [finding] = found(KERNEL[:, :1] * np.ones(4), KERNEL[:, :1] * np.ones(4))
    assert "everywhere" not in finding.message


def test_what_tells_units_apart_is_no_finding() -> None:
    assert found(FLAT, FLAT, layer="output") == []
    assert found(np.ones((3, 1)), np.ones((3, 1))) == []
    assert found(KERNEL, KERNEL) == []
    tensors = kernels(dense_1=FLAT) | {"dense_1/bias": np.arange(4.0)}
    assert find("equal_units", run(spec(), initial=tensors, final=tensors)) == []


def test_the_tolerance_can_be_changed() -> None:
    over = run(spec(), initial=kernels(dense_1=FLAT), final=kernels(dense_1=FLAT + np.array([0, 0, 0, 0.01])))
    assert [each.level for each in EqualUnits(0.2).find(over)] == ["warning"]
    assert [each.level for each in EqualUnits().find(over)] == ["info"]


def test_every_layer_is_looked_at() -> None:
    tensors = kernels(dense_1=KERNEL, dense_2=FLAT)
    [finding] = find("equal_units", run(spec(), initial=tensors, final=tensors))
    assert (finding.layer, finding.value, finding.threshold) == ("dense_2", 0, 0.001)
