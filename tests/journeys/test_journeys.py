"""Journeys of a user through the running service: `steelyard up`, spoken to over HTTP alone."""

import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from steelyard.tabular import builtin
from steelyard.training.components import REGISTRIES
from steelyard.training.examples import EXAMPLES
from tests.service import SMALLEST, Service

LONG: dict[str, Any] = {
    "data": {"builtin": "digits"},
    "layers": [256, 256],
    "training": {"epochs": 100_000, "batch_size": 16},
}


def succeed(service: Service, spec: dict[str, Any]) -> dict[str, Any]:
    job = service.wait(service.post(spec)["id"])
    assert job["status"] == "succeeded", job["error"]
    return job


def test_the_smallest_job_goes_the_whole_way(service: Service) -> None:
    job = succeed(service, SMALLEST)
    assert job["metrics"]["validation"]["accuracy"] > 0.8
    assert (job["attempt"], job["progress"]["fraction"], job["error"]) == (1, 1.0, None)
    history = service.http.get(f"/v1/jobs/{job['id']}/history").json()
    last = job["stopping"]["epoch"]
    assert job["stopping"]["reason"] == "early_stopping"
    assert history["epochs"] == list(range(1, last + 1))
    assert history["series"]["loss"][-1] < history["series"]["loss"][0]
    assert all(len(series) == last for series in history["series"].values())
    model = service.http.get(f"/v1/models/{job['model']}").json()
    assert [column["name"] for column in model["inputs"]] == job["data"]["features"]
    answer = service.http.post(f"/v1/models/{job['model']}/predict", json={"inputs": [[5.1, 3.5, 1.4, 0.2]]}).json()
    assert answer["predictions"] == ["setosa"]
    assert sum(answer["probabilities"][0]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_of_the_document_trains(service: Service, name: str) -> None:
    job = succeed(service, EXAMPLES[name])
    kept = ("", "/history", "/events", "/weights", "/weights/best", "/weights/final/output/kernel")
    paths = [f"/v1/jobs/{job['id']}{path}" for path in (*kept, "/predictions?split=train")]
    for path in (*paths, f"/v1/models/{job['model']}", "/v1/jobs", "/v1/models", "/v1/catalog", "/healthz", "/readyz"):
        answer = service.http.get(path)  # which the client holds to the document
        assert answer.status_code == 200, (path, answer.text)


@pytest.mark.parametrize("name", builtin.BUILTINS)
def test_every_builtin_data_set_trains(service: Service, name: str) -> None:
    job = succeed(service, {"data": {"builtin": name}, "layers": [8], "test": {}, "training": {"epochs": 3}})
    assert job["metrics"].keys() == {"train", "validation", "test"}


@pytest.mark.parametrize("family", ["initializers", "activations", "optimizers", "regularizers"])
def test_every_part_trains(service: Service, family: str) -> None:
    slot = family.removesuffix("s")
    spec = {"data": {"builtin": "iris"}, "layers": [4], "training": {"epochs": 2}}
    names = [*REGISTRIES[family].names, *REGISTRIES[family].aliases]
    jobs = [service.post({**spec, slot: name}) for name in names]
    assert {service.wait(job["id"])["status"] for job in jobs} == {"succeeded"}


@pytest.mark.parametrize("loss", ["mean_squared_error", "mean_absolute_error", {"name": "huber", "delta": 0.5}, "mse"])
def test_every_regression_loss_trains_in_the_targets_own_units(service: Service, loss: Any) -> None:
    spec = {"data": {"builtin": "diabetes"}, "layers": [16], "loss": loss, "test": {}, "training": {"epochs": 30}}
    job = succeed(service, spec)
    assert 30 < job["metrics"]["test"]["rmse"] < 90  # the target's deviation is 77
    page = service.http.get(f"/v1/jobs/{job['id']}/predictions", params={"split": "test", "limit": 1000}).json()
    errors = [row["prediction"] - row["target"] for row in page["data"]]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(job["metrics"]["test"]["rmse"])


def test_same_job_gives_the_same_bytes_and_another_seed_does_not(service: Service) -> None:
    spec = {**EXAMPLES["everything"], "name": None}
    first, second = succeed(service, spec), succeed(service, spec)
    other = succeed(service, {**spec, "training": {**spec["training"], "seed": 8}})
    assert first["weights_sha256"] == second["weights_sha256"] != other["weights_sha256"]
    assert first["spec_digest"] == second["spec_digest"] != other["spec_digest"]


def test_weights_are_the_same_in_every_form(service: Service) -> None:
    path = f"/v1/jobs/{succeed(service, SMALLEST)['id']}/weights"
    listed = service.http.get(path).json()["snapshots"]
    assert {"initial", "best", "final"} < listed.keys()
    shapes = {tensor["name"]: tensor["shape"] for tensor in listed["final"]["tensors"]}
    assert list(shapes) == [f"{layer}/{t}" for layer in ("dense_1", "dense_2", "output") for t in ("kernel", "bias")]
    assert shapes["dense_1/kernel"] == [4, 16]

    def fetch(form: str, name: str = "") -> bytes:
        return service.http.get(f"{path}/final{name}", headers={"Accept": form}).content

    tensors = safetensors.numpy.load(fetch("application/vnd.safetensors"))
    archive = np.load(io.BytesIO(fetch("application/x-npz")), allow_pickle=False)
    lists = json.loads(fetch("application/json"))["tensors"]
    for name in shapes:
        one = np.load(io.BytesIO(fetch("application/x-npy", f"/{name}")), allow_pickle=False)
        for form in (archive[name], np.array(lists[name], np.float32), one):
            assert form.tobytes() == tensors[name].tobytes()


def test_stored_predictions_are_those_that_the_model_makes(service: Service) -> None:
    job = succeed(service, {**SMALLEST, "test": {"fraction": 0.2}})
    table = builtin.load("iris")
    page = service.http.get(f"/v1/jobs/{job['id']}/predictions", params={"split": "test", "limit": 100}).json()
    assert page["rows"] == len(page["data"]) == 30
    inputs = [
        {name: table.columns[name].values.at(row["row"]) for name in job["data"]["features"]} for row in page["data"]
    ]
    answer = service.http.post(f"/v1/models/{job['model']}/predict", json={"inputs": inputs}).json()
    assert answer["predictions"] == [row["prediction"] for row in page["data"]]
    assert [row["target"] for row in page["data"]] == [
        table.columns["target"].values.at(row["row"]) for row in page["data"]
    ]
    stored = [row["probabilities"] for row in page["data"]]
    np.testing.assert_allclose(answer["probabilities"], stored, atol=1e-6)
    hits = np.mean([row["prediction"] == row["target"] for row in page["data"]])
    assert hits == pytest.approx(job["metrics"]["test"]["accuracy"])


def test_a_deleted_model_predicts_no_more(service: Service) -> None:
    path = f"/v1/models/{succeed(service, SMALLEST)['model']}"
    body = {"inputs": [[1, 2, 3, 4]]}
    assert service.http.post(f"{path}/predict", json=body).status_code == 200
    assert service.http.delete(path).status_code == 204
    assert service.http.post(f"{path}/predict", json=body).status_code == 404


def test_a_running_job_is_cancelled_within_two_seconds_and_keeps_its_weights(service: Service) -> None:
    job_id = service.post(LONG)["id"]
    service.wait_until(job_id, lambda job: job["progress"]["epoch"] > 0)
    assert service.http.delete(f"/v1/jobs/{job_id}").status_code == 409
    started = time.monotonic()
    assert service.http.post(f"/v1/jobs/{job_id}/cancel").status_code == 202
    job = service.wait(job_id)
    assert time.monotonic() - started < 2
    assert (job["status"], job["model"]) == ("cancelled", None)
    tensors = service.http.get(f"/v1/jobs/{job_id}/weights/final").json()["tensors"]
    assert "dense_1/kernel" in tensors
    epochs = service.http.get(f"/v1/jobs/{job_id}/history").json()["epochs"]
    assert epochs == list(range(1, job["progress"]["epoch"] + 1))


def test_a_diverging_job_fails_and_says_what_to_try(service: Service) -> None:
    spec = {"data": {"builtin": "diabetes"}, "layers": [16], "optimizer": {"name": "sgd", "learning_rate": 1e30}}
    job = service.wait(service.post(spec)["id"])
    assert (job["status"], job["error"]["type"], job["model"]) == ("failed", "/problems/diverged", None)
    assert "smaller learning rate" in job["error"]["detail"]
    kernel = service.http.get(f"/v1/jobs/{job['id']}/weights/final/dense_1/kernel").json()
    assert np.isfinite(kernel["values"]).all()


def test_a_job_stops_at_its_time_limit(service: Service) -> None:
    spec = {**LONG, "training": {**LONG["training"], "time_limit_seconds": 0.3}}
    job = service.wait(service.post(spec)["id"])
    assert (job["status"], job["error"]["type"]) == ("failed", "/problems/time-limit-exceeded")


def test_equal_weights_are_a_lesson_with_a_finding(service: Service) -> None:
    job = succeed(service, {**SMALLEST, "initializer": "ones"})
    assert job["findings"][0]["code"] == "equal_units"


def test_twenty_jobs_at_once_all_succeed(service: Service) -> None:
    ids = [service.post({**SMALLEST, "training": {"seed": seed, "epochs": 20}})["id"] for seed in range(20)]
    jobs = [service.wait(job_id) for job_id in ids]
    assert {job["status"] for job in jobs} == {"succeeded"}
    assert len({job["weights_sha256"] for job in jobs}) == 20


def test_waiting_ends_as_soon_as_the_status_changes(service: Service) -> None:
    job_id = service.post(LONG)["id"]
    service.wait_until(job_id, lambda job: job["status"] == "running")
    service.http.post(f"/v1/jobs/{job_id}/cancel")
    started = time.monotonic()
    job = service.http.get(f"/v1/jobs/{job_id}", params={"wait": 30}).json()
    assert job["status"] == "cancelled"
    assert time.monotonic() - started < 3


STEADY: dict[str, Any] = {
    "data": {"builtin": "digits"},
    "layers": [64, {"type": "dropout", "rate": 0.2}, {"type": "batch_normalization"}, 64],
    "training": {"epochs": 400, "batch_size": 16, "schedule": "cosine"},
}


def resumed_from(service: Service, job_id: str) -> list[int]:
    """The epochs that the job's runs went on from."""
    events = service.http.get(f"/v1/jobs/{job_id}/events").json()["data"]
    return [event["data"]["epoch"] for event in events if event["message"].startswith("continuing from epoch")]


def test_a_stopped_service_gives_its_jobs_back_and_goes_on_where_they_were(service: Service, tmp_path: Path) -> None:
    undisturbed = service.wait(service.post(STEADY)["id"], seconds=100)
    with Service.start(tmp_path) as service:
        job_id = service.post(STEADY)["id"]
        reached = service.wait_until(job_id, lambda job: job["progress"]["epoch"] > 20)["progress"]["epoch"]
    with Service.start(tmp_path) as service:
        job = service.wait(job_id, seconds=100)
        assert (job["status"], job["attempt"]) == ("succeeded", 1)
        assert job["weights_sha256"] == undisturbed["weights_sha256"]
        [epoch] = resumed_from(service, job_id)
        assert epoch >= reached


def test_a_job_posted_while_the_broker_is_away_runs_all_the_same(service: Service) -> None:
    [broker] = service.children("valkey-server")
    broker.suspend()  # away for good: a killed one would be back at once
    started = time.monotonic()
    job_id = service.post(SMALLEST)["id"]
    assert time.monotonic() - started < 10
    assert service.wait(job_id, seconds=90)["status"] == "succeeded"
    broker.kill()
    assert service.wait(service.post(SMALLEST)["id"], seconds=90)["status"] == "succeeded"


def test_a_second_start_on_the_same_directory_says_so(service: Service) -> None:
    import subprocess
    import sys

    program = str(Path(sys.executable).with_name("steelyard"))
    command = [program, "up", "--port", "0", "--data-dir", str(service.data_dir)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 2
    assert "is already running on" in second.stderr


def test_an_alias_stands_wherever_a_model_does_and_may_pass_on(service: Service) -> None:
    first, second = (succeed(service, {**SMALLEST, "training": {"seed": seed, "epochs": 5}}) for seed in (1, 2))
    http, body = service.http, {"inputs": [[5.1, 3.5, 1.4, 0.2]]}
    named = http.put(f"/v1/models/{first['model']}/aliases/irises")
    assert (named.status_code, named.json()["aliases"]) == (200, ["irises"])
    assert http.post("/v1/models/irises/predict", json=body).json()["model"] == first["model"]
    http.put(f"/v1/models/{second['model']}/aliases/irises")
    assert http.post("/v1/models/irises/predict", json=body).json()["model"] == second["model"]
    assert http.get(f"/v1/models/{first['model']}").json()["aliases"] == []
    job = succeed(service, {**SMALLEST, "initial_weights": {"model": "irises"}})
    assert job["spec"]["initial_weights"]["model"] == second["model"]
    assert http.put(f"/v1/models/{first['model']}/aliases/mdl_x").status_code == 422
    assert http.delete(f"/v1/models/{first['model']}/aliases/irises").status_code == 404
    kept = http.delete(f"/v1/models/{second['model']}")
    assert kept.status_code == 409
    assert "has the alias 'irises'" in kept.json()["detail"]
    assert http.delete("/v1/models/irises", params={"force": "true"}).status_code == 204
    assert http.post("/v1/models/irises/predict", json=body).status_code == 404


def test_a_report_says_how_each_class_was_found(service: Service) -> None:
    job = succeed(service, SMALLEST)
    found = service.http.get(f"/v1/jobs/{job['id']}/report", params={"split": "validation"}).json()
    assert [each["label"] for each in found["classes"]] == ["setosa", "versicolor", "virginica"]
    right = sum(row[place] for place, row in enumerate(found["confusion_matrix"]))
    assert right / found["rows"] == pytest.approx(job["metrics"]["validation"]["accuracy"])
    assert {"log_loss", "roc_auc", "average_precision", "f1_weighted"} <= {*job["metrics"]["validation"]}
    for of in ("report", "predictions"):
        missing = service.http.get(f"/v1/jobs/{job['id']}/{of}", params={"split": "test"})
        assert missing.status_code == 404
        assert missing.json()["detail"].endswith("; there is ?split=train and ?split=validation")
