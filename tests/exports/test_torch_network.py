"""The source of a network, and its weights by PyTorch's names."""

import numpy as np

from steelyard.exports.formula import call, named, write
from steelyard.exports.torch_network import NetworkSource, torch_language, weights_of
from steelyard.nn.activations import Elu, HardTanh
from steelyard.nn.layers import ActivationLayer, Dense
from tests.exports.zoo import Case, cases


def test_kernels_are_transposed() -> None:
    bundle = Case("one", layers=(Dense(4),)).build()
    [(steps, activation)] = bundle.members
    weights = weights_of([*steps, *activation])
    np.testing.assert_array_equal(weights["dense_1.weight"], bundle.tensors()["dense_1/kernel"].T)
    assert weights["output.bias"].shape == (3,)


def test_a_block_has_the_names_of_its_layers() -> None:
    bundle = next(case for case in cases() if case.name == "layer residual").build()
    names = weights_of(bundle.members[0][0])
    assert {"residual_1_dense_1.weight", "residual_2_projection.weight"} <= names.keys()


def test_an_activation_is_one_function() -> None:
    layers = (Dense(4, activation=Elu()), ActivationLayer(Elu()), Dense(4, activation=Elu(alpha=0.5)))
    source = NetworkSource()
    steps, activation = Case("elus", layers=layers).build().members[0]
    lines = source.network(steps, activation)
    assert [*source.functions] == ["elu", "elu_2"]
    assert sum("x = elu(x)" in line for line in lines) == 2


def test_limits_of_numbers_are_clamps() -> None:
    [step] = [
        step
        for step in Case("x", layers=(ActivationLayer(HardTanh()),)).build().members[0][0]
        if step.name == "activation_1"
    ]
    text = write(step.formula, torch_language("z"), {"z": "z"})[1]
    assert text == "torch.clamp(torch.clamp(z, min=-1.0), max=1.0)"
    chosen = call("where", named("z") > 0.0, 1.0, 0.0)
    assert write(chosen, torch_language("z"), {"z": "z"})[1] == "torch.where(z > 0.0, 1.0, 0.0).to(z.dtype)"
