"""Models are loaded within a bound of bytes, and predict rows, bodies and tables alike."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from steelyard.errors import NotFound, PayloadTooLarge, ValidationFailed
from steelyard.inference import service
from steelyard.inference.schema import Prediction
from steelyard.inference.service import Predictor, load_model
from steelyard.models import library
from steelyard.tabular.table import Table, table_of
from steelyard.tabular.values import Values
from tests.service import SMALLEST
from tests.trained import train, train_model

ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@pytest.fixture(scope="module")
def model(store: Engine) -> str:
    """A model of four numbers."""
    return train_model(store, {**SMALLEST, "training": {"epochs": 3}})


@pytest.fixture(scope="module")
def predictor(store: Engine) -> Predictor:
    return Predictor(store)


def body(rows: Any) -> bytes:
    return orjson.dumps({"inputs": rows})


def table(rows: np.ndarray) -> Table:
    return table_of({name: Values(column.copy()) for name, column in zip(ROW, rows.T, strict=True)})


def numbers(prediction: Prediction) -> Any:
    assert prediction.probabilities is not None
    return np.array(prediction.probabilities)


@given(
    rows=st.lists(st.lists(st.floats(-100, 100), min_size=4, max_size=4), min_size=1, max_size=9),
    cut=st.integers(0, 9),
)
@settings(max_examples=30)
def test_a_row_is_predicted_with_the_same_bits_however_it_comes(
    predictor: Predictor, model: str, rows: list[list[float]], cut: int
) -> None:
    expected = predictor.predict(model, body(rows))
    objects = [dict(zip(reversed(ROW), reversed(row), strict=True)) for row in rows]
    assert (numbers(predictor.predict(model, body(objects))) == numbers(expected)).all()
    array = np.array(rows)
    tables = [table(part) for part in (array[:cut], array[cut:]) if len(part)]
    assert (numbers(predictor.predict_tables(model, tables)) == numbers(expected)).all()
    predictor.get(model)  # so that the last look at the database is recent, however busy the machine
    prepared = predictor.prepare(model, body(rows))
    assert prepared is not None
    at_once = prepared.predict()
    assert (numbers(at_once) == numbers(expected)).all()
    assert at_once.predictions == expected.predictions


def test_columns_that_are_no_inputs_are_listed(predictor: Predictor, model: str) -> None:
    more = {**ROW, "note": "x"}
    del more["petal_width"]
    answer = predictor.predict(model, body([more]))
    assert (answer.ignored_columns, answer.missing_columns) == (["note"], ["petal_width"])
    columns = {name: Values(np.zeros(2)) for name in (*ROW, "note") if name != "petal_width"}
    of_table = predictor.predict_tables(model, [table_of(columns)], ["dropped"])
    assert (of_table.ignored_columns, of_table.missing_columns) == (["dropped", "note"], ["petal_width"])


def test_a_wrong_value_of_a_later_table_is_named_by_its_row_in_all(predictor: Predictor, model: str) -> None:
    wrong = np.zeros((3, 4))
    wrong[1, 2] = 1e300
    with pytest.raises(ValidationFailed) as caught:
        predictor.predict_tables(model, [table(np.zeros((5, 4))), table(wrong)])
    assert [fault.pointer for fault in caught.value.faults] == ["/inputs/6/petal_length"]


def test_rows_are_prepared_only_for_models_that_are_loaded_and_quick(
    store: Engine, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = Predictor(store)
    assert fresh.prepare(model, body([ROW])) is None
    fresh.predict(model, body([ROW]))
    assert fresh.prepare(model, body([ROW])) is not None
    assert fresh.prepare("mdl_other", body([ROW])) is None
    monkeypatch.setattr(service, "MOST_PRODUCTS_AT_ONCE", 243)
    assert fresh.prepare(model, body([[1, 2, 3, 4]])) is None  # two rows might be in as many bytes


def test_more_answers_than_the_limit_are_rejected_in_every_form(
    predictor: Predictor, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_ANSWERS", 3 * 4)
    few, many = np.zeros((4, 4)), np.zeros((5, 4))
    assert len(predictor.predict(model, body(few.tolist())).predictions) == 4
    assert len(predictor.predict_tables(model, [table(few)]).predictions) == 4

    def tables() -> Iterator[Table]:
        yield table(few)
        yield table(few)
        pytest.fail("no further table is read")

    asks: tuple[Callable[[], Any], ...] = (
        lambda: predictor.predict(model, body(many.tolist())),
        lambda: predictor.prepare(model, body(many.tolist())),
        lambda: predictor.predict_tables(model, tables()),
    )
    for ask in asks:
        with pytest.raises(PayloadTooLarge, match="the limit of 4 for this model"):
            ask()


def test_predictions_are_labels_or_in_the_units_of_the_target(store: Engine) -> None:
    rows = [{"a": n % 10, "y": 1000 + 100 * (n % 10), "z": -(n % 10)} for n in range(100)]
    options: dict[str, Any] = {"layers": [], "task": "regression", "training": {"epochs": 60}}
    options["optimizer"] = {"name": "adam", "learning_rate": 0.1}
    data = {"inline": {"rows": rows}, "features": ["a"]}
    one, both = (train_model(store, {**options, "data": {**data, "target": names}}) for names in ("y", ["y", "z"]))
    predictor = Predictor(store)
    answer = predictor.predict(one, body([[0], [9]]))
    np.testing.assert_allclose(np.array(answer.predictions), [1000, 1900], atol=20)
    assert "classes" not in answer.model_fields_set
    several = predictor.predict(both, body([[0], [9]]))
    np.testing.assert_allclose(np.array(several.predictions), [[1000, 0], [1900, -9]], atol=20)


def test_a_model_is_loaded_with_its_weights_and_its_threads_are_counted(store: Engine, model: str) -> None:
    loaded = load_model(store, model)
    before = loaded.nbytes
    assert before > loaded.network.parameters.nbytes
    loaded.answer(np.zeros((1, 4), np.float32))
    assert loaded.nbytes > before
    counted = loaded.nbytes
    loaded.answer(np.zeros((1, 4), np.float32))
    assert loaded.nbytes == counted
    assert loaded.features == dict.fromkeys(ROW, False)
    with pytest.raises(NotFound, match="'mdl_none'"):
        load_model(store, "mdl_none")


def test_loaded_models_stay_within_their_bytes_and_are_loaded_again(store: Engine) -> None:
    ids = [train_model(store, {**SMALLEST, "training": {"seed": n, "epochs": 1}}) for n in range(4)]
    roomy = Predictor(store)
    roomy.predict(ids[0], body([ROW]))  # with the buffers of this thread
    most = int(2.1 * roomy.nbytes)  # two models, whose names differ in length
    narrow = Predictor(store, max_bytes=most)
    for model_id in ids * 2:
        answer = narrow.predict(model_id, body([ROW]))
        assert narrow.nbytes <= most
        assert (numbers(answer) == numbers(roomy.predict(model_id, body([ROW])))).all()
    assert roomy.nbytes == pytest.approx(2 * narrow.nbytes, rel=0.05)


def test_a_deleted_model_is_found_no_more(store: Engine) -> None:
    job = train(store, {**SMALLEST, "training": {"epochs": 1}})
    assert job.model is not None
    predictor = Predictor(store)
    predictor.predict(job.model, body([ROW]))
    library.delete_model(store, job.model)
    with pytest.raises(NotFound):
        Predictor(store).predict(job.model, body([ROW]))
