"""The layers of a network, as a model describes them."""

import math

from steelyard.models.schema import LayerFacts
from steelyard.nn.ensemble import AnyNetwork


def describe_layers(network: AnyNetwork) -> list[LayerFacts]:
    """Describe each layer: its units, activation, and number of weights."""
    return [
        LayerFacts(
            name=place.name,
            type=place.layer.name,
            inputs=place.inputs,
            outputs=place.outputs,
            activation=activation.name if (activation := getattr(place.layer, "activation", None)) else None,
            parameters=sum(math.prod(tensor.shape) for tensor in place.tensors),
        )
        for place in network.places
    ]
