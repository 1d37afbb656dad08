"""Shorthand is brought to the full form."""

from typing import Any

import pytest

from steelyard.training.examples import SMALLEST
from steelyard.training.plan import read_job
from steelyard.training.shorthand import expand
from tests.conftest import no_tables
from tests.training.jobs import LIMITS


def test_a_layer_with_units_alone_is_dense() -> None:
    plan = read_job({**SMALLEST, "layers": [{"units": 16, "activation": "tanh"}]}, limits=LIMITS, tables=no_tables)
    [layer] = plan.spec.to_json()["layers"]
    assert (layer["type"], layer["units"], layer["activation"]["name"]) == ("dense", 16, "tanh")


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ({"layers": [3]}, {"layers": [{"type": "dense", "units": 3}]}),
        ({"layers": [True, None, "dense"]}, {"layers": [True, None, "dense"]}),
        (
            {"layers": [{"units": 3, "activation": "swish"}]},
            {"layers": [{"type": "dense", "units": 3, "activation": {"name": "silu"}}]},
        ),
        (
            {"layers": [{"type": "residual", "layers": [3, {"units": 4}]}]},
            {"layers": [{"type": "residual", "layers": [{"type": "dense", "units": n} for n in (3, 4)]}]},
        ),
        ({"optimizer": {"name": "adam", "beta_1": 0.5}}, {"optimizer": {"name": "adam", "beta_1": 0.5}}),
        ({"initializer": {"name": "xavier"}}, {"initializer": {"name": "glorot_uniform"}}),
        ({"training": {"schedule": "cosine"}}, {"training": {"schedule": {"name": "cosine"}}}),
        ({"output": {"activation": "tanh"}}, {"output": {"activation": {"name": "tanh"}}}),
        ({"loss": "auto"}, {"loss": None}),
        ({"data": {"target": "y"}}, {"data": {"target": ["y"]}}),
        ({"data": {"target": ["y"]}, "name": "relu"}, {"data": {"target": ["y"]}, "name": "relu"}),
        (
            {"layers": 3, "output": 4, "training": "x", "data": []},
            {"layers": 3, "output": 4, "training": "x", "data": []},
        ),
    ],
)
def test_every_shorthand_has_its_full_form(given: dict[str, Any], full: dict[str, Any]) -> None:
    assert expand(given) == full
    assert expand(full) == full
