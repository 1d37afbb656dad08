"""The layers and activations of Keras that are imported, each as one of ours.

Source: https://keras.io/api/layers, whose defaults are used where a configuration does not state a setting.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from steelyard.errors import shown
from steelyard.imports.chain import Chain
from steelyard.imports.contents import Array, CannotImport
from steelyard.imports.keras_archive import KerasWeights, require_weights
from steelyard.imports.keras_config import KerasLayer, read_object

# Functions by the name that Keras writes.
ACTIVATIONS: Mapping[str, dict[str, Any]] = {
    **{
        name: {"name": name}
        for name in (
            *("celu", "elu", "exponential", "gelu", "hard_sigmoid", "hard_tanh", "linear", "log_sigmoid"),
            *("log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign"),
            "tanh",
        )
    },
    "leaky_relu": {"name": "leaky_relu", "negative_slope": 0.2},
    "swish": {"name": "silu"},
}
PASSING = ("ActivityRegularization", "AlphaDropout", "Flatten", "GaussianDropout", "Identity")  # in inference
REASONS = {
    "Functional": "it is a model within the model; put its layers into the model itself",
    "Lambda": "it is code, which is not run; write it with other layers",
    "Sequential": "it is a model within the model; put its layers into the model itself",
}
OF_ROWS = (-1, 1, [-1], [1])  # axes of a batch `(rows, units)`
NEGLIGIBLE = 1e-7  # Keras adds it to a deviation in Normalization


def convert(layer: KerasLayer, weights: KerasWeights, chain: Chain) -> None:
    """Add a layer to the chain. Raises `CannotImport`."""
    if layer.kind in PASSING:
        return
    if layer.kind in ACTIVATION_LAYERS:
        _add_activation(chain, *ACTIVATION_LAYERS[layer.kind](layer, weights))
        return
    add = LAYERS.get(layer.kind)
    if layer.kind in REASONS:
        raise CannotImport(f"the layer {layer.called} cannot be imported: {REASONS[layer.kind]}")
    if add is None:
        known = ", ".join(sorted({*LAYERS, *ACTIVATION_LAYERS, *PASSING}))
        raise CannotImport(f"the layer {layer.called} cannot be imported; known are {known}")
    add(layer, weights, chain)


def setting(layer: KerasLayer, name: str, kinds: tuple[type, ...], usual: Any) -> Any:
    """A setting of a layer. Raises `CannotImport`."""
    value = layer.config.get(name, usual)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise CannotImport(f"the setting {name} of the layer {layer.called} is {shown(value)}")
    return value


def _number(layer: KerasLayer, name: str, usual: float) -> float:
    return float(setting(layer, name, (int, float), usual))


def _flag(layer: KerasLayer, name: str, *, usual: bool) -> bool:
    found: bool = setting(layer, name, (bool,), usual)
    return found


Activated = tuple[dict[str, Any], dict[str, Array]]  # an activation as in a job, and what it has learned


def _add_activation(chain: Chain, activation: dict[str, Any], tensors: dict[str, Array]) -> None:
    if activation["name"] != "linear":
        chain.add_activation(tensors=tensors, **activation)


def _activation_of(layer: KerasLayer, weights: KerasWeights) -> Activated:
    """What the setting `activation` means: a name, a function, or a layer."""
    value = layer.config.get("activation")
    place = f"the activation of the layer {layer.called}"
    if isinstance(value, dict):
        if value.get("class_name") == "function" and value.get("module") == "keras.activations":
            value = value.get("config")
        else:
            kind, config = read_object(value, place)
            inner = KerasLayer(kind, layer.name, config, (), f"{layer.place}/activation")
            if kind not in ACTIVATION_LAYERS:
                raise CannotImport(f"{place} is {shown(kind)}; known are {', '.join(sorted(ACTIVATION_LAYERS))}")
            return ACTIVATION_LAYERS[kind](inner, weights)
    if value is None:
        value = "linear"
    if not isinstance(value, str) or value not in ACTIVATIONS:
        raise CannotImport(f"{place} is {shown(value)}; known are {', '.join(sorted(ACTIVATIONS))}")
    return ACTIVATIONS[value], {}


def _relu(layer: KerasLayer, weights: KerasWeights) -> Activated:  # noqa: ARG001 -- as all have it
    most = layer.config.get("max_value")
    slope = _number(layer, "negative_slope", 0.0)
    if layer.config.get("threshold") in (None, 0):
        if most is None:
            return ({"name": "leaky_relu", "negative_slope": slope} if slope else {"name": "relu"}), {}
        if most == 6 and not slope:
            return {"name": "relu6"}, {}
    raise CannotImport(f"the layer {layer.called} must have threshold 0 and max_value null, or 6 without a slope")


def _leaky_relu(layer: KerasLayer, weights: KerasWeights) -> Activated:  # noqa: ARG001 -- as above
    return {"name": "leaky_relu", "negative_slope": _number(layer, "negative_slope", 0.3)}, {}


def _prelu(layer: KerasLayer, weights: KerasWeights) -> Activated:
    [alpha] = require_weights(weights.of(layer.place), ["alpha"], layer.name)
    return {"name": "prelu"}, {"alpha": alpha}


def _elu(layer: KerasLayer, weights: KerasWeights) -> Activated:  # noqa: ARG001 -- as above
    return {"name": "elu", "alpha": _number(layer, "alpha", 1.0)}, {}


def _softmax(layer: KerasLayer, weights: KerasWeights) -> Activated:  # noqa: ARG001 -- as above
    require_axis(layer)
    return {"name": "softmax"}, {}


def require_axis(layer: KerasLayer) -> None:
    """That a layer works on the values of each row. Raises `CannotImport`."""
    if layer.config.get("axis", -1) not in OF_ROWS:
        raise CannotImport(f"the layer {layer.called} has the axis {shown(layer.config['axis'])}; it must be -1")


def _dense(layer: KerasLayer, weights: KerasWeights, chain: Chain) -> None:
    names = ["kernel", "bias"] if _flag(layer, "use_bias", usual=True) else ["kernel"]
    kernel, *bias = require_weights(weights.of(layer.place), names, layer.name)
    chain.add_dense(kernel, bias[0] if bias else None, layer.name)
    _add_activation(chain, *_activation_of(layer, weights))


def _dropout(layer: KerasLayer, weights: KerasWeights, chain: Chain) -> None:  # noqa: ARG001 -- as above
    chain.add("dropout", layer.name, rate=_number(layer, "rate", 0.5))


def _noise(layer: KerasLayer, weights: KerasWeights, chain: Chain) -> None:  # noqa: ARG001 -- as above
    chain.add("gaussian_noise", layer.name, stddev=_number(layer, "stddev", 0.1))


def _batch_normalization(layer: KerasLayer, weights: KerasWeights, chain: Chain) -> None:
    require_axis(layer)
    if layer.config.get("renorm"):
        raise CannotImport(f"the layer {layer.called} has renorm, which is not supported")
    tensors = _normalizing(layer, weights, "moving_mean", "moving_variance")
    settings = {"momentum": _number(layer, "momentum", 0.99), "epsilon": _number(layer, "epsilon", 1e-3)}
    chain.add("batch_normalization", layer.name, tensors, **settings)


def _layer_normalization(layer: KerasLayer, weights: KerasWeights, chain: Chain) -> None:
    require_axis(layer)
    if layer.config.get("rms_scaling"):
        raise CannotImport(f"the layer {layer.called} has rms_scaling, which is not supported")
    tensors = _normalizing(layer, weights)
    if not tensors:
        raise CannotImport(f"the layer {layer.called} must have center or scale")
    chain.add("layer_normalization", layer.name, tensors, epsilon=_number(layer, "epsilon", 1e-3))


def _normalizing(layer: KerasLayer, weights: KerasWeights, *further: str) -> dict[str, Array]:
    """The tensors of a normalization, with those that it could have and has not."""
    own = {"gamma": _flag(layer, "scale", usual=True), "beta": _flag(layer, "center", usual=True)}
    names = [*(name for name, is_there in own.items() if is_there), *further]
    found = dict(zip(names, require_weights(weights.of(layer.place), names, layer.name), strict=True))
    if not found:
        return {}
    like = next(iter(found.values()))
    missing = {"gamma": np.ones_like(like), "beta": np.zeros_like(like)}
    return {name: found.get(name, missing.get(name, like)) for name in ("gamma", "beta", *further)}


ACTIVATION_LAYERS: Mapping[str, Callable[[KerasLayer, KerasWeights], Activated]] = {
    "Activation": _activation_of,
    "ELU": _elu,
    "LeakyReLU": _leaky_relu,
    "PReLU": _prelu,
    "ReLU": _relu,
    "Softmax": _softmax,
}
LAYERS: Mapping[str, Callable[[KerasLayer, KerasWeights, Chain], None]] = {
    "BatchNormalization": _batch_normalization,
    "Dense": _dense,
    "Dropout": _dropout,
    "GaussianNoise": _noise,
    "LayerNormalization": _layer_normalization,
}
