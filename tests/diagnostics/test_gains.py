"""The gain of layers, as their initial weights let expect."""

import pytest

from steelyard.diagnostics.gains import total_gain
from tests.diagnostics.runs import drawn, kernels, run, spec

WEIGHTS = kernels(dense_1=drawn(200, 300), dense_2=drawn(300, 300, scale=10), output=drawn(300, 3, scale=50))


def test_gains_are_multiplied_without_the_output_layer() -> None:
    gain, worst = total_gain(run(spec(), initial=WEIGHTS))
    assert gain == pytest.approx(10, rel=0.05)
    assert worst == "dense_2"


def test_tanh_needs_smaller_weights_than_relu() -> None:
    tanh = spec(layers=[{"type": "dense", "units": 8, "activation": "tanh"}])
    gain, _ = total_gain(run(tanh, initial=kernels(dense_1=drawn(200, 300))))
    assert gain == pytest.approx(2**0.5, rel=0.05)


def test_a_normalization_ends_the_effect_of_what_is_before_it() -> None:
    normalized = spec(layers=[8, 8, {"type": "batch_normalization"}, 8])
    weights = {**WEIGHTS, **kernels(dense_3=drawn(300, 300))}
    gain, worst = total_gain(run(normalized, initial=weights))
    assert gain == pytest.approx(1, rel=0.05)
    assert worst == "dense_3"
    assert total_gain(run(normalized, initial=WEIGHTS)) == (1.0, None)


def test_the_layer_whose_gain_is_furthest_from_one_may_be_a_small_one() -> None:
    weights = kernels(dense_1=drawn(200, 2, scale=2), dense_2=drawn(300, 2, scale=0.01))
    gain, worst = total_gain(run(spec(), initial=weights))
    assert gain == pytest.approx(0.02, rel=0.1)
    assert worst == "dense_2"
    gain, worst = total_gain(run(spec(), initial=kernels(dense_1=drawn(200, 2), dense_2=drawn(300, 2, scale=1e-200))))
    assert (gain, worst) == (0.0, "dense_2")  # a gain that is too small for a number


def test_units_that_are_equal_have_no_gain() -> None:
    assert total_gain(run(spec(), initial=kernels(dense_1=drawn(200, 1).repeat(4, axis=1)))) == (1.0, None)
    assert total_gain(run(spec(), initial=kernels(dense_1=drawn(200, 1)))) == (1.0, None)  # a single unit
