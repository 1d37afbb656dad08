"""The layers of a Keras model and their connections are read from its configuration, or refused by name."""

from typing import Any

import pytest

from steelyard.imports.contents import CannotImport
from steelyard.imports.keras_config import KerasLayer, read_config, read_object
from tests.imports.keras_files import functional, layer, sequential


def test_weights_have_the_place_of_their_class_and_count() -> None:
    found = read_config(sequential(layer("Dense", "a"), layer("PReLU", "b"), layer("Dense", "c")))
    assert [(each.name, each.place, each.inputs) for each in found.layers.values()] == [
        ("in", "layers/input_layer", ()),
        ("a", "layers/dense", ("in",)),
        ("b", "layers/p_re_lu", ("a",)),
        ("c", "layers/dense_1", ("b",)),
    ]
    assert (found.inputs, found.output, found.widths) == (("in",), "c", {"in": 2})


def test_a_sequential_model_may_state_its_inputs_elsewhere() -> None:
    document: dict[str, Any] = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"build_input_shape": [None, 5]},
    }
    document["config"]["layers"] = [layer("Dense", "a")]
    found = read_config(document)
    assert (found.inputs, found.widths, found.layers["a"].inputs) == (("",), {"": 5}, ("",))


def test_inputs_may_have_names_of_their_own() -> None:
    document = functional(layer("Concatenate", "c", ["u", "v"]), inputs={"u": 1, "v": 2}, output="c")
    document["config"]["input_layers"] = {"first": ["v", 0, 0], "second": ["u", 0, 0]}
    found = read_config(document)
    assert (found.inputs, found.layers["c"].inputs) == (("v", "u"), ("u", "v"))


def twice() -> Any:
    document = functional(layer("Dense", "a", ["x"]), inputs={"x": 2}, output="a")
    document["config"]["layers"][1]["inbound_nodes"] *= 2
    return document


def test_objects_of_keras_itself_are_known_by_their_module() -> None:
    assert read_object({"module": "keras.src.models.functional", "class_name": "A", "config": {}}, "it") == ("A", {})
    for module, registered in (("keras_hub", None), ("kerasx", None), ("", None), ("keras", "Mine>A"), ("keras", 3)):
        with pytest.raises(CannotImport, match="it is of the custom class"):
            read_object({"module": module, "class_name": "A", "config": {}, "registered_name": registered}, "it")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "the model must have 'module', 'class_name' and 'config'"),
        ({"module": "keras", "class_name": "Net", "config": {}}, "is of the class 'Net'; it must be Sequential or"),
        ({"module": "keras", "class_name": "Sequential", "config": {}}, "must have a list of at most 1000 layers"),
        ({"module": "keras", "class_name": "Sequential", "config": {"layers": []}}, "has no layers"),
        (sequential(*[layer("Dense", "a")] * 2), "two layers have the name 'a'"),
        (sequential(*[layer("Dense", "a")] * 1000), "must have a list of at most 1000 layers"),
        (sequential({"config": {"name": "a"}}), "the layer 'a' must have 'module'"),
        (sequential({"name": None, "config": None}), "a layer without a name must have 'module'"),
        (sequential(layer("Dense", 3)), "a layer of the class 'Dense' has no name"),  # type: ignore[arg-type]
        (sequential(layer("Dense", "a"), width=0), r"the input 'in' has the shape \[None, 0\]; it must be"),
        (twice(), r"the layer 'a' \(Dense\) is used several times"),
        (functional(layer("Dense", "a", ["z"]), inputs={"x": 2}, output="a"), "has no layer 'z', which another one"),
        (functional(inputs={"x": 2}, output="x") | {"config": {"layers": []}}, "has 0 outputs; it must have one"),
    ],
)
def test_other_configurations_are_refused(document: Any, reason: str) -> None:
    with pytest.raises(CannotImport, match=reason):
        read_config(document)


def test_a_layer_has_one_input_where_it_takes_one() -> None:
    with pytest.raises(CannotImport, match=r"the layer 'a' \(Dense\) has 2 inputs; it must have one"):
        _ = KerasLayer("Dense", "a", {}, ("x", "y")).only_input
