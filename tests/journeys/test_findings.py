"""What a job says of its data: before it runs, while it waits, and at its end."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.service import Service

ROWS = 60


def numbers(seed: int = 0) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).normal(size=ROWS).round(3)]


def parts() -> list[str]:
    return ["v" if row % 3 == 0 else "t" for row in range(ROWS)]


def job(columns: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    data = {"inline": {"rows": rows}, "target": "y"} | fields.pop("data", {})
    return {"data": data, "layers": [8], "training": {"epochs": 5}, **fields}


HELD = {"validation": {"column": "part", "value": "v"}}


def found(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["code"]: finding for finding in job["findings"]}


def test_a_column_without_training_values_is_dropped_from_the_first_answer_to_the_model(service: Service) -> None:
    late = [1.0 if part == "v" else None for part in parts()]
    spec = job({"a": numbers(), "late": late, "part": parts(), "y": numbers(1)}, **HELD)
    dry = service.http.post("/v1/jobs?dry_run=true", json=spec)
    assert dry.status_code == 200, dry.text
    assert [finding["code"] for finding in dry.json()["findings"]] == ["empty_column"]
    submitted = service.post(spec)
    assert [finding["code"] for finding in submitted["findings"]] == ["empty_column"]
    assert submitted["data"]["features"] == ["a"]
    assert submitted["data"]["left_out"] == {"late": "it has no value in any training row"}
    done = service.wait(submitted["id"])
    assert done["status"] == "succeeded", done["error"]
    assert "'late' was dropped" in found(done)["empty_column"]["message"]
    assert "findings" not in done["data"]
    model = service.http.get(f"/v1/models/{done['model']}").json()
    assert [column["name"] for column in model["inputs"]] == ["a"]
    explained = service.http.post(f"/v1/models/{done['model']}/explain", json={"method": "permutation"})
    assert [feature["name"] for feature in explained.json()["features"]] == ["a"]
    events = service.http.get(f"/v1/jobs/{done['id']}/events", headers={"Accept": "text/event-stream"}).text
    assert events.count("event: finding") == len(done["findings"])


def test_an_embedding_numbers_no_column_that_was_dropped(service: Service) -> None:
    embedding = {"type": "embedding", "columns": [1], "categories": [3]}
    columns = {"gone": [None] * ROWS, "a": [float(row % 3) for row in range(ROWS)], "y": numbers(1)}
    spec = job(columns, layers=[embedding, 4], preprocessing={"numeric": "none"})
    refused = service.http.post("/v1/jobs", json=spec)
    assert refused.status_code == 422, refused.text
    [error] = refused.json()["errors"]
    assert error["pointer"] == "/layers/0/columns"
    assert "'gone' has no value in any training row" in error["detail"]


def test_rows_to_train_on_need_a_weight(service: Service) -> None:
    weights = [1.0 if part == "v" else 0.0 for part in parts()]
    columns = {"a": numbers(), "w": weights, "part": parts(), "y": numbers(1)}
    refused = service.http.post("/v1/jobs", json=job(columns, data={"sample_weight": "w"}, **HELD))
    assert refused.status_code == 422, refused.text
    [error] = refused.json()["errors"]
    assert error["pointer"] == "/data/sample_weight"
    assert "0 in all 40 training rows" in error["detail"]


def test_a_validation_loss_without_a_value_is_blamed_on_its_cell(service: Service) -> None:
    a = [1e60, *numbers()[1:]]
    columns = {"a": a, "part": parts(), "y": ["p" if row % 2 else "n" for row in range(ROWS)]}
    training = {"epochs": 50, "early_stopping": {"patience": 3}}
    done = service.wait(service.post(job(columns, training=training, **HELD))["id"])
    said = found(done)["validation_loss_not_finite"]
    assert said["level"] == "warning"
    assert "Row 0 has 1e+60 in 'a', which is too large for float32" in said["message"]
    assert "kept the weights of epoch 1" in said["message"]
    assert done["metrics"]["validation"]["loss"] is None
    assert "undefined_metrics" not in found(done)


def test_a_training_that_diverged_is_blamed_on_its_cell(service: Service) -> None:
    a = [*numbers()[1:], 1e60]
    spec = job({"a": a, "y": numbers(1)}, preprocessing={"numeric": "none"}, validation=None)
    done = service.wait(service.post(spec)["id"])
    assert (done["status"], done["error"]["type"]) == ("failed", "/problems/diverged")
    said = found(done)["large_input"]
    assert said["message"] == f"Row {ROWS - 1} has 1e+60 in 'a', which is too large for float32 after preprocessing."


def test_a_target_that_overflows_in_the_test_rows_is_named(service: Service) -> None:
    y = [1e60, *numbers(1)[1:]]
    holdouts = {"validation": None, "test": {"column": "part", "value": "v"}}
    done = service.wait(service.post(job({"a": numbers(), "part": parts(), "y": y}, **holdouts))["id"])
    said = found(done)["undefined_metrics"]["message"]
    assert "loss of the test rows is null. Row 0 has 1e+60 as the target 'y', which is too large for float32" in said


@pytest.mark.parametrize(("factor", "words"), [(1.0, "equals the target"), (2.5, "is a linear function of")])
def test_an_input_that_gives_the_target_away_is_named(service: Service, factor: float, words: str) -> None:
    y = numbers(1)
    done = service.wait(service.post(job({"a": numbers(), "paid": [factor * value for value in y], "y": y}))["id"])
    leak = found(done)["target_leak"]
    assert leak["level"] == "warning"
    assert leak["message"].startswith(f"The input 'paid' {words}")


def test_balanced_classes_count_the_same_by_weight(service: Service) -> None:
    """A row of weight three is three rows, whatever its class weighs."""
    y = ["p" if row % 4 == 0 else "n" for row in range(ROWS)]
    columns = {"a": numbers(), "y": y, "w": [1 + row % 3 for row in range(ROWS)]}
    repeated = {name: [each[row] for row in range(ROWS) for _ in range(1 + row % 3)] for name, each in columns.items()}
    training = {"epochs": 5, "batch_size": 1000, "shuffle": False, "class_weight": "balanced", "dtype": "float64"}
    fields: dict[str, Any] = {"training": training, "validation": None, "preprocessing": {"numeric": "none"}}
    weighted = job(columns, **fields, data={"sample_weight": "w"})
    plain = job(repeated, **fields, data={"ignore": ["w"]})
    histories = []
    for spec in (weighted, plain):
        job_id = service.wait(service.post(spec)["id"])["id"]
        histories.append(service.http.get(f"/v1/jobs/{job_id}/history").json()["series"]["loss"])
    assert histories[0] == pytest.approx(histories[1], rel=1e-9)


def test_whole_numbers_that_are_quantities_are_a_regression(service: Service) -> None:
    prices = [180_000 + 10_500 * row for row in range(15)]
    done = service.wait(service.post(job({"sqft": numbers()[:15], "y": prices}))["id"])
    assert (done["spec"]["task"], done["data"]["classes"]) == ("regression", None)
    assert "15 different whole numbers in 15 rows" in found(done)["guessed_task"]["message"]


def test_one_hot_targets_are_classes_from_training_to_explanation(service: Service) -> None:
    colors = ("red", "green", "blue")
    x = [[a, b] for a, b in zip(numbers(), numbers(1), strict=True)]
    y = [[int(place == row % 3) for place in range(3)] for row in range(ROWS)]
    spec = {"data": {"inline": {"x": x, "y": y}}, "layers": [8], "training": {"epochs": 5}}
    done = service.wait(service.post(spec | {"loss": "categorical_crossentropy"})["id"])
    assert done["status"] == "succeeded", done["error"]
    assert (done["spec"]["task"], done["data"]["classes"]) == ("multiclass", ["y0", "y1", "y2"])
    rows = [{"a": a, "b": b} | dict(zip(colors, target, strict=True)) for (a, b), target in zip(x, y, strict=True)]
    named = {"data": {"inline": {"rows": rows}, "target": [*colors]}, "layers": [8], "training": {"epochs": 5}}
    done = service.wait(service.post(named)["id"])
    assert "exactly one 1 in each row" in found(done)["guessed_task"]["message"]
    path = f"/v1/models/{done['model']}"
    predicted = service.http.post(f"{path}/predict", json={"inputs": x[:3]}).json()
    assert predicted["classes"] == ["red", "green", "blue"]
    assert {*predicted["predictions"]} <= {*colors}
    stored = service.http.get(f"/v1/jobs/{done['id']}/predictions").json()["data"]
    assert all(row["target"] == colors[row["row"] % 3] for row in stored)
    judged = service.http.post(f"{path}/explain", json={"method": "permutation", "inputs": rows[:30]}).json()
    assert judged["measure"] == "loss"
    wrong = service.http.post(f"{path}/explain", json={"method": "permutation", "inputs": [rows[0] | {"green": 1}]})
    assert "exactly one must be" in wrong.json()["errors"][0]["detail"]


def test_counts_with_the_loss_poisson_are_a_regression(service: Service) -> None:
    counts = np.random.default_rng(2).poisson(2, ROWS).tolist()
    done = service.wait(service.post(job({"a": numbers(), "y": counts}, loss="poisson"))["id"])
    assert (done["status"], done["spec"]["task"]) == ("succeeded", "regression")
    assert "guessed_task" not in found(done)


def test_a_constant_target_and_a_split_of_one_row_are_findings(service: Service) -> None:
    part = ["v", *["t"] * (ROWS - 1)]
    spec = job({"a": numbers(), "part": part, "y": [5000.1] * ROWS}, **HELD, training={"epochs": 15})
    done = service.wait(service.post(spec)["id"])
    assert "'y' is 5000.1 in all 59 training rows" in found(done)["constant_target"]["message"]
    assert not {"learning_rate_too_high", "no_better_than_constant", "worse_than_baseline"} & found(done).keys()
    assert done["metrics"]["validation"]["r2"] is None
    assert (
        found(done)["undefined_metrics"]["message"] == "r2 of the validation rows is null. It needs at least two rows."
    )
    assert done["metrics"]["train"]["r2"] == 0.0


def test_dates_are_rejected_as_targets(service: Service) -> None:
    days = [f"2026-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(ROWS)]
    refused = service.http.post("/v1/jobs", json=job({"a": numbers(), "y": days}))
    assert refused.status_code == 422, refused.text
    [error] = refused.json()["errors"]
    assert error["pointer"] == "/data/target"
    assert "holds dates; dates cannot be predicted" in error["detail"]


DEAD = {"type": "dense", "units": 8, "bias_initializer": {"name": "constant", "value": -100.0}}


@pytest.mark.parametrize(
    ("fields", "codes", "words"),
    [
        ({"optimizer": {"name": "adam", "learning_rate": 1e8}}, {"learning_rate_too_high"}, "smaller learning rate"),
        ({"layers": [DEAD]}, {"dead_units", "no_better_than_constant"}, "bias initializer"),
        (
            {"scale": 1e5, "activation": "sigmoid", "preprocessing": {"numeric": "none"}},
            {"unscaled_inputs", "no_better_than_constant", "one_class_predicted"},
            "preprocessing.numeric",
        ),
    ],
    ids=["learning rate", "dead units", "saturated units"],
)
def test_a_network_that_learned_nothing_has_the_cause_among_its_findings(
    service: Service, fields: dict[str, Any], codes: set[str], words: str
) -> None:
    fields = {**fields}
    a, scale = np.array(numbers()), fields.pop("scale", 1.0)
    y: list[Any] = (2 * a).tolist() if scale == 1 else ["p" if value > -0.2 else "n" for value in numbers(5)]
    columns = {"a": (scale * (a + 10)).tolist(), "b": numbers(3), "y": y}
    done = service.wait(service.post(job(columns, **fields, training={"epochs": 30}))["id"])
    assert codes <= found(done).keys()
    assert "loss_did_not_fall" not in found(done)
    assert any(words in finding["suggestion"] for finding in done["findings"])
