"""The presets of Keras and PyTorch have the defaults that are in the signatures of the installed versions.

A job with a preset trains as the framework does from the same weights and batches.
"""

import inspect
import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from steelyard.nn.optimizers import OPTIMIZERS, Rule
from steelyard.training.presets import PRESETS, PartDefaults
from tests.training.jobs import read
from tests.training.test_preset_defaults import start

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch", reason="PyTorch is not installed; `make test-engines` installs it")
keras = pytest.importorskip("keras", reason="Keras is not installed; `make test-engines` installs it")
torch.set_num_threads(1)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras's own, under NumPy 2
KERAS, PYTORCH = PRESETS["keras"], PRESETS["pytorch"]

RENAMED = {
    "keras": {},
    "pytorch": {"learning_rate": "lr", "epsilon": "eps", "rate": "p", "minval": "a", "maxval": "b", "stddev": "std"},
}
# Where a signature has a parameter in other terms; by preset, component and parameter.
CONVERTED: dict[tuple[str, str, str], Callable[[dict[str, Any]], Any]] = {
    ("pytorch", "rmsprop", "rho"): lambda theirs: theirs["alpha"],
    ("pytorch", "batch_normalization", "momentum"): lambda theirs: 1 - theirs["momentum"],
    ("pytorch", "prelu", "alpha"): lambda theirs: theirs["init"],
    ("pytorch", "gelu", "approximate"): lambda theirs: theirs["approximate"] != "none",
    ("keras", "prelu", "alpha"): lambda theirs: {"Zeros": 0.0}[theirs["alpha_initializer"]],
    ("keras", "nadam", "momentum_decay"): lambda _: 1.0,  # a constant in its update
}
# Parameters of ours that no signature has: they choose between the two ways in which the frameworks compute.
OURS = {"epsilon_hat", "epsilon_in_root"}


def defaults(function: Any) -> dict[str, Any]:
    return {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}


def resolve(path: str) -> Any:
    found: Any = {"keras": keras, "torch": torch}[path.split(".", maxsplit=1)[0]]
    for name in path.split(",", maxsplit=1)[0].split(".")[1:]:
        found = getattr(found, name)
    return found


def in_signature(preset: str, part: PartDefaults, name: str, theirs: dict[str, Any]) -> Any:
    """The default of a parameter as the framework's signature has it, in our terms."""
    if convert := CONVERTED.get((preset, part.name, name)):
        return convert(theirs)
    if "betas" in theirs and name in ("beta_1", "beta_2"):
        return theirs["betas"][int(name[-1]) - 1]
    found = theirs[RENAMED[preset].get(name, name)]
    return found or 0.0 if name == "weight_decay" else found  # Keras has None


@pytest.mark.parametrize("preset", ["keras", "pytorch"])
def test_components_have_the_defaults_of_the_signature(preset: str) -> None:
    for part in PRESETS[preset].parts:
        theirs = defaults(resolve(part.source))
        for name, value in part.values.items():
            if name not in OURS:
                assert in_signature(preset, part, name, theirs) == value, (part.name, name)


def test_early_stopping_has_the_defaults_of_keras() -> None:
    theirs = defaults(keras.callbacks.EarlyStopping)
    assert KERAS.early_stopping is not None
    assert {**KERAS.early_stopping.values} == {
        "monitor": theirs["monitor"],
        "patience": theirs["patience"],
        "min_delta": theirs["min_delta"],
        "restore_best": theirs["restore_best_weights"],
        "min_delta_from": "improvement",
    }


@pytest.mark.parametrize("preset", ["keras", "pytorch"])
def test_every_optimizer_of_the_framework_is_in_its_preset(preset: str) -> None:
    module = keras.optimizers if preset == "keras" else torch.optim
    theirs = {name.lower() for name in dir(module) if isinstance(getattr(module, name), type)}
    ours = {rule.name for rule in OPTIMIZERS if issubclass(rule, Rule)}
    assert {part.name for part in PRESETS[preset].parts if part.family == "optimizer"} == ours & theirs


def test_settings_of_keras_are_the_defaults_of_its_signatures() -> None:
    fit, dense = defaults(keras.Model.fit), defaults(keras.layers.Dense)
    found = {setting.path: setting.value for setting in KERAS.settings}
    assert dense["activation"] is None  # linear; see the source of the setting
    assert (fit["batch_size"], fit["validation_split"], fit["callbacks"]) == (None, 0.0, None)
    assert found == {
        "/layers": [{"type": "dense", "units": 64}] * 2,
        "/activation": {"name": "relu"},
        "/initializer": {"name": dense["kernel_initializer"]},
        "/bias_initializer": {"name": dense["bias_initializer"]},
        "/regularizer": dense["kernel_regularizer"],
        "/preprocessing/numeric": "standard",
        "/validation": None,
        "/optimizer": {"name": defaults(keras.Model.compile)["optimizer"]},
        "/training/batch_size": 32,
        "/training/epochs": fit["epochs"],
        "/training/shuffle": fit["shuffle"],
        "/training/early_stopping": None,
        "/training/schedule": None,
        "/training/dtype": keras.config.floatx(),
    }
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse")
    assert model.fit(np.zeros((100, 2)), np.zeros(100), verbose=0).params["steps"] == math.ceil(100 / 32)


def test_settings_of_pytorch_are_what_a_layer_begins_with() -> None:
    found = {setting.path: setting.value for setting in PYTORCH.settings}
    loader = defaults(torch.utils.data.DataLoader)
    assert (loader["batch_size"], loader["shuffle"], loader["drop_last"]) == (1, None, False)
    assert f"torch.{found['/training/dtype']}" == str(torch.get_default_dtype())
    inputs, units = 12, 40_000
    layer: Any = read({"data": {"builtin": "iris"}, "preset": "pytorch"}).spec.make_layers()[0]
    generator = np.random.default_rng(0)
    linear = torch.nn.Linear(inputs, units)
    pairs = [
        (layer.initializer.draw((inputs, units), generator), linear.weight),
        (layer.bias_initializer.for_bias(inputs, units).draw((units,), generator), linear.bias),
    ]
    for ours, theirs in pairs:
        draws = theirs.detach().numpy()
        assert np.abs(ours).max() == pytest.approx(1 / math.sqrt(inputs), rel=1e-3)
        assert np.abs(draws).max() == pytest.approx(1 / math.sqrt(inputs), rel=1e-3)
        assert ours.var() == pytest.approx(float(draws.var()), rel=0.02)


def test_the_versions_are_the_installed_ones() -> None:
    assert keras.__version__.startswith(f"{KERAS.version}.")
    assert torch.__version__.startswith(f"{PYTORCH.version}.")


def keras_weights(x: Any, y: Any, initial: list[Any], epochs: int) -> list[Any]:
    """Keras's own defaults, from these weights, in the order of the rows."""
    model = keras.Sequential([keras.layers.Dense(64, "relu"), keras.layers.Dense(64, "relu"), keras.layers.Dense(1)])
    model.build((None, x.shape[1]))
    model.set_weights(initial)
    model.compile(loss="mse")
    model.fit(x, y, epochs=epochs, shuffle=False, verbose=0)
    return [np.asarray(weights) for weights in model.get_weights()]


def torch_weights(x: Any, y: Any, initial: list[Any], epochs: int) -> list[Any]:
    """PyTorch's Adam with its own defaults, from these weights, in the order of the rows."""
    linear = [torch.nn.Linear(*kernel.shape) for kernel in initial[::2]]
    parameters = [each for layer in linear for each in (layer.weight, layer.bias)]
    with torch.no_grad():
        for parameter, tensor in zip(parameters, initial, strict=True):
            parameter.copy_(torch.from_numpy(tensor.T))
    network = torch.nn.Sequential(linear[0], torch.nn.ReLU(), linear[1], torch.nn.ReLU(), linear[2])
    optimizer = torch.optim.Adam(network.parameters())
    rows = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    for _ in range(epochs):
        for inputs, targets in torch.utils.data.DataLoader(rows, batch_size=64):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(network(inputs), targets).backward()
            optimizer.step()
    return [parameter.detach().numpy().T for parameter in parameters]


@pytest.mark.parametrize(("name", "train"), [("keras", keras_weights), ("pytorch", torch_weights)])
def test_from_the_same_weights_and_batches_training_ends_where_the_framework_does(
    name: str, train: Callable[..., list[Any]]
) -> None:
    prepared, training = start(
        {"data": {"builtin": "diabetes"}, "preset": name, "training": {"shuffle": False, "epochs": 5}}
    )
    part = prepared.parts["train"]
    theirs = train(part.x, part.y, [tensor.copy() for tensor in training.members[0].initial.values()], epochs=5)
    for _ in training.run():
        pass
    ours = [*training.members[0].network.tensors().values()]
    moved = max(np.abs(a - b).max() for a, b in zip(ours, training.members[0].initial.values(), strict=True))
    assert moved > 0.01
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-4 * moved + 1e-6)
