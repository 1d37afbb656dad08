"""Networks: any stack of layers has the right gradient; names, frozen layers, shapes."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.initializers import RandomNormal
from steelyard.nn.layers import (
    ActivationLayer,
    BatchNormalization,
    Dense,
    Dropout,
    GaussianNoise,
    Layer,
    LayerNormalization,
    Residual,
)
from steelyard.nn.losses import LOSSES, Loss
from steelyard.nn.network import Network, Pass
from steelyard.nn.regularizers import REGULARIZERS
from steelyard.nn.rng import Streams
from tests.nn.gradients import output_for, relative_error

KINKED = ("relu", "relu6", "leaky_relu", "prelu", "hard_sigmoid", "hard_tanh")
TOO_STEEP = ("exponential",)  # a stack of these is too steep for differences
GENTLE = [part() for part in ACTIVATIONS if part.name not in (*KINKED, *TOO_STEEP)]
SMOOTH_LOSSES = [part() for part in LOSSES if part.name not in ("mean_absolute_error", "hinge", "quantile")]
WIDE = RandomNormal(stddev=1.0)  # random biases keep sums away from zero, where elu and selu have a kink
SIMPLE = st.one_of(
    st.builds(Dense, st.integers(1, 6), st.sampled_from(GENTLE), bias_initializer=st.just(WIDE)),
    st.builds(Dropout, st.floats(0, 0.8)),
    st.builds(GaussianNoise, st.floats(0, 1)),
    st.just(LayerNormalization(epsilon=0.1)),
    st.just(BatchNormalization(epsilon=0.1)),
    st.builds(ActivationLayer, st.sampled_from([part for part in GENTLE if part.name not in ("elu", "selu", "celu")])),
)
STACKS = st.lists(
    st.one_of(SIMPLE, st.builds(Residual, st.lists(SIMPLE, min_size=1, max_size=3).map(tuple))), max_size=4
)


@given(
    hidden=STACKS,
    loss=st.sampled_from(SMOOTH_LOSSES),
    regularizer=st.sampled_from([None, *(part() for part in REGULARIZERS if part.name == "l2")]),
    rows=st.integers(1, 9),
    seed=st.integers(0, 2**32),
    weighted=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_random_stacks_have_the_right_gradient(
    hidden: list[Layer], loss: Loss, regularizer: object, rows: int, seed: int, weighted: bool
) -> None:
    output = replace(Dense(3, output_for(loss), RandomNormal(stddev=0.1)), regularizer=regularizer)  # type: ignore[arg-type]
    assert relative_error([*hidden, output], loss, rows=rows, seed=seed, weighted=weighted) < 1e-6


def test_gradients_reach_layers_below_a_frozen_one() -> None:
    layers = [Dense(4, ACTIVATIONS["tanh"]()), Dense(4, ACTIVATIONS["tanh"](), trainable=False), Dense(2)]
    network = Network(layers, inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    path = Pass(network, 5, logits=False, streams=Streams.spawn(0))
    path.forward(np.ones((5, 3)))
    path.backward(np.ones((5, 2)))
    gradients = network.tensors(network.gradients)
    assert gradients["dense_1/kernel"].any()
    assert not gradients["dense_2/kernel"].any()
