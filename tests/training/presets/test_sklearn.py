"""The preset of scikit-learn has the defaults that are in the signatures of the installed version."""

import inspect
import math
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

from steelyard.training.presets.sklearn import SKLEARN
from tests.training.jobs import read

SOLVERS = {"adam": ("learning_rate_init", "beta_1", "beta_2", "epsilon"), "sgd": ("learning_rate_init", "momentum")}


def defaults(estimator: type[Any]) -> dict[str, Any]:
    return {name: parameter.default for name, parameter in inspect.signature(estimator).parameters.items()}


BOTH = pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])


def expected(theirs: dict[str, Any]) -> dict[str, Any]:
    """Each setting by its path, as it follows from the signature of an estimator."""
    assert (theirs["batch_size"], theirs["learning_rate"], theirs["early_stopping"]) == ("auto", "constant", False)
    stopping = {
        "monitor": "loss",
        "patience": theirs["n_iter_no_change"] + 1,
        "min_delta": theirs["tol"],
        "restore_best": False,
        "min_delta_from": "best",
    }
    return {
        "/layers": [{"type": "dense", "units": units} for units in theirs["hidden_layer_sizes"]],
        "/activation": {"name": theirs["activation"]},
        "/optimizer": {"name": theirs["solver"]},
        "/validation": None,
        "/training/batch_size": 200,
        "/training/epochs": theirs["max_iter"],
        "/training/shuffle": theirs["shuffle"],
        "/training/early_stopping": stopping,
        "/training/schedule": None,
    }


@BOTH
def test_settings_are_the_defaults_of_the_signature(estimator: type[Any]) -> None:
    found = {setting.path: setting.value for setting in SKLEARN.settings if setting.where is None}
    signature = expected(defaults(estimator))
    assert {path: found[path] for path in signature} == signature
    drawn = {"/initializer", "/bias_initializer"}  # below
    assert found.keys() - signature.keys() == drawn | {"/preprocessing/numeric", "/training/dtype"}
    assert SKLEARN.alpha is not None
    assert SKLEARN.alpha[0] == defaults(estimator)["alpha"]


@BOTH
def test_solvers_have_the_defaults_of_the_signature(estimator: type[Any]) -> None:
    theirs = defaults(estimator)
    for solver, names in SOLVERS.items():
        part = SKLEARN.part("optimizer", solver)
        assert part is not None
        assert {name.removesuffix("_init"): theirs[name] for name in names}.items() <= part.values.items()
    sgd = SKLEARN.part("optimizer", "sgd")
    assert sgd is not None
    assert sgd.values["nesterov"] is theirs["nesterovs_momentum"]


@BOTH
def test_a_named_early_stopping_has_the_defaults_of_the_signature(estimator: type[Any]) -> None:
    theirs, ours = defaults(estimator), SKLEARN.early_stopping
    assert ours is not None
    assert (ours.values["patience"], ours.values["min_delta"]) == (theirs["n_iter_no_change"] + 1, theirs["tol"])
    [held] = [setting for setting in SKLEARN.settings if setting.where == ("/training/early_stopping", "")]
    assert held.value == {"fraction": theirs["validation_fraction"]}


@BOTH
def test_a_batch_of_auto_has_two_hundred_rows(estimator: type[Any]) -> None:
    generator, many = np.random.default_rng(0), 450
    x, y = generator.normal(size=(many, 2)), generator.integers(2, size=many)
    model = estimator(max_iter=1)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model.fit(x, y)
    assert model._optimizer.t == 3  # steps
    assert model.coefs_[0].dtype == np.float64


@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_weights_and_biases_begin_within_the_same_bounds(activation: str) -> None:
    job = {"data": {"builtin": "iris"}, "preset": "sklearn", "activation": activation.replace("logistic", "sigmoid")}
    layer: Any = read(job).spec.make_layers()[0]
    theirs = MLPClassifier(activation=activation)
    theirs._random_state = np.random.RandomState(0)
    shape = (20, 5000)
    bound = math.sqrt((2 if activation == "logistic" else 6) / sum(shape))
    generator = np.random.default_rng(0)
    ours = (
        layer.initializer.draw(shape, generator),
        layer.bias_initializer.for_bias(*shape).draw(shape[1:], generator),
    )
    for draws in (*theirs._init_coef(*shape, np.float64), *ours):
        assert np.abs(draws).max() == pytest.approx(bound, rel=1e-3)
        assert draws.var() == pytest.approx(bound**2 / 3, rel=0.05)


def test_the_version_is_the_installed_one() -> None:
    assert sklearn.__version__.startswith(f"{SKLEARN.version}.")
