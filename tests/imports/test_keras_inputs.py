"""Inputs enter a network in our order whatever the order is in which Keras joins them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.imports.contents import CannotImport
from steelyard.imports.drafting import draft_of
from steelyard.imports.keras_inputs import Part, begin
from steelyard.imports.request import read_request
from tests.imports.files import DIGEST, read, refusal
from tests.imports.keras_files import archive, functional, hdf5, layer, sequential

DRAW = np.random.default_rng(0)


def draw(*shape: int) -> Any:
    return DRAW.normal(size=shape).astype(np.float32)


def numbers(name: str, columns: int, **further: Any) -> Part:
    return Part(name, columns, np.zeros(columns), np.ones(columns), **further)


ONE_HOT = {"num_tokens": 3, "output_mode": "one_hot"}
LAST = layer("Dense", "y", ["j"], units=2, use_bias=False)


def joined(*parts: Any, order: list[str], inputs: dict[str, int]) -> Any:
    return functional(*parts, layer("Concatenate", "j", order), LAST, inputs=inputs, output="y")


def embed(name: str, source: str) -> list[Any]:
    return [layer("Embedding", name, [source]), layer("Flatten", f"{name}_flat", [name])]


def test_vectors_of_any_length_and_one_hot_inputs_may_come_first(tmp_path: Path) -> None:
    tables, kernel = [draw(4, 2), draw(5, 3)], draw(11, 2)
    config = joined(
        *embed("e", "u"),
        *embed("f", "v"),
        layer("CategoryEncoding", "o", ["w"], **ONE_HOT),
        layer("Rescaling", "r", ["x"], scale=[2.0, 0.5, 1.0], offset=[1.0, 0.0, 0.0]),
        order=["e_flat", "o", "r", "f_flat"],
        inputs={"u": 1, "v": 1, "w": 1, "x": 3},
    )
    content = archive(config, hdf5({"embedding": [tables[0]], "embedding_1": [tables[1]], "dense": [kernel]}))
    draft = draft_of(read(tmp_path / "file", content, "keras"), read_request(None), DIGEST)
    model = draft.build()
    assert [*draft.inputs.features] == ["u", "v", "w", "x3", "x4", "x5"]
    padding = 8  # the place that makes the vectors of `u` as long as the others
    assert not draft.tensors["output/kernel"][padding].any()
    found = model.inputs.encode_cells(np.array([[2.0, 4.0, 3.0, 8.0, -1.0, 1.0]]), np.float32)
    one_hot, scaled = np.eye(3, dtype=np.float32)[1], np.array([7.0, 4.0, -1.0], np.float32)
    expected = np.concatenate([tables[0][2], one_hot, scaled, tables[1][4]]) @ kernel
    np.testing.assert_allclose(model.answer(found).outputs[0], expected, rtol=1e-5)


def test_normalizations_between_are_put_in_the_same_order(tmp_path: Path) -> None:
    table, kernel, gamma, beta = draw(4, 2), draw(5, 2), draw(5), draw(5)
    config = functional(
        *embed("e", "u"),
        layer("Concatenate", "j", ["e_flat", "x"]),
        layer("LayerNormalization", "n", ["j"]),
        layer("Dense", "y", ["n"], units=2, use_bias=False),
        inputs={"u": 1, "x": 3},
        output="y",
    )
    content = archive(config, hdf5({"embedding": [table], "dense": [kernel], "layer_normalization": [gamma, beta]}))
    model = draft_of(read(tmp_path / "file", content, "keras"), read_request(None), DIGEST).build()
    joint = np.array([*table[1], 3.0, 5.0, -1.0], np.float32)
    normal = (joint - joint.mean()) / np.sqrt(joint.var() + np.float32(1e-3)) * gamma + beta
    found = model.answer(np.array([[1.0, 3.0, 5.0, -1.0]], np.float32)).outputs[0]
    np.testing.assert_allclose(found, normal @ kernel, rtol=1e-4)


def test_normalization_takes_its_numbers_from_its_weights_or_its_settings(tmp_path: Path) -> None:
    mean, variance = np.array([1, 2], np.float32), np.array([4, 0], np.float32)
    weights = {"dense": [draw(2, 1)], "normalization": [mean, variance, np.array(1)]}
    settings: list[dict[str, Any]] = [{}, {"mean": [1.0, 2.0], "variance": [4.0, 0.0]}]
    for given in settings:
        config = sequential(layer("Normalization", "n", **given), layer("Dense", "d", use_bias=False))
        contents = read(tmp_path / "file", archive(config, hdf5(weights)), "keras")
        draft = draft_of(contents, read_request(None), DIGEST)
        np.testing.assert_allclose(draft.inputs.scaler.center, [1, 2])
        np.testing.assert_allclose(draft.inputs.scaler.scale, [2, 1e-7])


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (
            joined(layer("Embedding", "e", ["x"]), order=["e", "u"], inputs={"x": 2, "u": 1}),
            "must be followed by Flatten",
        ),
        (joined(order=["x", "x"], inputs={"x": 2}), "an input enters 'j' twice"),
        (joined(order=["x"], inputs={"x": 2, "u": 1}), "the input 'u' does not enter the network at 'j'"),
        (
            joined(
                layer("CategoryEncoding", "c", ["x"], num_tokens=3, output_mode="count"), order=["c"], inputs={"x": 1}
            ),
            "must have output_mode 'one_hot', one value for each row",
        ),
        (
            joined(layer("Rescaling", "r", ["x"], scale=0.0), order=["r"], inputs={"x": 1}),
            "must scale 1 values by finite numbers, not by 0",
        ),
        (
            joined(layer("Rescaling", "r", ["x"], scale=[1.0, 2.0, 3.0]), order=["r"], inputs={"x": 2}),
            "must scale 2 values by finite numbers, not by 0",
        ),
        (joined(layer("Rescaling", "r", ["x"], scale="a"), order=["r"], inputs={"x": 2}), "must be a list of numbers"),
        (
            joined(layer("Normalization", "n", ["x"], invert=True), order=["n"], inputs={"x": 2}),
            "must have the axis -1, and not invert",
        ),
        (
            joined(layer("Dense", "d", ["x"]), order=["d"], inputs={"x": 2}),
            "cannot be imported before inputs are joined",
        ),
        (
            joined(layer("Rescaling", "r", ["x"], scale=2.0), *embed("e", "r"), order=["e_flat"], inputs={"x": 2}),
            "must follow an input",
        ),
    ],
)
def test_other_inputs_are_refused(tmp_path: Path, config: Any, reason: str) -> None:
    found = refusal(tmp_path / "file", archive(config, hdf5({"embedding": [draw(4, 2)]})), "keras")
    assert found is not None
    assert reason in found


def test_numbers_alone_need_no_other_order() -> None:
    assert begin([numbers("a", 2), numbers("b", 1)], ["a", "b"])._order is None
    assert begin([numbers("b", 1), numbers("a", 2)], ["a", "b"])._order.tolist() == [1, 2, 0]


def test_padded_vectors_must_meet_a_dense_layer() -> None:
    chain = begin([numbers("a", 1, table=draw(3, 2)), numbers("b", 1, table=draw(3, 1))], ["a", "b"])
    with pytest.raises(CannotImport, match="the layer 'n' must follow a dense layer"):
        chain.add("layer_normalization", "n", {"gamma": draw(3)})
    with pytest.raises(CannotImport, match="the activation softmax must follow a dense layer"):
        chain.add_activation("softmax")
