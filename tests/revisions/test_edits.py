"""Models made by edits: other weights, lineage, metrics beside the old ones, and a way back."""

from typing import Any

import numpy as np
import orjson
import pytest
from sqlalchemy import Engine

from steelyard.documents.writer import to_values
from steelyard.errors import NotFound, ValidationFailed
from steelyard.inference.service import Predictor
from steelyard.models.library import get_model, list_models
from steelyard.revisions.diff import Differ
from steelyard.revisions.edits import Editing, find_dead
from steelyard.revisions.held_out import read_spec
from steelyard.revisions.request import read_edits
from steelyard.training.queries import get_job, list_jobs
from tests import trained
from tests.revisions.models import final_weights, iris

EDITS: dict[str, list[dict[str, Any]]] = {
    "set": [{"op": "set", "tensor": "dense_1/kernel", "index": [0, 3], "value": 0.1}],
    "set all": [{"op": "set", "tensor": "output/bias", "values": [0.1, -0.2, 1e-9]}],
    "scale": [{"op": "scale", "tensor": "dense_2/kernel", "index": [None, 2], "factor": 1 / 3}],
    "zero": [{"op": "zero", "tensor": "dense_2/kernel"}],
    "prune": [{"op": "prune", "fraction": 0.5}],
    "prune one": [{"op": "prune", "tensor": "dense_1/kernel", "fraction": 0.25}],
    "noise": [{"op": "noise", "tensor": "output/kernel", "stddev": 0.1, "seed": 4}],
    "reinitialize": [{"op": "reinitialize", "layer": "dense_1", "units": [1, 5], "seed": 2}],
    "permute": [{"op": "permute", "layer": "dense_2", "order": [3, 0, 1, 2, 5, 4]}],
}
EDITS["all"] = [edit for edits in EDITS.values() for edit in edits]


@pytest.fixture(scope="module")
def model(store: Engine) -> str:
    return trained.train_model(store, iris())


def edit(editing: Editing, model: str, edits: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(editing.edit(model, read_edits({"edits": edits} | fields)))
    return answer


def compare(differ: Differ, first: str, second: str) -> dict[str, Any]:
    answer: dict[str, Any] = to_values(differ.compare(first, second, aligned=False))
    return answer


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_and_its_inverse_leave_no_difference(editing: Editing, differ: Differ, model: str, name: str) -> None:
    made = edit(editing, model, EDITS[name])
    new = made["model"]["id"]
    difference = compare(differ, model, new)
    assert not difference["equal"]
    changed = {tensor["name"]: tensor["changed"] for tensor in difference["tensors"] if tensor["changed"]}
    assert changed == made["changed"]
    undone = edit(editing, new, made["undo"])["model"]["id"]
    back = compare(differ, model, undone)
    assert back["equal"]
    assert (back["distance"], back["held_out"]["disagree"]) == (0, 0)
    assert get_model(editing._engine, undone).weights_sha256 == get_model(editing._engine, model).weights_sha256


@pytest.mark.parametrize("name", EDITS)
def test_the_same_edits_give_the_same_bits(editing: Editing, model: str, name: str) -> None:
    first, second = (edit(editing, model, EDITS[name])["model"]["weights_sha256"] for _ in range(2))
    assert first == second


def test_edits_do_what_they_are_called(editing: Editing, store: Engine, model: str) -> None:
    old = final_weights(store, model)

    def new(name: str) -> dict[str, np.ndarray]:
        return final_weights(store, edit(editing, model, EDITS[name])["model"]["id"])

    assert new("set")["dense_1/kernel"][0, 3] == np.float32(0.1)
    np.testing.assert_array_equal(new("set all")["output/bias"], np.array([0.1, -0.2, 1e-9], np.float32))
    scaled = new("scale")["dense_2/kernel"]
    np.testing.assert_allclose(scaled[:, 2], old["dense_2/kernel"][:, 2] / 3, rtol=1e-6)
    np.testing.assert_array_equal(np.delete(scaled, 2, 1), np.delete(old["dense_2/kernel"], 2, 1))
    assert not new("zero")["dense_2/kernel"].any()
    noise = new("noise")["output/kernel"] - old["output/kernel"]
    assert 0.05 < noise.std() < 0.15


def test_pruning_takes_the_smallest(editing: Editing, store: Engine, model: str) -> None:
    old = final_weights(store, model)
    pruned = final_weights(store, edit(editing, model, EDITS["prune"])["model"]["id"])
    kernels = [name for name in old if name.endswith("kernel")]
    before, after = (np.concatenate([weights[name].ravel() for name in kernels]) for weights in (old, pruned))
    gone = after == 0
    assert gone.sum() == round(len(before) / 2)
    assert np.abs(before[gone]).max() <= np.abs(before[~gone]).min()
    assert all(np.array_equal(old[name], pruned[name]) for name in old if name not in kernels)


def test_units_that_begin_again_change_no_answer_until_they_are_trained(
    editing: Editing, differ: Differ, store: Engine, model: str
) -> None:
    dead: list[dict[str, Any]] = [
        {"op": "zero", "tensor": "dense_1/kernel", "index": [None, 2]},
        {"op": "set", "tensor": "dense_1/bias", "index": [2], "value": -1.0},
    ]
    broken = edit(editing, model, dead)["model"]["id"]
    revived = edit(editing, broken, [{"op": "reinitialize", "layer": "dense_1", "seed": 5}])
    assert 2 in revived["edits"][0]["units"]
    weights = final_weights(store, revived["model"]["id"])
    assert weights["dense_1/kernel"][:, 2].all()
    assert not weights["dense_2/kernel"][revived["edits"][0]["units"]].any()
    assert weights["dense_1/bias"][2] == 0
    assert compare(differ, broken, revived["model"]["id"])["held_out"]["disagree"] == 0


def test_permuted_units_answer_alike(editing: Editing, differ: Differ, model: str) -> None:
    made = edit(editing, model, EDITS["permute"])
    assert compare(differ, model, made["model"]["id"])["held_out"]["disagree"] == 0
    for split in made["metrics"].values():
        assert split["loss"]["before"] == pytest.approx(split["loss"]["after"], rel=1e-5)
    assert made["undo"] == [{"op": "permute", "layer": "dense_2", "order": [1, 2, 3, 0, 5, 4]}]


def test_the_new_model_has_its_lineage_and_the_metrics_of_both(editing: Editing, store: Engine, model: str) -> None:
    made = edit(editing, model, EDITS["zero"], name="without a layer")
    new, old = made["model"], get_model(store, model)
    assert (made["parent"], new["name"]) == (model, "without a layer")
    assert new["lineage"] == {"model": model, "edits": EDITS["zero"]}
    for split in ("train", "validation"):
        accuracy = made["metrics"][split]["accuracy"]
        assert accuracy["before"] == old.metrics[split]["accuracy"]
        assert accuracy["after"] == new["metrics"][split]["accuracy"] < accuracy["before"]
    job = get_job(store, new["job"])
    assert (job.status, job.metrics, job.weights_sha256) == ("succeeded", new["metrics"], new["weights_sha256"])
    assert job.spec_digest != get_job(store, old.job).spec_digest
    assert old.metrics == get_model(store, model).metrics
    x = np.zeros((1, 4), np.float32)
    said, says = (Predictor(store).get(each)[1].network.predict(x) for each in (model, new["id"]))
    assert not np.array_equal(said, says)
    assert [each.id for each in list_models(store, started_from=model, limit=1).data] == [new["id"]]
    warm = trained.train(store, iris(initial_weights={"model": new["id"]}, training={"epochs": 1}))
    assert warm.status == "succeeded"
    assert [each.id for each in list_models(store, started_from=new["id"]).data] == [warm.model]
    assert [each.id for each in list_jobs(store, started_from=model, limit=1).data] == [new["job"]]


def test_members_of_an_ensemble_are_edited_by_name(editing: Editing, store: Engine) -> None:
    model = trained.train_model(store, iris(ensemble=2, layers=[5], training={"epochs": 1}))
    edits: list[dict[str, Any]] = [
        {"op": "permute", "layer": "member_2.dense_1", "order": [1, 0, 2, 3, 4]},
        {"op": "reinitialize", "layer": "member_1.dense_1"},
    ]
    made = edit(editing, model, edits)
    assert {name.split("/")[0] for name in made["changed"]} >= {"member_2.dense_1", "member_2.output"}


@pytest.mark.parametrize(
    ("edits", "place", "words"),
    [
        ([{"op": "sett"}], "/edits/0/op", "did you mean 'set'"),
        ([7], "/edits/0", "known are set, scale"),
        ([], "/edits", "at least 1"),
        ([{"op": "zero", "tensor": "dense_1/kernal"}], "/edits/0/tensor", "did you mean 'dense_1/kernel'"),
        ([{"op": "zero", "tensor": "dense_1/kernel", "index": [4, 0]}], "/edits/0/index", "has the shape [4, 8]"),
        ([{"op": "zero", "tensor": "dense_1/kernel", "index": [1]}], "/edits/0/index", "has the shape [4, 8]"),
        ([{"op": "zero", "tensor": "dense_1/bias", "value": 3}], "/edits/0/value", "is not a known field"),
        ([{"op": "scale", "tensor": "dense_1/bias"}], "/edits/0/factor", "is missing"),
        ([{"op": "set", "tensor": "dense_1/bias"}], "/edits/0", "needs 'value' or 'values'"),
        ([{"op": "set", "tensor": "dense_1/bias", "values": [1, 2]}], "/edits/0/values", "of the shape [8]"),
        ([{"op": "set", "tensor": "dense_1/bias", "values": ["x"] * 8}], "/edits/0/values", "must be numbers"),
        ([{"op": "scale", "tensor": "dense_1/kernel", "factor": 1e300}], "/edits/0", "not finite"),
        ([{"op": "prune", "fraction": 2.0}], "/edits/0/fraction", "at most 1"),
        ([{"op": "permute", "layer": "output", "order": [0, 1, 2]}], "/edits/0/layer", "not a hidden dense layer"),
        ([{"op": "permute", "layer": "dense_1", "order": [0, 0, 2]}], "/edits/0/order", "each unit from 0 to 7 once"),
        ([{"op": "reinitialize", "layer": "dense_1", "units": [8]}], "/edits/0/units", "the layer has 8"),
    ],
)
def test_edits_that_cannot_be_made_are_rejected(
    editing: Editing, model: str, edits: list[Any], place: str, words: str
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        editing.edit(model, read_edits({"edits": edits}))
    assert [fault.pointer for fault in caught.value.faults] == [place]
    assert words in caught.value.faults[0].detail


def test_without_data_there_are_weights_and_no_metrics(
    editing: Editing, store: Engine, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Editing, "_prepare", lambda *_: None)
    made = edit(editing, model, EDITS["zero"])
    assert made["metrics"] == {}
    assert "was deleted" in made["notes"][0]
    _, loaded = Predictor(store).get(model)
    with pytest.raises(ValidationFailed, match="dead units cannot be found"):
        find_dead(read_spec(store, model), loaded.network, "dense_1", None)
    with pytest.raises(NotFound):
        editing.edit("mdl_x", read_edits({"edits": EDITS["zero"]}))


def test_data_of_a_job_within_the_request_go_with_the_model(editing: Editing, store: Engine) -> None:
    inline = {"x": [[n % 7, n % 3] for n in range(60)], "y": [n % 7 * 0.5 for n in range(60)]}
    job = {"data": {"inline": inline}, "layers": [4], "training": {"epochs": 2}}
    first = edit(editing, trained.train_model(store, job), [{"op": "prune", "fraction": 0.1}])
    again = edit(editing, first["model"]["id"], first["undo"])
    assert again["metrics"]["validation"]["loss"]["after"] == first["metrics"]["validation"]["loss"]["before"]
