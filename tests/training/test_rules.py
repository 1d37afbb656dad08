"""Defaults that depend on each other, and jobs that fit the schema and make no sense."""

from typing import Any

import pytest

from steelyard.training.examples import SMALLEST
from steelyard.training.schema import load_spec
from tests.training.jobs import faults, job, read


def test_the_smallest_job_has_every_default_filled_in() -> None:
    spec = read(SMALLEST).spec.to_json()
    assert spec["task"] == "multiclass"
    assert spec["loss"]["name"] == "categorical_crossentropy"
    assert spec["output"]["activation"] == {"name": "softmax"}
    assert spec["validation"] == {"fraction": 0.2, "stratify": True}
    assert spec["layers"][1]["initializer"] == {"name": "he_normal"}
    assert spec["optimizer"]["learning_rate"] == 0.001


def test_a_layers_own_null_regularizer_stands_against_the_jobs() -> None:
    layers = [4, {"type": "dense", "units": 4, "regularizer": None}]
    spec = read(job(layers=layers, regularizer="l2")).spec
    assert [layer.regularizer and layer.regularizer.name for layer in spec.layers] == ["l2", None]
    again = load_spec(spec.to_json())
    assert again.layers[1].regularizer is None


EMBEDDING = {"type": "embedding", "columns": [0], "categories": [3]}


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"loss": "mse"}, "/loss", "for the task multiclass"),
        ({"output": {"activation": "tanh"}}, "/output/activation", "needs 'softmax'"),
        ({"training": {"early_stopping": {"monitor": "val_los"}}}, "/training/early_stopping/monitor", "val_loss"),
        (
            {"validation": None, "training": {"early_stopping": {}}},
            "/training/early_stopping/monitor",
            "without validation rows",
        ),
        ({"data": {"builtin": "diabetes"}, "validation": {"stratify": True}}, "/validation/stratify", "regression"),
        ({"data": {"builtin": "iris", "noise": 0.5}}, "/data/noise", "generated"),
        ({"bias_initializer": "identity"}, "/bias_initializer", "for kernels"),
        ({"recording": {"weights": [3, 9]}, "training": {"epochs": 8}}, "/recording/weights/1", "is 9; the job has 8"),
        ({"recording": {"weights": [0]}}, "/recording/weights/0", "is 0; it must be at least 1"),
        ({"recording": {"weights": "on"}}, "/recording/weights", "known are auto, off"),
        (
            {"layers": [{"type": "dense", "units": 3, "bias_initializer": "lsuv"}]},
            "/layers/0/bias_initializer",
            "for kern",
        ),
        (
            {"training": {"schedule": {"name": "reduce_on_plateau", "monitor": "val_mae"}}},
            "/training/schedule/monitor",
            "not measured",
        ),
        ({"validation": None, "training": {"refit": True}}, "/training/refit", "trained on all rows already"),
        (
            {"training": {"refit": True, "schedule": {"name": "reduce_on_plateau", "monitor": "val_loss"}}},
            "/training/schedule/monitor",
            "a refit does not have; monitor 'loss'",
        ),
        (
            {"ensemble": 2, "initial_weights": {"model": "mdl_1", "optimizer_state": True}},
            "/initial_weights/optimizer_state",
            "not supported with an ensemble",
        ),
        (
            {"training": {"refit": True}, "initial_weights": {"model": "mdl_1", "optimizer_state": True}},
            "/initial_weights/optimizer_state",
            "not supported with training.refit",
        ),
        ({"ensemble": 0}, "/ensemble", "it must be at least 1"),
        ({"ensemble": 65}, "/ensemble", "it must be at most 64"),
        ({"training": {"class_weight": {"setosaa": 2.0}}}, "/training/class_weight/setosaa", "did you mean 'setosa'"),
        ({"training": {"class_weight": {"setosa": 0}}}, "/training/class_weight/setosa", "greater than 0"),
        (
            {"data": {"builtin": "diabetes"}, "training": {"class_weight": "balanced"}},
            "/training/class_weight",
            "classification",
        ),
        ({"data": {"builtin": "iris", "sample_weight": "w"}}, "/data/sample_weight", "no column has that name"),
        ({"optimizer": "lbfgs", "layers": [{"type": "dropout"}]}, "/layers/0", "line search"),
        ({"optimizer": "lbfgs", "training": {"schedule": "cosine"}}, "/training/schedule", "not for 'lbfgs'"),
        (
            {"data": {"builtin": "diabetes"}, "loss": "poisson", "preprocessing": {"target": "standard"}},
            "/preprocessing/target",
            "unscaled",
        ),
        ({"task": "multilabel"}, "/task", "several targets"),
        ({"layers": [4, EMBEDDING], "preprocessing": {"numeric": "none"}}, "/layers/1", "the first layer"),
        ({"layers": [EMBEDDING]}, "/preprocessing/numeric", "use 'none'"),
        (
            {"layers": [{**EMBEDDING, "columns": [4]}], "preprocessing": {"numeric": "none"}},
            "/layers/0/columns/0",
            "numbered 0 to 3",
        ),
        (
            {"layers": [{**EMBEDDING, "columns": [1, 1], "categories": [3, 3]}], "preprocessing": {"numeric": "none"}},
            "/layers/0/columns",
            "twice",
        ),
    ],
)
def test_an_error_is_named_with_its_place(fields: dict[str, Any], place: str, words: str) -> None:
    found = faults(job(**fields))
    assert list(found) == [place], found
    assert words in found[place]
