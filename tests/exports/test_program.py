"""The steps of a network compute what the network computes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from steelyard.exports.program import run, steps_of
from steelyard.exports.refusal import CannotExport
from steelyard.nn.layers import LAYERS, Dense, Residual
from steelyard.nn.network import Network
from tests.exports.zoo import Case, cases
from tests.nn.newcomers import Gate

DOUBLE = [case for case in cases() if case.dtype == "float64"]


@pytest.mark.parametrize("case", DOUBLE, ids=lambda case: case.name)
def test_steps_compute_what_the_network_computes(case: Case) -> None:
    bundle = case.build()
    x = np.random.default_rng(0).standard_normal((50, bundle.network.inputs))
    if not bundle.preprocessing.is_one_hot:
        for place, count in bundle.inputs.layout.embedded:
            x[:, place] = np.arange(50) % count
    np.testing.assert_allclose(bundle.outputs(x), bundle.network.predict(x), rtol=1e-12, atol=1e-14)
    network = bundle.network.members[0]
    logits = run(steps_of(network)[0], x)
    np.testing.assert_allclose(logits, network.compute(x, logits=True), rtol=1e-11, atol=1e-12)


def test_every_layer_is_in_a_case() -> None:
    def names(layers: Any) -> set[str]:
        return {layer.name for layer in layers} | {name for layer in layers for name in names(inner_of(layer))}

    def inner_of(layer: Any) -> Any:
        return layer.layers if isinstance(layer, Residual) else ()

    built = [case.build().network.members[0].layers for case in DOUBLE]
    assert {name for layers in built for name in names(layers)} == {*LAYERS.names}


@dataclass(frozen=True)
class Doubled(Dense):
    """A layer that may compute something else."""


@pytest.mark.parametrize("layer", [Gate(), Doubled(4), Residual((Gate(),))], ids=lambda layer: type(layer).__name__)
def test_an_unknown_layer_is_refused(layer: Any) -> None:
    network = Network([Dense(4), layer, Dense(2)], inputs=3)
    with pytest.raises(CannotExport, match="exports do not support"):
        steps_of(network)
