"""Every activation of the registry: its gradient, inside a network and as its outputs."""

import pytest

from steelyard.nn.activations import ACTIVATIONS, Activation, Gelu, Linear, PRelu, Tanh
from steelyard.nn.initializers import GlorotNormal, RandomNormal
from steelyard.nn.layers import Dense
from steelyard.nn.losses import LOSSES, Loss, MeanSquaredError
from tests.nn.gradients import output_for, relative_error

EVERY = [*(part() for part in ACTIVATIONS), Gelu(approximate=True)]


@pytest.mark.parametrize("activation", EVERY, ids=str)
@pytest.mark.parametrize("loss", [part() for part in LOSSES], ids=lambda loss: loss.name)
def test_every_activation_and_loss_has_the_right_gradient(activation: Activation, loss: Loss) -> None:
    layers = [Dense(5, activation, GlorotNormal(), RandomNormal()), Dense(3, output_for(loss))]
    assert relative_error(layers, loss) < 1e-6


@pytest.mark.parametrize("activation", EVERY, ids=str)
def test_every_activation_can_be_the_outputs(activation: Activation) -> None:
    assert relative_error([Dense(4, Linear()), Dense(3, activation)], MeanSquaredError()) < 1e-6


def test_only_what_is_computed_value_by_value_has_a_kernel() -> None:
    for part in EVERY:
        alone = part.name not in ("softmax", "log_softmax")
        assert (part.curve is not None) == (alone and not part.weights())
        assert (part.why_not_compiled() is None) == alone
        assert bool(part.weights()) == (part.name == "prelu")


@pytest.mark.parametrize("method", ["forward", "backward", "weights", "learning"])
def test_a_pointwise_activation_that_overrides_a_method_has_no_kernel(method: str) -> None:
    derived = type("Derived", (Tanh,), {method: getattr(PRelu, method)})
    assert derived().why_not_compiled() == "has no formula to compile"
