"""The layers of a network, described."""

from steelyard.models.description import describe_layers
from steelyard.nn.activations import Relu
from steelyard.nn.layers import Dense, Dropout
from steelyard.nn.network import Network


def test_each_layer_has_its_units_activation_and_weights() -> None:
    layers = describe_layers(Network([Dense(3, activation=Relu()), Dropout(0.5), Dense(2)], inputs=4))
    assert [(each.name, each.inputs, each.outputs, each.activation, each.parameters) for each in layers] == [
        ("dense_1", 4, 3, "relu", 15),
        ("dropout_1", 3, 3, None, 0),
        ("output", 3, 2, "linear", 8),
    ]
