"""Files that Keras 3 and PyTorch write are imported, and answer as these do.

The ordinary tests import one file of Keras, `tests/imports/keras3.keras`.
"""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.imports.drafting import draft_of
from steelyard.imports.keras_layers import ACTIVATIONS
from steelyard.imports.request import read_request
from steelyard.inference.rows import read_inputs
from tests.imports.files import DIGEST, read, refusal

pytestmark = [
    pytest.mark.engines,
    pytest.mark.filterwarnings(*(f"ignore::{kind}Warning" for kind in ("Deprecation", "Future", "User"))),  # their own
]


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(0)


def answers(path: Path, form: str, rows: Any, model: str | None = None) -> Any:
    """What the model in a file answers: the activated outputs of its network."""
    made = draft_of(read(path.with_name("copy"), path.read_bytes(), form), read_request(model), DIGEST).build()
    found = made.answer(read_inputs({"inputs": rows.tolist()}, made.inputs, made.network.dtype).x)
    return found.outputs if found.probabilities is None else found.probabilities


def by_keras(model: Any, folder: Path, draw: np.random.Generator, *inputs: Any) -> None:
    """That a model of Keras, its weights drawn, answers the same after it was saved and imported."""
    import keras

    for weight in model.weights:
        if weight.name not in ("seed_generator_state", "count"):
            weight.assign(
                np.abs(draw.normal(0, 0.5, weight.shape)) + 0.1
                if "var" in weight.name
                else draw.normal(0, 0.5, weight.shape)
            )
    model.save(folder / "m.keras")
    expected = keras.ops.convert_to_numpy(model(inputs[0] if len(inputs) == 1 else [*inputs]))
    found = answers(folder / "m.keras", "keras", np.concatenate([each.astype(np.float64) for each in inputs], axis=1))
    np.testing.assert_allclose(found[:, -expected.shape[1] :], expected, rtol=1e-5, atol=1e-6)


def test_sequential_models_of_keras(tmp_path: Path, draw: np.random.Generator) -> None:
    layers = pytest.importorskip("keras").layers
    import keras

    x = draw.normal(size=(20, 3)).astype(np.float32)
    named = [layers.Dense(4, activation=name) for name in (*ACTIVATIONS, layers.LeakyReLU(0.2), None)]
    others = [layers.PReLU(), layers.ELU(0.7), layers.ReLU(6.0), layers.ReLU(negative_slope=0.2), layers.Softmax()]
    noise = [layers.Dropout(0.2), layers.GaussianNoise(0.1), layers.AlphaDropout(0.1), layers.Identity()]
    normal = [
        *(layers.BatchNormalization(), layers.BatchNormalization(scale=False, epsilon=1e-4)),
        *(layers.LayerNormalization(), layers.LayerNormalization(center=False)),
    ]
    for number, hidden in enumerate((named[:8], named[8:16], named[16:], [*others, *noise], normal)):
        last = layers.Dense((1, 3)[number % 2], activation=("sigmoid", "softmax")[number % 2])
        first = [layers.Normalization(), layers.Dense(4)]
        by_keras(keras.Sequential([keras.Input((3,)), *first, *hidden, last]), tmp_path, draw, x)


def test_functional_models_of_keras(tmp_path: Path, draw: np.random.Generator) -> None:
    layers = pytest.importorskip("keras").layers
    import keras

    number, color = keras.Input((3,), name="number"), keras.Input((1,), name="color", dtype="int32")
    sizes = keras.Input((2,), name="sizes", dtype="int32")
    vectors = [layers.Flatten()(layers.Embedding(5, 2)(color)), layers.Flatten()(layers.Embedding(4, 3)(sizes))]
    x = layers.Concatenate()([vectors[0], layers.Rescaling(2.0, 1.0)(number), vectors[1]])
    x = layers.Dense(4, activation="gelu")(x)
    x = layers.Add()([x, layers.Dense(4)(layers.Dense(6, activation="tanh")(x))])
    x = layers.Add()([layers.Dense(5, activation="relu")(x), layers.Dense(5, use_bias=False)(x)])
    model = keras.Model([number, color, sizes], layers.Rescaling([10.0, 2.0], 3.0)(layers.Dense(2)(x)))
    model.save(tmp_path / "m.keras")
    rows: list[Any] = [
        draw.normal(size=(9, 3)).astype(np.float32),
        *(draw.integers(0, 4, (9, width)) for width in (1, 2)),
    ]
    expected = keras.ops.convert_to_numpy(model(rows))
    made = draft_of(read(tmp_path / "copy", (tmp_path / "m.keras").read_bytes(), "keras"), read_request(None), DIGEST)
    loaded = made.build()
    found = loaded.answer(read_inputs({"inputs": np.concatenate(rows, axis=1).tolist()}, loaded.inputs, "float32").x)
    np.testing.assert_allclose(loaded.in_own_words(found.predictions), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda layers: layers.Lambda(lambda x: x), "is code, which is not run"),
        (lambda layers: layers.Dense(3, dtype="bfloat16"), "is of the type bfloat16; save it as float32 or float64"),
        (lambda layers: layers.UnitNormalization(), "(UnitNormalization) cannot be imported; known are"),
    ],
)
def test_other_layers_of_keras_are_refused(tmp_path: Path, make: Callable[[Any], Any], reason: str) -> None:
    keras = pytest.importorskip("keras")
    keras.Sequential([keras.Input((3,)), make(keras.layers), keras.layers.Dense(1)]).save(tmp_path / "m.keras")
    assert reason in str(refusal(tmp_path / "copy", (tmp_path / "m.keras").read_bytes(), "keras"))


def test_a_custom_layer_of_keras_is_refused(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")

    @keras.saving.register_keras_serializable("mine")
    class Doubled(keras.layers.Dense):  # type: ignore[misc, name-defined]
        pass

    keras.Sequential([keras.Input((3,)), Doubled(1)]).save(tmp_path / "m.keras")
    reason = refusal(tmp_path / "copy", (tmp_path / "m.keras").read_bytes(), "keras")
    assert "is of the custom class 'mine>Doubled'; only layers of Keras are imported" in str(reason)


def network(torch: Any) -> Any:
    """Layers as PyTorch's pages write them; their weights have names such as `0.weight`."""
    nn = torch.nn
    made = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.Tanh(), nn.Dropout(0.1), nn.Linear(4, 2))
    return made.eval()


def test_weights_of_pytorch(tmp_path: Path, draw: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    made, x = network(torch), draw.normal(size=(20, 3))
    layers = [8, {"units": 4, "activation": "tanh"}, {"type": "dropout", "rate": 0.1}]
    with torch.no_grad():
        expected = made(torch.from_numpy(x).float()).softmax(1).numpy()
    described = json.dumps({"layers": layers, "output": {"activation": "softmax"}})
    save_file(made.state_dict(), tmp_path / "m.safetensors")
    np.testing.assert_allclose(answers(tmp_path / "m.safetensors", "safetensors", x, described), expected, atol=1e-6)
    save_file({name: tensor.bfloat16() for name, tensor in made.state_dict().items()}, tmp_path / "b.safetensors")
    reason = refusal(tmp_path / "copy", (tmp_path / "b.safetensors").read_bytes(), "safetensors", described)
    assert "is of the type bfloat16; save it as float32 or float64" in str(reason)


def normalized(torch: Any) -> Any:
    """A network with every normalization and activation that is one operator, after a step of training."""
    nn = torch.nn
    layers = [
        *(
            nn.Linear(3, 4),
            nn.BatchNorm1d(4),
            nn.SiLU(),
            nn.Linear(4, 4),
            nn.LayerNorm(4),
            nn.PReLU(4),
            nn.Linear(4, 4),
        ),
        *(nn.ReLU6(), nn.Linear(4, 4), nn.Hardtanh(), nn.Linear(4, 4), nn.SELU(), nn.Linear(4, 4), nn.PReLU()),
        *(nn.Linear(4, 4), nn.ELU(0.7), nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 4), nn.LeakyReLU(0.2)),
        *(nn.Linear(4, 4), nn.Hardsigmoid(), nn.Linear(4, 4), nn.CELU(0.6), nn.Linear(4, 2)),
    ]
    made = nn.Sequential(*layers)
    made(torch.randn(50, 3))
    return made.eval()


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("network", [network, normalized])
def test_onnx_of_pytorch(
    tmp_path: Path, draw: np.random.Generator, network: Callable[[Any], Any], dynamo: bool
) -> None:
    torch = pytest.importorskip("torch")
    if dynamo and importlib.util.find_spec("onnxscript") is None:
        pytest.skip("PyTorch needs onnxscript for this exporter")
    made, x, path = network(torch), draw.normal(size=(20, 3)), tmp_path / "m.onnx"
    torch.onnx.export(made, (torch.zeros(1, 3),), str(path), dynamo=dynamo, external_data=False)
    with torch.no_grad():
        expected = made(torch.from_numpy(x).float()).softmax(1).numpy()
    np.testing.assert_allclose(answers(path, "onnx", x, json.dumps({"classes": ["a", "b"]})), expected, atol=1e-6)
