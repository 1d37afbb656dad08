"""What the axes of a network's tensors stand for."""

from steelyard.nn.activations import PRelu
from steelyard.nn.axes import NamedTensor, name_tensors
from steelyard.nn.layers import BatchNormalization, Dense, Dropout, Embedding, Layer, Residual
from steelyard.nn.network import network_places

INPUTS, OUTPUTS = ("a", "b", "c"), ("yes", "no")


def named(*layers: Layer) -> dict[str, NamedTensor]:
    return name_tensors(network_places(layers, len(INPUTS)), INPUTS, OUTPUTS)


def axes(*layers: Layer) -> dict[str, tuple[object, ...]]:
    return {name: tensor.axes for name, tensor in named(*layers).items()}


def test_inputs_and_outputs_have_names_and_units_between_them_are_counted() -> None:
    assert axes(Dense(4, PRelu()), Dropout(0.5), Dense(2)) == {
        "dense_1/kernel": (INPUTS, 4),
        "dense_1/bias": (4,),
        "dense_1/alpha": (4,),
        "output/kernel": (4, OUTPUTS),
        "output/bias": (OUTPUTS,),
    }


def test_a_layer_of_vectors_passes_the_names_on() -> None:
    found = axes(BatchNormalization(), Dense(2))
    assert found["batch_normalization_1/gamma"] == (INPUTS,)
    assert found["output/kernel"] == (INPUTS, OUTPUTS)


def test_a_block_that_adds_its_inputs_keeps_their_names() -> None:
    found = axes(Residual((Dense(5), Dense(3))), Dense(2))
    assert found["residual_1/dense_1.kernel"] == (INPUTS, 5)
    assert found["residual_1/dense_2.kernel"] == (5, INPUTS)
    assert found["output/kernel"] == (INPUTS, OUTPUTS)


def test_a_block_with_a_projection_counts_its_units() -> None:
    found = axes(Residual((Dense(5), Dense(4))), Dense(2))
    assert found["residual_1/dense_2.kernel"] == (5, 4)
    assert found["residual_1/projection.kernel"] == (INPUTS, 4)
    assert found["output/kernel"] == (4, OUTPUTS)


def test_the_table_of_a_column_is_known_by_the_columns_name() -> None:
    first = named(Embedding((1,), (3,), 2), Dense(2))
    tables = [tensor for name, tensor in first.items() if name.startswith("embedding_1/")]
    assert len(tables) == 1
    assert "b" in tables[0].key
    assert tables[0].shape == (3, 2)


def test_a_tensor_may_have_other_names_along_its_first_axis() -> None:
    tensor = named(Dense(2))["output/kernel"]
    assert tensor.shape == (3, 2)
    assert tensor.key == "output/kernel"
    renamed = tensor.with_first(("c", "a"))
    assert (renamed.axes, renamed.key, renamed.shape) == ((("c", "a"), OUTPUTS), "output/kernel", (2, 2))
