"""Each layer and activation of Keras becomes one of ours, or is refused with what would be right."""

from typing import Any

import numpy as np
import pytest

from steelyard.imports.chain import Chain
from steelyard.imports.contents import CannotImport
from steelyard.imports.keras_archive import KerasWeights
from steelyard.imports.keras_config import KerasLayer
from steelyard.imports.keras_layers import ACTIVATIONS, convert
from steelyard.nn.activations import ACTIVATIONS as OURS


class Held(KerasWeights):
    """Weights that are in memory."""

    def __init__(self, *tensors: Any) -> None:
        self._tensors = [np.array(each, np.float32) for each in tensors]

    def of(self, place: str) -> list[Any]:
        return self._tensors if place == "layers/it" else []


def converted(kind: str, *tensors: Any, **config: Any) -> tuple[list[Any], dict[str, Any]]:
    """The layers that one of Keras becomes, before an output layer, and their tensors."""
    chain = Chain()
    convert(KerasLayer(kind, "it", config, ("x",), "layers/it"), Held(*tensors), chain)
    chain.add_dense(np.ones((2, 1)), None, "last")
    network, found = chain.describe()
    return network["layers"], {name: tensor.tolist() for name, tensor in found.items() if "output" not in name}


KERNEL, ONES, ZEROS = [[1, 2], [3, 4]], [1, 1], [0, 0]


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        ("Activation", {"activation": "swish"}, {"name": "silu"}),
        ("Activation", {"activation": "leaky_relu"}, {"name": "leaky_relu", "negative_slope": 0.2}),
        ("LeakyReLU", {}, {"name": "leaky_relu", "negative_slope": 0.3}),
        ("ReLU", {}, {"name": "relu"}),
        ("ReLU", {"max_value": 6.0}, {"name": "relu6"}),
        ("ReLU", {"negative_slope": 0.5}, {"name": "leaky_relu", "negative_slope": 0.5}),
        ("ELU", {"alpha": 2}, {"name": "elu", "alpha": 2.0}),
        ("Softmax", {"axis": -1}, {"name": "softmax"}),
        (
            "Activation",
            {"activation": {"module": "keras.layers", "class_name": "ReLU", "config": {}}},
            {"name": "relu"},
        ),
        (
            "Activation",
            {"activation": {"module": "keras.activations", "class_name": "function", "config": "elu"}},
            {"name": "elu"},
        ),
    ],
)
def test_an_activation_has_the_settings_of_keras(kind: str, config: dict[str, Any], expected: Any) -> None:
    assert converted(kind, **config)[0] == [{"type": "activation", "activation": expected}]


def test_every_activation_is_known_to_us() -> None:
    assert {each["name"] for each in ACTIVATIONS.values()} <= {each.name for each in OURS}
    assert converted("Activation", activation="linear")[0] == []


@pytest.mark.parametrize("kind", ["Identity", "Flatten", "AlphaDropout", "GaussianDropout", "ActivityRegularization"])
def test_what_changes_nothing_in_inference_is_passed_over(kind: str) -> None:
    assert converted(kind) == ([], {})


def test_normalizations_have_the_tensors_that_they_lack() -> None:
    layers, found = converted("BatchNormalization", [5, 6], [7, 8], scale=False, center=False, epsilon=0.1)
    assert layers == [{"type": "batch_normalization", "momentum": 0.99, "epsilon": 0.1}]
    assert [*found.values()] == [ONES, ZEROS, [5, 6], [7, 8]]
    layers, found = converted("LayerNormalization", [5, 6], center=False, axis=[-1])
    assert layers == [{"type": "layer_normalization", "epsilon": 1e-3}]
    assert found == {"layer_normalization_1/gamma": [5, 6], "layer_normalization_1/beta": ZEROS}


def test_noise_and_learned_slopes_are_kept() -> None:
    assert converted("Dropout", rate=0.25)[0] == [{"type": "dropout", "rate": 0.25}]
    assert converted("GaussianNoise", stddev=0.5)[0] == [{"type": "gaussian_noise", "stddev": 0.5}]
    assert converted("PReLU", [0.5, 0.25]) == (
        [{"type": "activation", "activation": {"name": "prelu"}}],
        {"activation_1/alpha": [0.5, 0.25]},
    )


def test_a_dense_layer_may_have_an_activation() -> None:
    layers, found = converted("Dense", KERNEL, [5, 6], activation="tanh", use_bias=True)
    assert layers == [{"type": "dense", "units": 2, "use_bias": True, "activation": {"name": "tanh"}}]
    assert found == {"dense_1/kernel": KERNEL, "dense_1/bias": [5, 6]}


@pytest.mark.parametrize(
    ("kind", "config", "reason"),
    [
        ("Conv2D", {}, r"the layer 'it' \(Conv2D\) cannot be imported; known are Activation"),
        ("Lambda", {}, "it is code, which is not run"),
        (
            "Activation",
            {"activation": "sparsemax"},
            r"the activation of the layer 'it' .* is 'sparsemax'; known are celu",
        ),
        ("Activation", {"activation": {"class_name": "Dense"}}, "must have 'module', 'class_name' and 'config'"),
        (
            "Activation",
            {"activation": {"module": "keras.layers", "class_name": "Dense", "config": {}}},
            "is 'Dense'; known are Activation",
        ),
        ("Dense", {}, r"has 0 tensors in model\.weights\.h5; it must have 2: kernel, bias"),
        ("Dense", {"use_bias": 1}, "the setting use_bias of the layer .* is 1"),
        ("Dropout", {"rate": "x"}, "the setting rate of the layer .* is 'x'"),
        ("Dropout", {"rate": True}, "the setting rate of the layer .* is True"),
        ("ReLU", {"threshold": 1.0}, "must have threshold 0 and max_value null, or 6"),
        ("ReLU", {"max_value": 5}, "must have threshold 0 and max_value null, or 6"),
        ("Softmax", {"axis": 0}, "has the axis 0; it must be -1"),
        ("BatchNormalization", {"axis": 2}, "has the axis 2; it must be -1"),
        ("BatchNormalization", {"renorm": True}, "has renorm"),
        ("LayerNormalization", {"rms_scaling": True}, "has rms_scaling"),
        ("LayerNormalization", {"scale": False, "center": False}, "must have center or scale"),
    ],
)
def test_other_layers_are_refused(kind: str, config: dict[str, Any], reason: str) -> None:
    with pytest.raises(CannotImport, match=reason):
        converted(kind, **config)
