"""An explanation: what each method finds in a trained model, on its own rows and on rows that are sent."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.attribution import explanation
from steelyard.attribution.explanation import CONTROLS, LEAST_ROWS, PATIENCE, REPEATS, Rows
from steelyard.attribution.service import Explainer
from steelyard.documents.writer import to_values
from steelyard.errors import ValidationFailed
from steelyard.inference.service import Predictor
from tests.trained import train_model

METHODS = ("permutation", "integrated_gradients", "connection_weights")


def ask(explainer: Explainer, model: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = to_values(explainer.explain(model, body))
    return answer


def by_name(answer: dict[str, Any]) -> dict[str, Any]:
    return {feature["name"]: feature for feature in answer["features"]}


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_model_looks_at_what_its_target_is_made_of(explainer: Explainer, linear: str, method: str) -> None:
    answer = ask(explainer, linear, method=method)
    features = by_name(answer)
    assert [features[name]["rank"] for name in "abc"] == [2, 1, 3]
    assert not features["c"]["above_control"]
    # The weights themselves are no greater than Glorot's initial ones for three inputs; only the loss tells them apart.
    assert [features[name]["above_control"] for name in "ab"] == [method == "permutation"] * 2
    assert answer["control"]["columns"] == CONTROLS
    assert answer["control"]["level"] >= answer["control"]["importance"]
    assert {*(each["spearman"] for each in answer["agreement"])} == {1.0}
    assert len(answer["agreement"]) == 3
    again = ask(explainer, linear, method=method)
    assert {**again, "seconds": 0} == {**answer, "seconds": 0}


def test_attributions_of_rows_add_up_to_their_predictions(
    explainer: Explainer, predictor: Predictor, linear: str
) -> None:
    rows = [[6.0, 1.0, 0.0], [4.0, -3.0, 2.0]]
    answer = ask(explainer, linear, method="integrated_gradients", inputs=rows)
    predicted = predictor.predict(linear, b'{"inputs": [[6, 1, 0], [4, -3, 2]]}').predictions
    found = answer["attributions"]
    assert (answer["rows"], answer["source"], answer["outputs"]["unit"]) == (2, "inputs", "value")
    moved = np.array(found["values"]).sum(axis=2)[:, 0]
    np.testing.assert_allclose(moved, np.array(found["outputs"])[:, 0] - found["baseline"][0], atol=1e-4)
    np.testing.assert_allclose(np.diff(moved), np.diff(predicted), atol=1e-3)
    # From one row to the other, a moved by -2 and b by -4.
    np.testing.assert_allclose(np.diff(np.array(found["values"])[:, 0], axis=0)[0], [-6, 8, 0], atol=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_columns_are_explained_and_not_their_inputs(explainer: Explainer, mixed: str, method: str) -> None:
    answer = ask(explainer, mixed, method=method)
    features = by_name(answer)
    assert [*features] == ["plan", "age", "since", "noise"]
    assert {features["plan"]["rank"], features["age"]["rank"]} == {1, 2}
    assert features["plan"]["above_control"]
    assert features["age"]["above_control"]
    assert answer["source"] == ("weights" if method == "connection_weights" else "validation")
    if method == "permutation":
        assert features["plan"]["score_drop"]["accuracy"] > 0.05
        assert answer["measure"] == "loss"


def test_embedded_categories_are_columns_too(
    explainer: Explainer, store: Engine, customers: list[dict[str, Any]]
) -> None:
    spec = {"data": {"inline": {"rows": customers}, "target": "left"}, "layers": [8], "training": {"epochs": 60}}
    model = train_model(store, spec | {"preprocessing": {"categorical": "embedding", "missing_indicator": True}})
    for method in METHODS[:2]:
        features = by_name(ask(explainer, model, method=method))
        assert [*features] == ["plan", "age", "since", "noise"]
        assert features["plan"]["rank"] <= 2


def test_a_method_that_is_not_defined_for_a_network_is_rejected_with_those_that_are(
    explainer: Explainer, store: Engine
) -> None:
    residual = {"type": "residual", "layers": [8, {"type": "layer_normalization"}]}
    iris = train_model(store, {"data": {"builtin": "iris"}, "layers": [8, residual], "training": {"epochs": 40}})
    answer = ask(explainer, iris, method="integrated_gradients")
    assert answer["outputs"] == {"names": ["setosa", "versicolor", "virginica"], "unit": "logit"}
    assert [*answer["not_defined"]] == ["connection_weights"]
    assert [each["methods"] for each in answer["agreement"]] == [["permutation", "integrated_gradients"]]
    with pytest.raises(ValidationFailed, match="use permutation and integrated_gradients"):
        ask(explainer, iris, method="connection_weights")


def test_every_label_of_several_is_an_output(explainer: Explainer, store: Engine) -> None:
    rows = [{"u": n % 7, "v": n % 5, "first": n % 7 > 3, "second": n % 5 > 2} for n in range(100)]
    data = {"inline": {"rows": rows}, "target": ["first", "second"]}
    model = train_model(store, {"data": data, "layers": [8], "training": {"epochs": 40}})
    assert ask(explainer, model, method="permutation")["outputs"] == {"names": ["first", "second"], "unit": "logit"}
    assert ask(explainer, model, method="permutation", inputs=rows)["measure"] == "loss"


@pytest.mark.parametrize(
    ("fields", "rows", "names", "unit"),
    [
        ({"loss": "hinge"}, [{"u": n, "y": n > 20} for n in range(40)], [True], "margin"),
        ({}, [{"u": n, "y": n > 20} for n in range(40)], [True], "logit"),
        ({}, [{"u": n, "y": n * 1.5, "z": -n / 3} for n in range(40)], ["y", "z"], "standardized value"),
    ],
)
def test_outputs_are_explained_in_the_units_of_the_task(
    explainer: Explainer,
    store: Engine,
    fields: dict[str, Any],
    rows: list[dict[str, Any]],
    names: list[Any],
    unit: str,
) -> None:
    data = {"inline": {"rows": rows}, "target": [name for name in rows[0] if name != "u"]}
    model = train_model(store, {"data": data, "layers": [], "training": {"epochs": 2}, **fields})
    assert ask(explainer, model, method="connection_weights")["outputs"] == {"names": names, "unit": unit}


def test_the_classes_that_are_predicted_most_often_are_explained_where_there_are_many(
    explainer: Explainer, store: Engine
) -> None:
    rows = [{"u": n % 20, "y": f"class{n % 20:02}"} for n in range(200)]
    data = {"inline": {"rows": rows}, "target": "y"}
    one_hot = {
        "data": {**data, "columns": {"u": {"type": "category"}}},
        "layers": [],
        "optimizer": {"name": "adam", "learning_rate": 0.1},
    }
    model = train_model(store, {**one_hot, "training": {"epochs": 60}})
    sent = [{"u": n % 18 + 2} for n in range(54)]  # never the first two
    names = ask(explainer, model, method="permutation", inputs=sent)["outputs"]["names"]
    assert names == [f"class{n:02}" for n in range(2, 18)]


def test_a_large_network_is_explained_with_fewer_rows(
    explainer: Explainer, linear: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, columns = 4, 3
    per_row = weights * (REPEATS + 1) * (columns + CONTROLS)
    monkeypatch.setattr(explanation, "BUDGET", per_row * 30)
    assert ask(explainer, linear, method="permutation")["rows"] == 30
    monkeypatch.setattr(explanation, "BUDGET", per_row * LEAST_ROWS / PATIENCE)
    answer = ask(explainer, linear, method="permutation")
    assert (answer["rows"], answer["not_defined"]) == (LEAST_ROWS, {})
    monkeypatch.setattr(explanation, "BUDGET", per_row * LEAST_ROWS / PATIENCE - 1)
    with pytest.raises(ValidationFailed, match="multiplications for 20 rows"):
        ask(explainer, linear, method="permutation")


def test_a_thousand_columns_are_explained(explainer: Explainer, store: Engine) -> None:
    x = np.random.default_rng(2).normal(size=(300, 1000))
    data = {"inline": {"x": x.round(3).tolist(), "y": (x[:, 0] > 0).astype(int).tolist()}}
    model = train_model(store, {"data": data, "layers": [16], "training": {"epochs": 1}})
    answer = ask(explainer, model, method="permutation")
    assert len(answer["features"]) == 1000
    assert answer["rows"] == 60


def test_rows_are_spread_over_all_and_keep_their_targets() -> None:
    rows = Rows("inputs", np.arange(100.0)[:, None], np.arange(100), np.zeros(1), "zeros")
    few = rows.first(LEAST_ROWS)
    assert len(few.inputs) == LEAST_ROWS
    assert few.inputs[0, 0] == 0
    assert few.inputs[-1, 0] == 99
    assert few.y is not None
    assert (few.inputs[:, 0] == few.y).all()
    assert np.diff(few.inputs[:, 0]).max() - np.diff(few.inputs[:, 0]).min() <= 1
    assert len(rows.first(1000).inputs) == 100


def test_a_single_row_cannot_be_shuffled(explainer: Explainer, linear: str) -> None:
    with pytest.raises(ValidationFailed, match="at least two rows"):
        ask(explainer, linear, method="permutation", inputs=[[1, 2, 3]])
