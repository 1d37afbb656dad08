"""Which rows an explanation takes: those that are sent, or those that the job kept back, while they are there."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orjson import dumps
from sqlalchemy import Engine

from steelyard.attribution import service
from steelyard.attribution.service import MOST_ROWS, Explainer
from steelyard.datasets import library
from steelyard.datasets.library import Upload
from steelyard.datasets.reader_pool import Readers
from steelyard.documents.writer import to_values
from steelyard.errors import NotFound, Unavailable, ValidationFailed
from steelyard.inference.service import Predictor
from steelyard.tabular.readers.options import Dialect
from tests.datasets.corpus import CSV
from tests.trained import train_model


def ask(explainer: Explainer, model: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = to_values(explainer.explain(model, body))
    return answer


def test_rows_that_are_sent_may_have_their_targets_or_not(
    explainer: Explainer, mixed: str, customers: list[dict[str, Any]]
) -> None:
    judged = ask(explainer, mixed, method="permutation", inputs=customers[:200])
    assert (judged["measure"], judged["rows"], judged["source"]) == ("loss", 200, "inputs")
    assert judged["score"]["accuracy"] > 0.6
    bare = [{key: value for key, value in row.items() if key != "left"} for row in customers[:200]]
    moved = ask(explainer, mixed, method="permutation", inputs=bare)
    assert moved["measure"] == "movement"
    assert "score_drop" not in moved["features"][0]
    assert {each["name"]: each["rank"] for each in moved["features"]}["noise"] >= 3


@pytest.mark.parametrize(
    ("fields", "source", "rows"),
    [
        ({"validation": {"fraction": 0.3}, "test": {"fraction": 0.1}}, "validation", 36),
        ({"validation": None, "test": {"fraction": 0.1}}, "test", 12),
        ({"validation": None}, "train", 120),
    ],
)
def test_the_rows_are_those_that_the_job_kept_back(
    explainer: Explainer, store: Engine, fields: dict[str, Any], source: str, rows: int
) -> None:
    inline = {"rows": [{"a": n % 9, "b": n % 4, "y": n % 9 * 2.5} for n in range(120)]}
    model = train_model(
        store, {"data": {"inline": inline, "target": "y"}, "layers": [], "training": {"epochs": 1}, **fields}
    )
    answer = ask(explainer, model, method="integrated_gradients")
    assert (answer["source"], answer["rows"], answer["baseline"]) == (source, rows, "training_mean")


def test_a_model_whose_data_are_gone_explains_the_rows_that_are_sent(
    explainer: Explainer, store: Engine, readers: Readers, tmp_path: Path
) -> None:
    content = ("a,b,y\n" + "".join(f"{n % 9},{n % 4},{n % 9 * 2}.5\n" for n in range(120))).encode()
    path = tmp_path / "gone.csv"
    path.write_bytes(content)
    with readers.read(str(path), "csv", max_bytes=1 << 20) as parsed:
        upload = Upload("gone", CSV, Dialect(), "0" * 64, len(content))
        dataset = library.keep(store, upload, io.BytesIO(content), parsed).id
    model = train_model(store, {"data": {"dataset": dataset, "target": "y"}, "layers": [4], "training": {"epochs": 2}})
    assert ask(explainer, model, method="permutation")["source"] == "validation"
    library.remove(store, dataset)
    with pytest.raises(ValidationFailed, match="was deleted") as caught:
        ask(explainer, model, method="permutation")
    assert [fault.pointer for fault in caught.value.faults] == ["/inputs"]
    answer = ask(explainer, model, method="integrated_gradients", inputs=[[1, 2], [3, 4]])
    assert answer["baseline"] == "zeros"


def test_no_more_rows_are_taken_than_the_limit(explainer: Explainer, linear: str) -> None:
    answer = ask(explainer, linear, method="permutation", inputs=[[n % 7, n % 5, n % 3] for n in range(MOST_ROWS + 9)])
    assert answer["rows"] == MOST_ROWS


@given(rows=st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=5))
@settings(max_examples=10)
def test_every_row_that_can_be_predicted_can_be_explained(
    explainer: Explainer, linear: str, rows: list[list[float]]
) -> None:
    answer = ask(explainer, linear, method="integrated_gradients", inputs=rows)
    assert np.isfinite(answer["residual"])
    assert len(answer["attributions"]["values"]) == len(rows)


def test_an_unknown_model_is_not_found(explainer: Explainer) -> None:
    with pytest.raises(NotFound):
        explainer.explain("mdl_none", {"method": "permutation"})


def test_a_request_that_waits_too_long_behind_another_is_rejected(
    store: Engine, predictor: Predictor, readers: Readers, linear: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WAIT_SECONDS", 0.05)
    busy = Explainer(store, predictor, readers)
    with busy._lock, pytest.raises(Unavailable, match="try again later"):
        busy.explain(linear, {"method": "permutation"})
    assert ask(busy, linear, method="connection_weights")["source"] == "weights"


@pytest.mark.parametrize("categorical", ["one_hot", "embedding"])
def test_an_ensemble_is_explained_as_one_model(explainer: Explainer, store: Engine, categorical: str) -> None:
    rows = [{"a": n % 9, "b": "xyz"[n % 3], "y": n % 9 * 2.5 + 4 * (n % 3 == 1)} for n in range(120)]
    document = {
        "data": {"inline": {"rows": rows}, "target": "y"},
        "layers": [8],
        "preprocessing": {"categorical": categorical},
        "ensemble": 3,
        "training": {"epochs": 40},
        "optimizer": {"name": "adam", "learning_rate": 0.02},
    }
    model = train_model(store, document)
    answer = ask(explainer, model, method="integrated_gradients", inputs=rows[:20])
    predicted = explainer._predictor.predict(model, dumps({"inputs": rows[:1]})).predictions[0]
    shown = answer["attributions"]
    explained = shown["baseline"][0] + sum(shown["values"][0][0])
    assert explained == pytest.approx(shown["outputs"][0][0], abs=max(answer["residual"], 1e-3))
    scale = explainer._predictor.get(model)[1].target
    assert scale is not None
    assert predicted == pytest.approx(shown["outputs"][0][0] + scale.center[0], rel=1e-3)
    permuted = ask(explainer, model, method="permutation", inputs=rows)
    assert {each["name"]: each["above_control"] for each in permuted["features"]} == {"a": True, "b": True}
