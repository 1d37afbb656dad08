"""Tensors of a file are matched with those of a network."""

import numpy as np
import pytest

from steelyard.imports.contents import CannotImport
from steelyard.imports.matching import group, match

SHAPES = {"dense_1/kernel": (2, 3), "output/kernel": (3, 1), "output/bias": (1,)}


def test_modules_are_in_the_order_of_numbers_and_names() -> None:
    names = ("fc10.weight", "fc2.weight", "fc2.bias", "bn.num_batches_tracked")
    assert group({name: np.zeros(1) for name in names}) == {
        "fc2": {"weight": "fc2.weight", "bias": "fc2.bias"},
        "fc10": {"weight": "fc10.weight"},
    }
    assert [*group({f"{name}/kernel:0": np.zeros(1) for name in ("dense_2", "dense_10", "dense")})] == [
        "dense",
        "dense_2",
        "dense_10",
    ]


def test_layers_within_a_block_are_modules_of_their_own() -> None:
    shapes = {
        "dense_1/kernel": (2, 3),
        "residual_1/dense_1.kernel": (3, 4),
        "residual_1/layer_normalization_1.gamma": (4,),
        "residual_1/layer_normalization_1.beta": (4,),
        "residual_1/projection.kernel": (3, 4),
        "output/kernel": (4, 1),
    }
    tensors = {"first.weight": np.zeros((3, 2)), "block.0.weight": np.ones((4, 3)), "block.1.weight": np.ones(4)}
    tensors |= {"block.1.bias": np.zeros(4), "block.skip.weight": np.zeros((4, 3)), "head.weight": np.ones((1, 4))}
    modules = ["first", "block.0", "block.1", "block.skip", "head"]
    found = match(tensors, shapes, modules, "float32")
    assert found["residual_1/dense_1.kernel"].all()
    assert not found["residual_1/projection.kernel"].any()


def test_kernels_of_pytorch_are_transposed() -> None:
    tensors = {"0.weight": np.arange(6.0).reshape(3, 2), "2.weight": np.ones((1, 3)), "2.bias": np.ones(1)}
    found = match(tensors, SHAPES, None, "float32")
    np.testing.assert_array_equal(found["dense_1/kernel"], np.arange(6).reshape(3, 2).T)
    assert {tensor.dtype.name for tensor in found.values()} == {"float32"}


def test_a_module_without_a_tensor_is_named() -> None:
    tensors = {"0.weight": np.zeros((3, 2)), "2.weight": np.zeros((1, 3))}
    with pytest.raises(CannotImport, match=r"the module '2' has no tensor for 'output/bias' of the shape \[1\]"):
        match(tensors, SHAPES, None, "float32")


def test_the_order_can_be_given() -> None:
    tensors = {"b.weight": np.zeros((3, 2)), "a.weight": np.zeros((1, 3)), "a.bias": np.zeros(1)}
    with pytest.raises(
        CannotImport, match=r"the module 'b' has no tensor for 'output/bias' of the shape \[1\]; it has"
    ):
        match(tensors, SHAPES, None, "float32")
    assert match(tensors, SHAPES, ["b", "a"], "float32")["dense_1/kernel"].shape == (2, 3)
