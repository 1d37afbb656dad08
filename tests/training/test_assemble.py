"""From a specification to a network and its training."""

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


def test_rows_of_weight_two_are_two_rows(service: Service) -> None:
    x = [[i / 10, (i * 7 % 10) / 10] for i in range(12)]
    y = [2 * a - b for a, b in x]
    options: dict[str, Any] = {"validation": None, "layers": [3]}
    options |= {"preprocessing": {"numeric": "none", "target": "none"}}
    options |= {"training": {"epochs": 20, "batch_size": 100, "shuffle": False, "dtype": "float64"}}
    rows = [{"a": a, "b": b, "y": t, "w": 1 + i % 2} for i, ((a, b), t) in enumerate(zip(x, y, strict=True))]
    weighted = train(service, data={"inline": {"rows": rows}, "target": "y", "sample_weight": "w"}, **options)
    repeated = [{"a": row["a"], "b": row["b"], "y": row["y"]} for row in rows for _ in range(int(row["w"]))]
    plain = train(service, data={"inline": {"rows": repeated}, "target": "y"}, **options)
    one, two = (weights(service, job["id"], "final") for job in (weighted, plain))
    for name in one:
        np.testing.assert_allclose(one[name], two[name], rtol=1e-8)
    assert weighted["data"]["features"] == ["a", "b"]


def test_class_weights_help_a_rare_class(service: Service) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 2))
    y = (x[:, 0] + generator.normal(size=200) > 1.8).astype(int)
    data = {"inline": {"x": x.tolist(), "y": y.tolist()}}
    found = {
        name: train(service, data=data, training={"epochs": 30, "class_weight": class_weight})
        for name, class_weight in {"none": None, "balanced": "balanced", "given": {"0": 1.0, "1": 15.0}}.items()
    }
    scores = {name: job["metrics"]["train"]["balanced_accuracy"] for name, job in found.items()}
    assert scores["balanced"] > scores["none"] + 0.05
    assert scores["given"] > scores["none"] + 0.05
    wrong = faults(service, data=data, training={"class_weight": {"2": 1.0}})
    assert wrong == {"/training/class_weight/2": "is not a class of the target; known are 0, 1"}


def test_several_labels_are_predicted_each_by_itself(service: Service) -> None:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(200, 3))
    rows = [{"a": a, "b": b, "c": c, "warm": bool(a > 0), "wet": bool(b > 0.5)} for a, b, c in x.tolist()]
    data = {"inline": {"rows": rows}, "target": ["warm", "wet"]}
    job = train(service, data=data, training={"epochs": 60}, optimizer={"name": "adam", "learning_rate": 0.01})
    assert job["spec"]["task"] == "multilabel"
    assert job["metrics"]["validation"]["accuracy"] > 0.8
    assert job["metrics"]["validation"]["hamming_loss"] < 0.15
    inputs = [[2.0, 2.0, 0.0], [-2.0, 2.0, 0.0]]
    answer = service.http.post(f"/v1/models/{job['model']}/predict", json={"inputs": inputs}).json()
    assert answer["predictions"] == [[1, 1], [0, 1]]
    assert answer["classes"] == ["warm", "wet"]
    assert np.shape(answer["probabilities"]) == (2, 2)
    stored = service.http.get(f"/v1/jobs/{job['id']}/predictions").json()["data"][0]
    assert {*map(int, stored["target"]), *stored["prediction"]} <= {0, 1}


def test_counts_are_predicted_in_their_own_units(service: Service) -> None:
    generator = np.random.default_rng(2)
    x = generator.uniform(-1, 1, size=(300, 1))
    data = {"inline": {"x": x.tolist(), "y": generator.poisson(np.exp(1 + x[:, 0])).tolist()}}
    fields = {"data": data, "task": "regression", "loss": "poisson", "layers": [], "initializer": "zeros"}
    job = train(service, **fields, training={"epochs": 200}, optimizer={"name": "adam", "learning_rate": 0.05})
    assert job["spec"]["preprocessing"]["target"] == "none"
    answer = service.http.post(f"/v1/models/{job['model']}/predict", json={"inputs": [[-1.0], [1.0]]}).json()
    assert answer["predictions"] == pytest.approx([1, np.e**2], rel=0.25)
    negative = {"inline": {"x": x.tolist(), "y": x[:, 0].tolist()}}
    assert "at least 0" in faults(service, **{**fields, "data": negative})["/loss"]


def test_quantiles_lie_where_they_should(service: Service) -> None:
    x = np.random.default_rng(3).normal(size=(400, 1))
    y = np.random.default_rng(4).normal(size=400)
    shares = {}
    for quantile in (0.1, 0.9):
        data = {"inline": {"x": x.tolist(), "y": y.tolist()}}
        loss = {"name": "quantile", "quantile": quantile}
        job = train(
            service, data=data, task="regression", loss=loss, layers=[], validation=None,
            optimizer={"name": "adam", "learning_rate": 0.02}, training={"epochs": 150},
        )  # fmt: skip
        answer = service.http.post(f"/v1/models/{job['model']}/predict", json={"inputs": x.tolist()}).json()
        shares[quantile] = float(np.mean(y < np.array(answer["predictions"])))
    assert shares[0.1] == pytest.approx(0.1, abs=0.04)
    assert shares[0.9] == pytest.approx(0.9, abs=0.04)


def test_a_hinge_gives_classes_and_no_probabilities(service: Service) -> None:
    job = train(service, data={"builtin": "breast_cancer"}, loss="hinge", training={"epochs": 20})
    assert job["metrics"]["validation"]["accuracy"] > 0.9
    inputs = [list(range(30))]
    answer = service.http.post(f"/v1/models/{job['model']}/predict", json={"inputs": inputs}).json()
    assert answer["predictions"][0] in ("malignant", "benign")
    assert "probabilities" not in answer
