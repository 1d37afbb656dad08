"""What a model looks at: asked of the running service, on rows that it kept back and on rows that are sent."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service import Service

ROW = {"a": 1, "b": 2, "c": 3}
METHODS = ("permutation", "integrated_gradients", "connection_weights")


@pytest.fixture(scope="module")
def linear(service: Service) -> str:
    """A linear model of `y = 3a - 2b`, beside which `c` is noise."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 3)) * [1, 2, 1] + [5, 0, 0]
    rows = [{"a": a, "b": b, "c": c, "y": 3 * a - 2 * b} for a, b, c in x.tolist()]
    return train(
        service, {"data": {"inline": {"rows": rows}, "target": "y"}, "layers": [], "training": {"epochs": 300}}
    )


@pytest.fixture(scope="module")
def mixed(service: Service) -> tuple[str, list[dict[str, Any]]]:
    """A model of a table with a category, a date, holes, and a column that says nothing."""
    generator = np.random.default_rng(1)
    rows = []
    for number in range(500):
        plan, age = generator.choice(["basic", "plus", "pro"]), float(generator.normal(40, 10))
        left = bool(generator.random() < 1 / (1 + np.exp(-(3 * (plan == "basic") + 0.15 * (age - 40) - 1.5))))
        since, seen = f"2025-{1 + number % 12:02}-{1 + number % 28:02}", None if number % 9 == 0 else age
        rows.append({"plan": str(plan), "age": seen, "since": since, "noise": float(generator.normal()), "left": left})
    spec = {"data": {"inline": {"rows": rows}, "target": "left"}, "layers": [16], "training": {"epochs": 60}}
    return train(service, spec), rows


def train(service: Service, spec: dict[str, Any]) -> str:
    job = service.wait(service.post(spec)["id"])
    assert job["status"] == "succeeded", job["error"]
    return str(job["model"])


def ask(service: Service, model: str, **body: Any) -> dict[str, Any]:
    answer = service.http.post(f"/v1/models/{model}/explain", json=body)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def by_name(said: dict[str, Any]) -> dict[str, Any]:
    return {feature["name"]: feature for feature in said["features"]}


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_model_looks_at_what_its_target_is_made_of(service: Service, linear: str, method: str) -> None:
    said = ask(service, linear, method=method)
    features = by_name(said)
    assert [features[name]["rank"] for name in "abc"] == [2, 1, 3]
    assert not features["c"]["above_control"]
    # The weights themselves are no greater than Glorot's initial ones for three inputs; only the loss tells them apart.
    assert [features[name]["above_control"] for name in "ab"] == [method == "permutation"] * 2
    assert said["control"]["columns"] == 10
    assert {*(each["spearman"] for each in said["agreement"])} == {1.0}
    assert len(said["agreement"]) == 3
    again = ask(service, linear, method=method)
    assert {**again, "seconds": 0} == {**said, "seconds": 0}


def test_attributions_of_rows_add_up_to_their_predictions(service: Service, linear: str) -> None:
    rows = [[6.0, 1.0, 0.0], [4.0, -3.0, 2.0]]
    said = ask(service, linear, method="integrated_gradients", inputs=rows)
    predicted = service.http.post(f"/v1/models/{linear}/predict", json={"inputs": rows}).json()["predictions"]
    found = said["attributions"]
    assert (said["rows"], said["source"], said["outputs"]["unit"]) == (2, "inputs", "value")
    moved = np.array(found["values"]).sum(axis=2)[:, 0]
    np.testing.assert_allclose(moved, np.array(found["outputs"])[:, 0] - found["baseline"][0], atol=1e-4)
    np.testing.assert_allclose(np.diff(moved), np.diff(predicted), atol=1e-3)
    # From one row to the other, a moved by -2 and b by -4.
    np.testing.assert_allclose(np.diff(np.array(found["values"])[:, 0], axis=0)[0], [-6, 8, 0], atol=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_columns_are_explained_and_not_their_inputs(
    service: Service, mixed: tuple[str, list[dict[str, Any]]], method: str
) -> None:
    said = ask(service, mixed[0], method=method)
    features = by_name(said)
    assert [*features] == ["plan", "age", "since", "noise"]
    assert {features["plan"]["rank"], features["age"]["rank"]} == {1, 2}
    assert features["plan"]["above_control"]
    assert features["age"]["above_control"]
    assert said["source"] == ("weights" if method == "connection_weights" else "validation")
    if method == "permutation":
        assert features["plan"]["score_drop"]["accuracy"] > 0.05
        assert said["measure"] == "loss"


def test_rows_that_are_sent_may_bear_their_targets_or_not(
    service: Service, mixed: tuple[str, list[dict[str, Any]]]
) -> None:
    model, rows = mixed
    judged = ask(service, model, method="permutation", inputs=rows[:200])
    assert (judged["measure"], judged["rows"], judged["source"]) == ("loss", 200, "inputs")
    assert judged["score"]["accuracy"] > 0.6
    bare = [{key: value for key, value in row.items() if key != "left"} for row in rows[:200]]
    moved = ask(service, model, method="permutation", inputs=bare)
    assert moved["measure"] == "movement"
    assert "score_drop" not in moved["features"][0]
    assert by_name(moved)["noise"]["rank"] >= 3


def test_every_task_and_layer_is_explained(service: Service) -> None:
    residual = {"type": "residual", "layers": [8, {"type": "layer_normalization"}]}
    iris = train(service, {"data": {"builtin": "iris"}, "layers": [8, residual], "training": {"epochs": 40}})
    said = ask(service, iris, method="integrated_gradients")
    assert said["outputs"] == {"names": ["setosa", "versicolor", "virginica"], "unit": "logit"}
    assert [*said["not_defined"]] == ["connection_weights"]
    assert [each["methods"] for each in said["agreement"]] == [["permutation", "integrated_gradients"]]
    refused = service.http.post(f"/v1/models/{iris}/explain", json={"method": "connection_weights"})
    assert refused.status_code == 422
    assert "use permutation and integrated_gradients" in refused.json()["detail"]
    rows = [{"u": n % 7, "v": n % 5, "first": n % 7 > 3, "second": n % 5 > 2} for n in range(100)]
    data = {"inline": {"rows": rows}, "target": ["first", "second"]}
    several = train(service, {"data": data, "layers": [8], "training": {"epochs": 40}})
    assert ask(service, several, method="permutation")["outputs"]["names"] == ["first", "second"]
    assert ask(service, several, method="permutation", inputs=rows)["measure"] == "loss"


def test_embedded_categories_are_columns_too(service: Service, mixed: tuple[str, list[dict[str, Any]]]) -> None:
    spec = {"data": {"inline": {"rows": mixed[1]}, "target": "left"}, "layers": [8], "training": {"epochs": 60}}
    model = train(service, spec | {"preprocessing": {"categorical": "embedding", "missing_indicator": True}})
    for method in METHODS[:2]:
        features = by_name(ask(service, model, method=method))
        assert [*features] == ["plan", "age", "since", "noise"]
        assert features["plan"]["rank"] <= 2


def test_a_wide_model_is_explained_in_bounded_work(service: Service) -> None:
    generator = np.random.default_rng(2)
    x = generator.normal(size=(300, 1000))
    data = {"inline": {"x": x.round(3).tolist(), "y": (x[:, 0] > 0).astype(int).tolist()}}
    model = train(service, {"data": data, "layers": [64], "training": {"epochs": 3}})
    said = ask(service, model, method="permutation")
    assert len(said["features"]) == 1000
    assert said["rows"] == 60
    assert ask(service, model, method="integrated_gradients")["rows"] == 60


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, ["/method"]),
        ({"method": "permutations", "input": []}, ["/input", "/method"]),
        ({"method": 3, "inputs": [[1]]}, ["/method", "/inputs/0"]),
        ({"method": "permutation", "inputs": []}, ["/inputs"]),
        ({"method": "permutation", "inputs": [{**ROW, "y": "x"}]}, ["/inputs/0/y"]),
        ({"method": "permutation", "inputs": [{**ROW, "y": 1}, ROW]}, ["/inputs/1/y"]),
        ({"method": "permutation", "inputs": [[1, 2, 3]]}, ["/method"]),
        ([], [""]),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_every_fault(
    service: Service, linear: str, body: Any, places: list[str]
) -> None:
    refused = service.http.post(f"/v1/models/{linear}/explain", json=body)
    assert refused.status_code == 422, refused.text
    assert sorted(fault["pointer"] for fault in refused.json()["errors"]) == sorted(places)


def test_a_model_whose_data_are_gone_explains_the_rows_that_are_sent(service: Service) -> None:
    csv = "a,b,y\n" + "".join(f"{n % 9},{n % 4},{n % 9 * 2}.5\n" for n in range(120))
    dataset = service.http.post("/v1/datasets", files={"file": ("gone.csv", csv.encode())}).json()["id"]
    model = train(service, {"data": {"dataset": dataset, "target": "y"}, "layers": [4], "training": {"epochs": 30}})
    assert service.http.delete(f"/v1/datasets/{dataset}").status_code == 204
    refused = service.http.post(f"/v1/models/{model}/explain", json={"method": "permutation"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/inputs")
    assert "deleted" in refused.json()["detail"]
    said = ask(service, model, method="integrated_gradients", inputs=[[1, 2], [3, 4]])
    assert said["baseline"] == "zeros"
    assert service.http.post("/v1/models/mdl_none/explain", json={"method": "permutation"}).status_code == 404


@given(rows=st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=5))
@settings(max_examples=10, deadline=None)
def test_every_row_that_can_be_predicted_can_be_explained(
    service: Service, linear: str, rows: list[list[float]]
) -> None:
    said = ask(service, linear, method="integrated_gradients", inputs=rows)
    assert np.isfinite(said["residual"])
    assert len(said["attributions"]["values"]) == len(rows)
