"""Activations and initializers in numbers."""

import numpy as np
import pytest
from flask.testing import FlaskClient

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.initializers import INITIALIZERS
from steelyard.training.curves import draw_curves


def test_every_slope_is_the_derivative_of_its_curve() -> None:
    found = draw_curves(8, 8)
    x = np.array(found.x)
    assert {*ACTIVATIONS.names} - {*found.activations} == {"softmax", "log_softmax"}
    for name, curve in found.activations.items():
        differences, slopes = np.diff(curve.value) / np.diff(x), np.array(curve.slope)
        low, high = np.minimum(slopes[1:], slopes[:-1]), np.maximum(slopes[1:], slopes[:-1])
        fits = (low - 0.02 <= differences) & (differences <= high + 0.02)
        assert fits.mean() > 0.97, name  # all but corners and steps


def test_every_initializer_is_counted() -> None:
    found = draw_curves(100, 50)
    assert found.initializers.keys() == {*INITIALIZERS.names}
    for name, each in found.initializers.items():
        assert len(each.edges) == len(each.counts) + 1, name
        assert sum(each.counts) == 14 * 100 * 50, name
    assert found.initializers["he_normal"].std == pytest.approx(np.sqrt(2 / 100), rel=0.03)
    assert found.initializers["glorot_uniform"].std == pytest.approx(np.sqrt(2 / 150), rel=0.03)
    assert found.initializers["zeros"].std == 0


def test_a_small_kernel_is_drawn_several_times_and_a_large_one_once() -> None:
    for fans, drawn in (((1, 1), 64), ((512, 512), 512 * 512)):
        for name, each in draw_curves(*fans).initializers.items():
            assert sum(each.counts) == drawn, name


def test_the_fans_are_the_clients(client: FlaskClient) -> None:
    answer = client.get("/v1/catalog/curves?fan_in=4&fan_out=4").json
    assert (answer["fan_in"], answer["fan_out"]) == (4, 4)
    assert answer["initializers"]["he_normal"]["std"] == pytest.approx(np.sqrt(2 / 4), rel=0.05)
    assert client.get("/v1/catalog/curves?fan_in=0").status_code == 422
