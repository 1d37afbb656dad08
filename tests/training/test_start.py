"""Jobs that start from earlier weights, rows that count differently, labels, counts, and a training that diverges."""

import re
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from tests.service import SMALLEST, Service


def weights(service: Service, job_id: str, snapshot: str) -> dict[str, Any]:
    answer = service.http.get(
        f"/v1/jobs/{job_id}/weights/{snapshot}", headers={"Accept": "application/vnd.safetensors"}
    )
    assert answer.status_code == 200, answer.text
    return safetensors.numpy.load(answer.content)


def train(service: Service, **fields: Any) -> dict[str, Any]:
    job = service.wait(service.post({**SMALLEST, "training": {"epochs": 3}, **fields})["id"])
    assert job["status"] == "succeeded", job["error"]
    return job


def faults(service: Service, **fields: Any) -> dict[str, str]:
    answer = service.http.post("/v1/jobs", json={**SMALLEST, **fields})
    assert answer.status_code == 422, answer.text
    return {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}


@pytest.fixture(scope="module")
def first(service: Service) -> dict[str, Any]:
    """A job whose model others start from."""
    return train(service, training={"epochs": 5})


def test_a_job_begins_with_the_weights_of_an_earlier_model(service: Service, first: dict[str, Any]) -> None:
    second = train(service, initial_weights={"model": first["model"]}, training={"epochs": 1, "seed": 9})
    expected, found = weights(service, first["id"], "final"), weights(service, second["id"], "initial")
    assert expected.keys() == found.keys()
    assert all(expected[name].tobytes() == found[name].tobytes() for name in expected)


def test_tensors_of_another_shape_are_drawn_anew_unless_all_must_fit(service: Service, first: dict[str, Any]) -> None:
    start = {"model": first["model"]}
    second = train(service, layers=[16, 5], initial_weights=start)
    expected, found = weights(service, first["id"], "final"), weights(service, second["id"], "initial")
    assert found["dense_1/kernel"].tobytes() == expected["dense_1/kernel"].tobytes()
    assert found["dense_2/kernel"].shape == (16, 5)
    refused = faults(service, layers=[16, 5], initial_weights={**start, "strict": True})
    assert refused == {"/initial_weights/strict": "is true; dense_2/kernel is 16 × 8 in the model and 16 × 5 here"}
    [finding] = second["findings"]
    assert finding["message"].startswith(f"Taken from {first['model']}: dense_1/kernel, dense_1/bias, output/bias. ")
    assert "dense_2/kernel is 16 × 8 in the model and 16 × 5 here" in finding["message"]


FACTS = {"layers": [4], "validation": None, "optimizer": {"name": "sgd", "learning_rate": 1e-9}}


def table(*names: str, cities: str = "xyz", classes: str = "no yes") -> dict[str, Any]:
    """Rows with these columns in this order."""
    rows = []
    for number in range(30):
        values = {"a": number % 7, "b": number % 5, "city": cities[number % 3], "d": number % 4}
        rows.append({name: values[name] for name in names} | {"y": classes.split()[number % 2]})
    return {"inline": {"rows": rows}, "target": "y"}


@pytest.mark.parametrize("categorical", ["one_hot", "embedding"])
def test_columns_in_another_order_find_their_weights(service: Service, categorical: str) -> None:
    """The new network is the old one, up to the order of its inputs, and its optimizer goes on."""
    encoding = {"preprocessing": {"categorical": categorical}}
    adam = {"layers": [4], "validation": None, "training": {"epochs": 20, "shuffle": False}, **encoding}
    old = train(service, data=table("a", "city", "b"), **adam)
    start = {"model": old["model"], "strict": True, "optimizer_state": True}
    same = train(service, data=table("a", "city", "b"), **adam, initial_weights=start)
    new = train(service, data=table("b", "a", "city"), **adam, initial_weights=start)
    assert new["metrics"]["train"]["loss"] == pytest.approx(same["metrics"]["train"]["loss"], rel=1e-4)
    [finding] = [each for each in new["findings"] if each["code"] == "initial_weights"]
    assert finding["level"] == "info"
    assert "dense_1/kernel (reordered by name)" in finding["message"]


def test_columns_and_classes_that_are_new_are_listed(service: Service) -> None:
    old = train(service, data=table("a", "b", "city"), **FACTS)
    start = {"model": old["model"]}
    data = table("a", "city", "d", cities="xyw", classes="no maybe")
    spec = {"data": data, **FACTS, "initial_weights": start}
    dry = service.http.post("/v1/jobs?dry_run=true", json={**SMALLEST, **spec}).json()
    new = train(service, **spec)
    [finding] = [each for each in new["findings"] if each["code"] == "initial_weights"]
    assert finding in dry["findings"]
    assert finding["level"] == "warning"
    assert "dense_1/kernel has 'd', 'city=w' here and not in the model" in finding["message"]
    assert "dense_1/kernel has 'b', 'city=z' in the model and not here" in finding["message"]
    assert "output/kernel has 'class no rather than maybe' here" in finding["message"]
    before, after = weights(service, old["id"], "final"), weights(service, new["id"], "initial")
    assert before["dense_1/kernel"][0].tobytes() == after["dense_1/kernel"][0].tobytes()  # the column a
    refused = faults(service, **{**spec, "initial_weights": {**start, "strict": True}})
    assert "here" in refused["/initial_weights/strict"]
    others = faults(service, data=table("d"), layers=[3], validation=None, initial_weights=start)
    assert "no kernel that fits" in others["/initial_weights/model"]


def test_the_optimizer_goes_on_as_if_it_had_never_stopped(service: Service) -> None:
    steady = {"shuffle": False}
    whole = train(service, training={"epochs": 10, **steady})
    half = train(service, training={"epochs": 5, **steady})
    start = {"model": half["model"], "strict": True, "optimizer_state": True}
    rest = train(service, training={"epochs": 5, **steady}, initial_weights=start)
    assert rest["weights_sha256"] == whole["weights_sha256"]
    fresh = train(service, training={"epochs": 5, **steady}, initial_weights={"model": half["model"]})
    assert fresh["weights_sha256"] != whole["weights_sha256"]
    assert "optimizer" not in service.http.get(f"/v1/jobs/{half['id']}/weights").json()["snapshots"]
    assert service.http.get(f"/v1/jobs/{half['id']}/weights/optimizer").status_code == 404


def test_a_start_that_cannot_be_is_refused(service: Service, first: dict[str, Any]) -> None:
    missing = "mdl_" + "0" * 26
    assert "no such model" in faults(service, initial_weights={"model": missing})["/initial_weights/model"]
    assert "there is no such model" in faults(service, initial_weights={"model": "x"})["/initial_weights/model"]
    other = {"model": first["model"]}
    nothing = faults(service, data={"builtin": "wine"}, layers=[3], output={"use_bias": False}, initial_weights=other)
    assert "which has no kernel that fits: dense_1/kernel has 'alcohol', " in nothing["/initial_weights/model"]
    rule = faults(service, optimizer="sgd", initial_weights={**other, "optimizer_state": True})
    assert "trained by 'adam'" in rule["/initial_weights/optimizer_state"]


def test_a_model_deleted_meanwhile_fails_the_job_with_the_reason(service: Service) -> None:
    slow = {"data": {"builtin": "digits"}, "layers": [256], "training": {"epochs": 2000}}
    first = train(service)
    running = [service.post(slow)["id"] for _ in range(2)]
    waiting = service.post({**SMALLEST, "initial_weights": {"model": first["model"]}})["id"]
    assert service.http.delete(f"/v1/models/{first['model']}").status_code == 204
    for job_id in running:
        service.http.post(f"/v1/jobs/{job_id}/cancel")
    job = service.wait(waiting)
    assert (job["status"], job["error"]["type"]) == ("failed", "/problems/initial-weights-gone")
    assert first["model"] in job["error"]["detail"]


def test_frozen_layers_keep_the_bits_they_began_with(service: Service, first: dict[str, Any]) -> None:
    frozen = [{"type": "dense", "units": 16, "trainable": False}, 8]
    job = train(service, layers=frozen, initial_weights={"model": first["model"]})
    before, after = weights(service, first["id"], "final"), weights(service, job["id"], "final")
    assert before["dense_1/kernel"].tobytes() == after["dense_1/kernel"].tobytes()
    assert before["dense_2/kernel"].tobytes() != after["dense_2/kernel"].tobytes()


def test_a_training_that_diverges_says_which_layer_and_what_to_try(service: Service) -> None:
    spec = {"data": {"builtin": "diabetes"}, "layers": [32, 32], "optimizer": {"name": "sgd", "learning_rate": 1e6}}
    job = service.wait(service.post({**spec, "training": {"epochs": 50}})["id"])
    assert (job["status"], job["error"]["type"]) == ("failed", "/problems/diverged")
    assert re.search(r"epoch 1, .*layer '(dense_[12]|output)' was the first.*smaller learning", job["error"]["detail"])
    assert all(np.isfinite(tensor).all() for tensor in weights(service, job["id"], "final").values())
    assert job["model"] is None
