"""A preset fills what a job leaves open with another framework's defaults, and names the source of each."""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from steelyard.nn.training.ensemble import AnyTraining
from steelyard.training.assemble import Prepared, build_training, draw_network, prepare, spawn_streams
from steelyard.training.preset_defaults import fill_in_preset, preset_of
from steelyard.training.presets import PRESETS
from steelyard.training.sources import load_data
from tests.conftest import no_tables
from tests.training.jobs import faults, read

IRIS: dict[str, Any] = {"data": {"builtin": "iris"}}
ALL = pytest.mark.parametrize("name", PRESETS)


def at(spec: dict[str, Any], path: str) -> Any:
    found: Any = spec
    for key in path.strip("/").split("/"):
        found = found[int(key) if isinstance(found, list) else key]
    return found


def chosen(document: dict[str, Any]) -> dict[str, Any]:
    return {choice.path: choice.value for choice in read(document).choices}


@ALL
def test_every_setting_is_a_choice_with_its_source_and_is_in_the_specification(name: str) -> None:
    plan = read({**IRIS, "preset": name})
    spec = plan.spec.to_json()
    reasons = {choice.path: choice.reason for choice in plan.choices}
    for setting in PRESETS[name].settings:
        if setting.where is None:
            assert setting.source in reasons[setting.path]
            assert reasons[setting.path].startswith(PRESETS[name].framework)
    for choice in plan.choices:
        held = at(spec, choice.path)
        if choice.path == "/layers":
            assert [layer["units"] for layer in held] == [layer["units"] for layer in choice.value]
        elif isinstance(choice.value, dict):
            assert choice.value.items() <= held.items()
        else:
            assert held == choice.value


@ALL
@pytest.mark.parametrize("data", ["iris", "diabetes"])
def test_the_specification_that_comes_back_describes_the_same_job(name: str, data: str) -> None:
    plan = read({"data": {"builtin": data}, "preset": name})
    again = read(plan.spec.to_json())
    assert again.spec.preset == name
    assert (again.digest, again.choices) == (plan.digest, [])
    assert read({**plan.spec.to_json(), "preset": None}).digest == plan.digest


@ALL
def test_what_the_job_names_wins(name: str) -> None:
    given: dict[str, Any] = {
        "layers": [{"units": 7, "activation": "tanh", "regularizer": "l1"}],
        "activation": "elu",
        "initializer": "he_normal",
        "bias_initializer": {"name": "constant", "value": 0.5},
        "regularizer": None,
        "preprocessing": {"numeric": "minmax"},
        "validation": {"fraction": 0.3},
        "optimizer": {"name": "adam", "learning_rate": 0.5, "epsilon": 0.25},
        "training": {
            "epochs": 3,
            "batch_size": 5,
            "shuffle": False,
            "early_stopping": {
                "monitor": "loss",
                "patience": 2,
                "min_delta": 0.5,
                "restore_best": True,
                "min_delta_from": "improvement",
            },
            "schedule": "cosine",
            "dtype": "float64",
        },
    }
    spec = read({**IRIS, **given, "preset": name}).spec
    alone = read({**IRIS, **given}).spec
    assert spec.make_optimizer().learning_rate == 0.5
    assert spec.model_dump(exclude={"optimizer", "preset", "layers"}) == alone.model_dump(
        exclude={"optimizer", "preset", "layers"}
    )
    assert (at(spec.to_json(), "/layers/0/units"), at(spec.to_json(), "/layers/0/activation/name")) == (7, "tanh")
    assert (
        not {"/layers", "/initializer", "/training/epochs", "/optimizer"}
        & chosen({**IRIS, **given, "preset": name}).keys()
    )


def test_auto_leaves_a_setting_to_the_preset() -> None:
    auto = {**IRIS, "layers": "auto", "optimizer": "auto", "loss": "auto", "training": {"epochs": "auto"}}
    assert read({**auto, "preset": "sklearn"}).digest == read({**IRIS, "preset": "sklearn"}).digest


def test_a_named_component_gets_the_parameters_that_it_leaves_open() -> None:
    inner = [{"units": 4, "activation": "leaky_relu"}, {"type": "layer_normalization"}]
    layers = [{"type": "batch_normalization", "momentum": 0.5}, {"type": "residual", "layers": inner}]
    named: dict[str, Any] = {"optimizer": {"name": "adam", "learning_rate": 0.01}, "layers": layers}
    found = chosen({**IRIS, **named, "preset": "pytorch"})
    assert found["/optimizer/epsilon"] == 1e-8
    assert "/optimizer/learning_rate" not in found
    assert found["/layers/0/epsilon"] == 1e-5
    assert "/layers/0/momentum" not in found
    assert found["/layers/1/layers/0/activation/negative_slope"] == 0.01
    assert found["/layers/1/layers/1/epsilon"] == 1e-5
    spec = read({**IRIS, **named, "preset": "keras"}).spec.to_json()
    assert (spec["optimizer"]["epsilon"], spec["optimizer"]["epsilon_hat"]) == (1e-7, True)
    assert at(spec, "/layers/1/layers/0/activation/negative_slope") == 0.2


def test_a_named_early_stopping_gets_the_parameters_that_it_leaves_open() -> None:
    def stopping(name: str, **given: Any) -> Any:
        document = {**IRIS, "preset": name, "training": {"early_stopping": given}, "validation": {"fraction": 0.3}}
        return read(document).spec.training.early_stopping

    keras = stopping("keras", patience=4)
    assert (keras.patience, keras.restore_best, keras.monitor) == (4, False, "val_loss")
    assert (stopping("keras").patience, stopping("pytorch").patience) == (0, 10)
    sklearn = stopping("sklearn", monitor="val_accuracy")
    assert (sklearn.monitor, sklearn.patience, sklearn.min_delta_from) == ("val_accuracy", 11, "best")


def test_early_stopping_of_scikit_learn_holds_out_a_tenth_of_the_rows() -> None:
    document: dict[str, Any] = {**IRIS, "preset": "sklearn", "training": {"early_stopping": {}}}
    found = chosen(document)
    assert found["/validation"] == {"fraction": 0.1}
    assert found["/training/early_stopping/patience"] == 11
    spec = read(document).spec
    assert spec.validation is not None
    assert spec.validation.share == 0.1
    assert read(spec.to_json()).digest == read(document).digest


def test_nesterov_needs_a_momentum() -> None:
    assert read({**IRIS, "optimizer": "sgd", "preset": "sklearn"}).spec.to_json()["optimizer"]["nesterov"] is True
    plain = {"name": "sgd", "momentum": 0}
    assert read({**IRIS, "optimizer": plain, "preset": "sklearn"}).spec.to_json()["optimizer"]["nesterov"] is False


def test_the_penalty_of_scikit_learn_depends_on_the_rows_of_a_batch() -> None:
    def penalty(**more: Any) -> float:
        spec = read({"data": {"builtin": "digits"}, "preset": "sklearn", **more}).spec.to_json()
        assert spec["output"]["regularizer"] == spec["layers"][0]["regularizer"] == spec["regularizer"]
        return float(spec["regularizer"]["l2"])

    assert penalty() == 1e-4 / 2 / 200
    assert penalty(training={"batch_size": 50}) == 1e-4 / 2 / 50
    assert penalty(training={"batch_size": 10_000}) == 1e-4 / 2 / 1797


def test_a_preset_that_does_not_exist_is_one_error_with_a_suggestion() -> None:
    assert faults({**IRIS, "preset": "torch"}) == {"/preset": "is 'torch'; did you mean 'pytorch'?"}
    assert faults({**IRIS, "preset": "scikit-learn"}).keys() == {"/preset"}
    assert faults({**IRIS, "preset": ["keras"]}).keys() == {"/preset"}


@pytest.mark.parametrize("broken", [{"training": 5}, {"preprocessing": []}, {"layers": 3}, {"optimizer": {"name": []}}])
def test_a_preset_adds_no_faults_to_those_of_the_job(broken: dict[str, Any]) -> None:
    assert faults({**IRIS, **broken, "preset": "keras"}) == faults({**IRIS, **broken})


def test_the_document_of_a_client_is_not_changed() -> None:
    document: dict[str, Any] = {**IRIS, "preset": "keras", "training": {"seed": 1}, "optimizer": {"name": "adam"}}
    filled, _ = fill_in_preset(document)
    assert document == {**IRIS, "preset": "keras", "training": {"seed": 1}, "optimizer": {"name": "adam"}}
    assert filled["training"]["seed"] == 1
    assert fill_in_preset(IRIS) == (IRIS, [])
    assert preset_of(None) is None


# Against the framework itself.


def start(document: dict[str, Any]) -> tuple[Prepared, AnyTraining]:
    """The rows of a job, and its training before the first step."""
    spec = read(document).spec
    streams = spawn_streams(spec)
    prepared = prepare(spec, load_data(spec, None, no_tables), streams[0])
    return prepared, build_training(spec, prepared, draw_network(spec, prepared, streams), streams)


def fit(estimator: Any, x: Any, y: Any, epochs: int = 200) -> Any:
    estimator.max_iter = epochs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(x, y)


@pytest.mark.parametrize(
    ("data", "kind", "batch"), [("iris", MLPClassifier, 150), ("diabetes", MLPRegressor, 442 // 2)]
)
def test_from_the_same_weights_and_batches_training_ends_where_scikit_learn_does(
    data: str, kind: type[Any], batch: int
) -> None:
    """The batches of each are equally large: of a smaller last one, scikit-learn's penalty differs."""
    settings = {"shuffle": False, "batch_size": batch}
    prepared, training = start({"data": {"builtin": data}, "preset": "sklearn", "training": settings})
    x, y = prepared.parts["train"].x, prepared.parts["train"].y.ravel()
    theirs = fit(kind(warm_start=True, shuffle=False, batch_size=batch), x, y, epochs=1)
    theirs.coefs_ = [tensor.copy() for name, tensor in training.members[0].initial.items() if "kernel" in name]
    theirs.intercepts_ = [tensor.copy() for name, tensor in training.members[0].initial.items() if "bias" in name]
    theirs.best_loss_, theirs._no_improvement_count = np.inf, 0
    fit(theirs, x, y)
    for _ in training.run():
        pass
    assert training.epoch == theirs.n_iter_
    for (name, ours), expected in zip(
        training.members[0].network.tensors().items(),
        [tensor for pair in zip(theirs.coefs_, theirs.intercepts_, strict=True) for tensor in pair],
        strict=True,
    ):
        np.testing.assert_allclose(ours, expected, atol=1e-6, err_msg=name)


def test_the_loss_is_that_of_scikit_learn_within_the_spread_of_the_seeds() -> None:
    ours, theirs = [], []
    for seed in range(8):
        prepared, training = start({**IRIS, "preset": "sklearn", "training": {"seed": seed}})
        *_, last = training.run()
        ours.append(last.values["loss"])
        part = prepared.parts["train"]
        theirs.append(fit(MLPClassifier(random_state=seed), part.x, part.y).loss_)
    error = np.sqrt((np.var(ours) + np.var(theirs)) / len(ours))
    assert abs(np.mean(ours) - np.mean(theirs)) < 3 * error
