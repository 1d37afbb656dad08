"""Layers become a network one after the other."""

import numpy as np
import pytest

from steelyard.imports.chain import Chain
from steelyard.imports.contents import CannotImport


def test_layers_and_tensors_have_the_names_of_the_service() -> None:
    chain = Chain()
    chain.add_dense(np.ones((2, 3)), None, "a")
    chain.add_activation("relu")
    chain.add_activation("tanh")
    chain.add_dense(np.ones((3, 4)), np.ones((1, 4)), "b")
    chain.add_dense(np.ones((4, 1)), np.ones(1), "c")
    chain.add_activation("sigmoid")
    found = chain.finish()
    assert {name: tensor.shape for name, tensor in found.tensors.items()} == {
        "dense_1/kernel": (2, 3),
        "dense_2/kernel": (3, 4),
        "dense_2/bias": (4,),
        "output/kernel": (4, 1),
        "output/bias": (1,),
    }
    assert found.network == {
        "layers": [
            {"type": "dense", "units": 3, "use_bias": False, "activation": {"name": "relu"}},
            {"type": "activation", "activation": {"name": "tanh"}},
            {"type": "dense", "units": 4, "use_bias": True, "activation": {"name": "linear"}},
        ],
        "output": {"use_bias": True, "activation": {"name": "sigmoid"}},
    }


def test_a_network_ends_with_a_dense_layer() -> None:
    with pytest.raises(CannotImport, match="its last layer is not dense"):
        Chain().finish()


def test_a_kernel_has_two_axes() -> None:
    with pytest.raises(CannotImport, match=r"the weights of 'a' have the shape \[2, 3, 4\]"):
        Chain().add_dense(np.ones((2, 3, 4)), None, "a")
