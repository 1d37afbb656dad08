"""The client on a real service: from a file or a frame to a model, and every way to look at what came of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from steelyard.client import Client, InvalidRequest, JobFailed, JobTimeout, NotFound
from tests.service import SMALLEST, Service

ROOT = Path(__file__).parents[2]
CUSTOMERS, NEW = ROOT / "examples" / "customers.csv", ROOT / "examples" / "new.csv"
SHORT: dict[str, Any] = {"layers": [8], "training": {"epochs": 12}}


@pytest.fixture
def client(service: Service) -> Any:
    with Client(str(service.http.base_url)) as client:
        yield client


def test_a_file_becomes_a_model_that_predicts(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    job = client.train(CUSTOMERS, target="churned", name="churn", **SHORT).wait(progress=True)
    assert "succeeded [##############################] epoch 12/12\n" in capsys.readouterr().err
    assert job.status == "succeeded"
    assert job.metrics["validation"]["accuracy"] is not None
    assert job.baseline["constant"]["validation"]["accuracy"] < 1
    assert "dropped_column" in [finding.code for finding in job.findings]
    assert job.spec["layers"][0]["units"] == 8
    labels = job.model.predict(NEW)
    assert set(labels) <= {"yes", "no"}
    frame = pd.read_csv(NEW)
    np.testing.assert_array_equal(job.model.predict(frame), labels)
    np.testing.assert_array_equal(
        job.model.predict(frame.to_dict("list") | {"age": [None] * len(frame)}).shape, labels.shape
    )
    probabilities = job.model.predict_proba(frame)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert [job.model.classes[place] for place in probabilities.argmax(axis=1)] == labels.tolist()
    job.delete()
    with pytest.raises(NotFound, match=job.id):
        client.job(job.id)


def test_what_a_job_was_is_read_as_frames_and_arrays(client: Client) -> None:
    job = client.train({"builtin": "iris"}, **SHORT).wait()
    history = job.history()
    assert history["epoch"].tolist() == list(range(1, 13))
    assert history["val_loss"].iloc[-1] == pytest.approx(job.metrics["validation"]["loss"])
    predictions = job.predictions("train")
    assert len(predictions) == 120
    wrong = (predictions["target"] == predictions["prediction"]).mean()
    assert wrong == pytest.approx(job.metrics["train"]["accuracy"])
    weights, initial = job.weights(), job.weights("initial")
    assert {name: array.shape for name, array in weights.items()} == {
        "dense_1/kernel": (4, 8),
        "dense_1/bias": (8,),
        "output/kernel": (8, 3),
        "output/bias": (3,),
    }
    distance = np.linalg.norm(weights["dense_1/kernel"] - initial["dense_1/kernel"])
    recorded = job.diagnostics(layer="dense_1", series="distance")
    last = recorded[recorded["tensor"] == "dense_1/kernel"].iloc[-1]
    assert last["value"] == pytest.approx(distance / np.linalg.norm(initial["dense_1/kernel"]), rel=1e-4)
    assert job.report()["split"] == "validation"
    events = [*job.events()]
    assert events[-1]["data"]["status"] == "succeeded"
    epochs = [event["data"] for event in events if event["type"] == "epoch"]
    assert [each["epoch"] for each in epochs] == list(range(1, 13))
    assert epochs[-1]["val_loss"] == pytest.approx(job.metrics["validation"]["loss"])


def test_a_sick_job_is_mended_and_a_model_edited(client: Client) -> None:
    job = client.train({"builtin": "digits"}, layers=[8], initializer="zeros", training={"epochs": 15}).wait()
    mend = job.mend(seeds=3)
    assert mend.verdict == "helped"
    assert mend.metric == "validation log_loss"
    assert mend.mean_difference is not None
    assert mend.mean_difference < 0
    better = client.job(mend.jobs[0]).model
    pruned = better.edit([{"op": "prune", "fraction": 0.5}])
    assert pruned.id != better.id
    diff = better.diff(pruned)
    assert not diff["equal"]
    assert better.diff(better.id)["equal"]
    pruned.set_alias("half")
    assert client.model("half").id == pruned.id
    assert pruned.explain("connection_weights")["method"] == "connection_weights"
    pruned.delete(force=True)
    with pytest.raises(NotFound):
        client.model("half")


def test_a_model_is_written_to_a_file(client: Client, tmp_path: Path) -> None:
    model = client.train({"builtin": "iris"}, **SHORT).wait().model
    file = model.export("npz", tmp_path / "model.npz")
    with np.load(file, allow_pickle=False) as arrays:
        assert "dense_1/kernel" in arrays
    with pytest.raises(InvalidRequest):
        model.export("nothing", tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


def test_data_sets_are_kept_typed_and_trained_on(client: Client) -> None:
    frame = pd.DataFrame({"zip": [10115, 80331] * 20, "size": np.arange(40.0), "rent": np.arange(40.0) * 2})
    dataset = client.upload(frame, "rents", columns={"zip": {"type": "category"}})
    assert (dataset.name, dataset.rows) == ("rents", 40)
    assert dataset.columns[0]["kind"] == "categorical"
    assert client.dataset(dataset.id).set_columns({"zip": None}).columns[0]["kind"] == "numeric"
    job = dataset.train("rent", layers=[4], training={"epochs": 2})
    assert job.wait().document["data"]["rows"] == 40
    assert client.dry_run(dataset, "rent", layers=[4])["parameters"] == job.document["parameters"]
    assert dataset.id in [each.id for each in client.datasets()]


def test_errors_name_the_place_and_what_would_be_right(client: Client) -> None:
    with pytest.raises(InvalidRequest) as refused:
        client.train({"builtin": "iriss"}, layers=[-1])
    assert [(fault.pointer, fault.detail) for fault in refused.value.faults] == [
        ("/data/builtin", "is 'iriss'; did you mean 'iris'?"),
        ("/layers/0", "is -1; it must be at least 1"),
    ]
    assert "/layers/0: is -1; it must be at least 1" in str(refused.value)
    with pytest.raises(JobFailed, match="learning rate") as failed:
        client.train({"builtin": "diabetes"}, layers=[8], optimizer={"name": "sgd", "learning_rate": 1e30}).wait()
    assert failed.value.job.status == "failed"
    regression = client.train({"builtin": "diabetes"}, layers=[4], training={"epochs": 1}).wait().model
    with pytest.raises(TypeError, match="it has no probabilities"):
        regression.predict_proba([[0.0] * 10])


def test_a_long_job_is_waited_for_cancelled_and_resumed(client: Client) -> None:
    spec: dict[str, Any] = {"layers": [32], "training": {"epochs": 100_000}}
    job = client.train({"builtin": "digits"}, **spec)
    with pytest.raises(JobTimeout, match="it goes on"):
        job.wait(0.2)
    assert job.cancel().refresh().status in ("running", "cancelled")
    assert job.wait().status == "cancelled"
    assert job.resume().status in ("queued", "running")
    job.cancel().wait()
    assert job.id in [each.id for each in client.jobs(status="cancelled")]


def test_lists_are_read_to_their_ends(client: Client, service: Service) -> None:
    names = {f"listed by the client {number}" for number in range(3)}
    for name in names:
        service.post({**SMALLEST, "name": name, "training": {"epochs": 1}})
    assert {job.name for job in client.jobs(limit=None, search="listed by the client")} == names
    assert len(client.jobs(limit=2)) == 2
    assert "dense" in [layer["name"] for layer in client.catalog()["layers"]]


def test_a_step_is_traced_and_starts_are_compared(client: Client) -> None:
    job: dict[str, Any] = {"data": {"builtin": "digits"}, "layers": [8], "training": {"epochs": 4, "batch_size": 32}}
    assert client.trace(job)["loss"]["total"] > 0
    lab = client.initialization_lab(job, ["zeros", "he_normal"], seeds=2)
    assert lab["status"] == "succeeded"
    assert [each["rank"] for each in lab["combinations"]] == [2, 1]


def test_a_model_is_imported_from_a_file(client: Client, tmp_path: Path) -> None:
    model = client.train({"builtin": "iris"}, **SHORT).wait().model
    copy = client.import_model(model.export("json", tmp_path / "iris.json"), name="copy")
    assert model.diff(copy)["equal"]
    assert copy.document["name"] == "copy"
    with pytest.raises(InvalidRequest, match="/model/layers: comes from the file"):
        client.import_model(tmp_path / "iris.json", layers=[8])
