"""Patches: what they change, and how they are applied."""

from typing import Any

import pytest

from steelyard.diagnostics.patches import apply_patch, change_rate, choose_again, effective, initializer_for, replace
from steelyard.diagnostics.run import LayerPlace
from steelyard.diagnostics.schema import PatchOperation
from tests.diagnostics.runs import regression, run, spec
from tests.training.jobs import read


@pytest.mark.parametrize(
    ("operations", "result"),
    [
        ([("add", "/a/-", 3)], {"a": [1, 2, 3], "b/c": {}}),
        ([("add", "/a/0", 0)], {"a": [0, 1, 2], "b/c": {}}),
        ([("remove", "/a/0", None), ("remove", "/b~1c", None)], {"a": [2]}),
        ([("replace", "/a/1", 5), ("add", "/b~1c/d", 6)], {"a": [1, 5], "b/c": {"d": 6}}),
    ],
)
def test_operations_are_applied_to_a_copy(operations: list[Any], result: Any) -> None:
    document = {"a": [1, 2], "b/c": {}}
    patch = [PatchOperation(op=op, path=path, value=value) for op, path, value in operations]
    assert apply_patch(document, patch) == result
    assert document == {"a": [1, 2], "b/c": {}}


def test_a_path_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        apply_patch({}, [replace("/a/b", 1)])


@pytest.mark.parametrize(
    ("rate", "smaller", "patched"),
    [
        (10.0, True, 0.001),
        (0.002, True, 0.0002),
        (1e-6, False, 0.001),
        (0.001, False, 0.01),
        (0.5, False, 1.0),
        (0.003, True, 0.0003),
        (0.0035, True, 0.001),
        (0.001 / 3, False, 0.00333),
    ],
)
def test_a_rate_far_from_the_usual_one_becomes_that(rate: float, smaller: bool, patched: float) -> None:
    [operation] = change_rate(run(spec(optimizer={"name": "adam", "learning_rate": rate})), smaller=smaller)
    assert operation.value == patched


@pytest.mark.parametrize(
    ("activation", "name"), [("relu", "he_normal"), ("tanh", "glorot_uniform"), ("gelu", "he_normal")]
)
def test_the_initializer_suits_the_activation(activation: str, name: str) -> None:
    assert initializer_for(LayerPlace("dense_1", "/layers/0", {"activation": {"name": activation}})) == {"name": name}


def test_choosing_again_leaves_the_seed_and_what_is_sent() -> None:
    over = run(spec(training={"seed": 7, "dtype": "float64"}, preprocessing={"numeric": "none"}))
    changed = read(apply_patch(over.spec, choose_again(over)) | {"data": {"builtin": "iris"}}).spec
    assert (changed.training.seed, changed.training.dtype) == (7, "float64")
    assert changed.preprocessing.numeric == "piecewise_linear"
    assert changed.training.schedule is not None


def test_the_scale_of_targets_is_chosen_again_where_a_regression_has_none() -> None:
    chosen = replace("/preprocessing/target", None)
    assert chosen in choose_again(run(regression(preprocessing={"target": "none"})))
    assert chosen not in choose_again(run(regression(preprocessing={"target": "standard"})))
    classes = spec()
    assert chosen not in choose_again(run(classes | {"preprocessing": classes["preprocessing"] | {"target": "none"}}))


def test_layers_that_are_chosen_again_have_no_initial_weights() -> None:
    start = {"model": "mdl_1", "strict": False, "optimizer_state": False}
    patch = choose_again(run(spec() | {"initial_weights": start}))
    assert replace("/initial_weights", None) in patch


def test_operations_without_an_effect_are_dropped() -> None:
    over = run(spec())
    [operation] = effective(over, [replace("/training/seed", 0), replace("/training/epochs", 7)])
    assert operation.path == "/training/epochs"
    assert effective(over, [replace("/training/seed", 0)]) == choose_again(over)
