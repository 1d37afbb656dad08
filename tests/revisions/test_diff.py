"""Two models compared: weight by weight, unit by unit, answer by answer."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.documents.writer import to_values
from steelyard.errors import NotFound
from steelyard.inference.service import Predictor
from steelyard.nn.alignment import find_units, permute
from steelyard.revisions.diff import Differ, align_models, compare_tensors
from tests import trained
from tests.revisions.models import final_weights, iris, train_with


@pytest.fixture(scope="module")
def model(store: Engine) -> str:
    return trained.train_model(store, iris())


def compare(differ: Differ, first: str, second: str, *, aligned: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = to_values(differ.compare(first, second, aligned=aligned))
    return answer


def shuffle(store: Engine, model: str) -> dict[str, np.ndarray]:
    """The weights of a model with its hidden units in another order."""
    weights = final_weights(store, model)
    _, loaded = Predictor(store).get(model)
    for units in find_units(loaded.network.members[0].places):
        weights = permute(weights, units, np.random.default_rng(units.count).permutation(units.count))
    return weights


def test_a_model_is_equal_to_itself(differ: Differ, model: str) -> None:
    for aligned in (False, True):
        found = compare(differ, model, model, aligned=aligned)
        assert found["equal"]
        assert (found["distance"], found["cosine"]) == (0, pytest.approx(1))
        assert found["held_out"] == {"split": "validation", "rows": 30, "disagree": 0}
        assert all(tensor["largest_change"] is None and tensor["changed"] == 0 for tensor in found["tensors"])
    assert found["permutation"] == {}


def test_a_permuted_copy_has_distance_zero_once_it_is_aligned(differ: Differ, store: Engine, model: str) -> None:
    copy = train_with(store, iris(), shuffle(store, model))
    plain = compare(differ, model, copy)
    assert plain["distance"] > 1
    assert not plain["equal"]
    assert not plain["aligned"]
    assert plain["held_out"]["disagree"] == 0
    aligned = compare(differ, model, copy, aligned=True)
    assert aligned["equal"]
    assert (aligned["distance"], aligned["held_out"]["disagree"]) == (0, 0)
    assert {*aligned["permutation"]} == {"dense_1", "dense_2"}
    assert sorted(aligned["permutation"]["dense_1"]) == [*range(8)]


def test_a_perturbed_permuted_copy_is_recovered(differ: Differ, store: Engine, model: str) -> None:
    noise = np.random.default_rng(1)
    weights = {
        name: tensor + noise.normal(size=tensor.shape).astype(np.float32) * 0.01
        for name, tensor in shuffle(store, model).items()
    }
    copy = train_with(store, iris(), weights)
    exact = compare(differ, model, train_with(store, iris(), shuffle(store, model)), aligned=True)
    found = compare(differ, model, copy, aligned=True)
    assert found["permutation"] == exact["permutation"]
    size = sum(tensor.size for tensor in weights.values())
    assert found["distance"] == pytest.approx(0.01 * np.sqrt(size), rel=0.3)
    assert found["cosine"] > 0.99


def test_two_runs_with_other_seeds_come_nearer(differ: Differ, store: Engine, model: str) -> None:
    other = trained.train_model(store, iris(training={"seed": 7}))
    plain, aligned = (compare(differ, model, other, aligned=each) for each in (False, True))
    assert aligned["distance"] < plain["distance"]
    assert aligned["cosine"] > plain["cosine"]
    assert aligned["held_out"] == plain["held_out"]
    assert 0 < plain["held_out"]["disagree"] <= 30


def test_a_changed_weight_is_named(differ: Differ, store: Engine, model: str) -> None:
    weights = {name: tensor.copy() for name, tensor in final_weights(store, model).items()}
    before = float(weights["dense_2/kernel"][3, 1])
    weights["dense_2/kernel"][3, 1] = 9
    found = compare(differ, model, train_with(store, iris(), weights))
    [changed] = [tensor for tensor in found["tensors"] if tensor["changed"]]
    assert (changed["name"], changed["changed"], changed["shape"]) == ("dense_2/kernel", 1, [8, 6])
    assert changed["largest_change"] == {"index": [3, 1], "first": pytest.approx(before), "second": 9}
    assert found["distance"] == changed["distance"] == pytest.approx(9 - before)


def test_models_of_other_layers_are_compared_as_far_as_they_go(differ: Differ, store: Engine, model: str) -> None:
    other = trained.train_model(store, iris(layers=[8]))
    found = compare(differ, model, other, aligned=True)
    assert not found["aligned"]
    assert not found["equal"]
    assert "different layers" in found["notes"][0]
    assert [tensor["name"] for tensor in found["tensors"]] == ["dense_1/kernel", "dense_1/bias", "output/bias"]
    uncompared = {each["name"]: (each["first"], each["second"]) for each in found["uncompared"]}
    assert uncompared == {
        "dense_2/kernel": ([8, 6], None),
        "dense_2/bias": ([6], None),
        "output/kernel": ([6, 3], [8, 3]),
    }
    assert found["held_out"]["rows"] == 30


def test_models_of_other_data_are_compared_by_weights_alone(differ: Differ, store: Engine, model: str) -> None:
    other = trained.train_model(store, iris(data={"builtin": "wine"}))
    found = compare(differ, model, other)
    assert found["held_out"] is None
    assert "different inputs" in found["notes"][0]
    with pytest.raises(NotFound):
        compare(differ, model, "mdl_00000000000000000000000000")


def test_numbers_disagree_by_how_far_they_are_apart(differ: Differ, store: Engine) -> None:
    job = iris(data={"builtin": "diabetes"}, layers=[4])
    first, second = (trained.train_model(store, iris(**(job | {"training": {"seed": seed}}))) for seed in (0, 1))
    assert compare(differ, first, first)["held_out"]["mean_difference"] == 0
    held_out = compare(differ, first, second)["held_out"]
    assert held_out["mean_difference"] > 1
    assert held_out["disagree"] > 0


def test_the_members_of_an_ensemble_are_aligned_each(store: Engine) -> None:
    model = trained.train_model(store, iris(ensemble=2, layers=[5], training={"epochs": 1}))
    _, loaded = Predictor(store).get(model)
    weights = final_weights(store, model)
    [units] = find_units(loaded.network.members[1].places)
    order = np.array([4, 2, 0, 1, 3])
    second = {name.removeprefix("member_2."): weights[name] for name in weights if name.startswith("member_2.")}
    moved = weights | {f"member_2.{name}": tensor for name, tensor in permute(second, units, order).items()}
    aligned, permutation = align_models(loaded.network, weights, moved)
    assert {*permutation} == {"member_2.dense_1"}
    assert all(np.array_equal(aligned[name], weights[name]) for name in weights)


def test_tensors_without_length_have_no_angle() -> None:
    found = compare_tensors("x", np.zeros((2, 2)), np.ones((2, 2)))
    assert (found.cosine, found.relative_distance, found.distance, found.changed) == (None, None, 2, 4)
    nan = compare_tensors("x", np.array([np.nan]), np.array([1.0]))
    assert (nan.distance, nan.changed) == (None, 1)
