"""What C and JavaScript have in common: arrays, functions, names."""

import numpy as np
import pytest

from steelyard.exports import plain
from steelyard.exports.c_script import CScript
from steelyard.exports.refusal import CannotExport
from steelyard.exports.script import Variable, identifier, numbers
from steelyard.nn.activations import Elu
from steelyard.nn.layers import ActivationLayer, Dense
from tests.exports.zoo import Case


def test_numbers_are_written_without_loss() -> None:
    values = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)
    text = numbers(values, "f")
    assert text.count("\n") == 2
    read = [
        float(word.removesuffix("f")) for word in text.replace("\n", "").split(", ") for word in word.split(",") if word
    ]
    np.testing.assert_array_equal(np.array(read, np.float32), values.ravel())
    assert numbers(np.array([0.1, np.nan, 3])) == "0.1, 0.0, 3.0"
    assert numbers(np.array([], float)) == ""


def test_names_are_identifiers() -> None:
    assert identifier("layer-1 (ä)") == "layer_1____"


def test_an_activation_is_one_function() -> None:
    layers = (Dense(4, activation=Elu()), ActivationLayer(Elu()), Dense(4, activation=Elu(alpha=0.5)))
    bundle = Case("elus", layers=layers).build()
    script = CScript(bundle)
    y = script.write(bundle.members[0][0], Variable("x", bundle.network.inputs), "one_")
    assert y.width == 3
    assert [*script.functions] == ["elu_1", "elu_2"]
    assert {"one_dense_1_kernel", "one_output_bias"} <= script.arrays.keys()
    assert {"affine", "minimum", "expm1"} <= script.helpers


def test_a_model_with_too_many_weights_is_not_written_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MOST_WEIGHTS_AS_TEXT", 10)
    with pytest.raises(CannotExport, match="export it as safetensors"):
        CScript(Case("x").build())
