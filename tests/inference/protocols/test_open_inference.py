"""The Open Inference Protocol: requests are read within bounds, and answers are described before they are given."""

import json
from contextlib import suppress
from math import prod
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine

from steelyard.errors import InvalidRequest, PayloadTooLarge, ValidationFailed
from steelyard.inference.protocols import open_inference
from steelyard.inference.protocols.open_inference import make_rows, read_request
from steelyard.inference.service import Predictor
from tests.inference.protocols.mixed import FEATURES, SENT, TRITON, job
from tests.trained import train_model

WIDTH = {"name": "width", "shape": [2], "datatype": "FP64", "data": [1.5, None]}
COLOR = {"name": "color", "shape": [2, 1], "datatype": "BYTES", "data": [["red"], ["blue"]]}
NEW = {"name": "new", "shape": [2], "datatype": "BOOL", "data": [True, False]}
ONE = {"name": "x", "shape": [2, 3], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 6]}

SIZED: dict[str, Any] = {"name": "width", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": 16}}


def rows_of(document: Any, header: str | None = None, tail: bytes = b"") -> list[Any]:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return make_rows(read_request(body + tail, header), FEATURES)


def length_of(headers: dict[str, str]) -> int | None:
    return int(headers["inference-header-content-length"]) if len(headers) > 1 else None


def of(*tensors: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"inputs": tensors, **more}


def test_tensors_become_rows() -> None:
    assert rows_of(of(NEW, WIDTH, COLOR)) == [[1.5, "red", True], [None, "blue", False]]
    assert rows_of(of(WIDTH)) == [{"width": 1.5}, {"width": None}]
    assert rows_of(of(ONE)) == [[1, 2, 3], [4, 5, 6]]
    named = [*map(rows_of, (of(ONE | {"name": "width"}), of(ONE | {"data": [[1, 2, 3], [4, 5, 6]]})))]
    assert named == [[[1, 2, 3], [4, 5, 6]]] * 2


@pytest.mark.parametrize("name", TRITON)
def test_what_triton_s_client_sends_is_read(name: str) -> None:
    header, body = TRITON[name]
    rows = rows_of(body, None if header is None else str(header))
    assert rows == [[1.5, "red", True], [None, "", False]]


@pytest.mark.parametrize(
    ("tensors", "pointer", "detail"),
    [
        ([ONE | {"shape": [3, 2]}], "/inputs/0/shape", "has 2 columns; the model has 3 inputs: width, color, new"),
        ([ONE, WIDTH], "/inputs/0/shape", "is [2, 3]; the tensor of a column has the shape [N] or [N, 1]"),
        ([WIDTH, NEW | {"shape": [1], "data": [True]}], "/inputs/1/shape", "is [1]; the tensor of a column"),
        ([WIDTH, WIDTH], "/inputs/1/name", "is the name of another tensor, too"),
        ([{**WIDTH, "data": None}], "/inputs/0", "must have either 'data' or the parameter binary_data_size"),
        ([{**WIDTH, "parameters": {"binary_data_size": 0}}], "/inputs/0", "must have either 'data' or"),
        ([{**WIDTH, "shape": [0]}], "/inputs/0/shape/0", "is 0; it must be at least 1"),
        ([{**WIDTH, "shape": [-2]}], "/inputs/0/shape/0", "is -2; it must be at least 1"),
        ([{**WIDTH, "shape": []}], "/inputs/0/shape", "is []; it must be a list of at least 1 entries"),
        ([{**WIDTH, "shape": [1, 1, 1]}], "/inputs/0/shape", "is [1, 1, 1]; it must be at most 2 entries long"),
        ([{**WIDTH, "datatype": "FP8"}], "/inputs/0/datatype", "is 'FP8'; known are BOOL, UINT8"),
        ([], "/inputs", "is []; it must be a list of at least 1 entries"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(tensors: list[Any], pointer: str, detail: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        rows_of(of(*tensors))
    [fault] = refused.value.faults
    assert fault.pointer == pointer
    assert fault.detail.startswith(detail)


@pytest.mark.parametrize("header", ["1000", "-1", "+3", "3.0", "", "x", "9" * 5000])
def test_a_header_that_is_no_length_of_the_json_is_refused(header: str) -> None:
    with pytest.raises(InvalidRequest, match=open_inference.HEADER) as refused:
        rows_of(of(WIDTH), header)
    assert len(refused.value.detail) < 300


@pytest.mark.parametrize("tail", [b"", b"\0" * 15, b"\0" * 17])
def test_bytes_that_no_tensor_has_or_that_one_lacks_are_refused(tail: bytes) -> None:
    document = of({**WIDTH, "data": None, "parameters": {"binary_data_size": 16}})
    with pytest.raises(InvalidRequest, match=f"{len(tail)} bytes follow the JSON"):
        rows_of(document, str(len(orjson.dumps(document))), tail)


@given(st.binary(max_size=60), st.one_of(st.none(), st.integers(0, 60).map(str), st.text(max_size=5)))
def test_any_body_is_read_or_refused(body: bytes, header: str | None) -> None:
    with suppress(InvalidRequest, ValidationFailed, PayloadTooLarge):  # and nothing else
        assert all(isinstance(row, (dict, list)) for row in rows_of(body, header))


VALUE = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["a]", '"data": [1]', "[", "\\"])
TENSOR = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["x", "data", '"data": [2]']),
        "shape": st.sampled_from([[1, 2], [2], [1]]),
        "datatype": st.sampled_from(["FP64", "BYTES", "FP8"]),
        "data": st.lists(VALUE, min_size=2, max_size=2) | VALUE | st.lists(VALUE | st.lists(VALUE, max_size=2)),
    },
    optional={"parameters": st.fixed_dictionaries({}, optional={"data": st.lists(VALUE, max_size=2)})},
)
MORE = {"id": st.sampled_from(["7", "data"]), "outputs": st.just([{"name": "data"}]), "data": st.lists(VALUE)}
DOCUMENTS = st.fixed_dictionaries({"inputs": st.lists(TENSOR, max_size=2)}, optional=MORE)


def read_as(body: bytes) -> Any:
    try:
        asked = read_request(body, None)
        tensors = [(each.model_dump(exclude={"data"}), data) for each, data in asked.inputs]
        return repr((asked.id, tensors, asked.outputs, asked.is_binary))
    except (InvalidRequest, ValidationFailed, PayloadTooLarge) as error:
        return error.detail, getattr(error, "faults", None)


@given(DOCUMENTS, st.sampled_from([0, 0, 0, 1, 5]))
@example({"parameters": {"data": [1, 2]}, "inputs": [ONE | {"data": []}]}, 0)
@example({"inputs": [ONE | {"data": [10**30, 1.0, 2, 3, 4, 5]}]}, 0)
@example({"inputs": [ONE | {"data": [1, 2, 3]}]}, 5)
def test_a_request_means_the_same_whether_or_not_its_data_are_read_apart(document: Any, damage: int) -> None:
    body = json.dumps(document).encode()
    body = body[: -damage or None]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_inference, "_cut_out", lambda _: None)
        patch.setattr(open_inference, "MOST_KEPT_BYTES", 0)
        expected = read_as(body)
    assert [read_as(body) for _ in range(2)] == [expected] * 2


@pytest.mark.parametrize("other", [{"data": [9.0, 9.0]}, {"inputs": [NEW, SIZED]}])
def test_data_that_are_not_those_of_the_only_tensor_are_not_taken_for_them(other: dict[str, Any]) -> None:
    document = of(SIZED) | other
    values = np.array([1.5, 2.5])
    rows = rows_of(document, str(len(orjson.dumps(document))), values.tobytes())
    assert [row["width"] for row in rows] == values.tolist()


def test_a_key_that_is_written_with_an_escape_is_read() -> None:
    text = orjson.dumps(of({**WIDTH, "data": []}, parameters={"data": [1, 2]})).replace(b'"data"', b'"d\\u0061ta"', 1)
    with pytest.raises(ValidationFailed, match="has 0 values; the shape"):
        rows_of(text)


def test_what_is_kept_of_requests_has_no_values() -> None:
    open_inference._read_envelope.cache_clear()
    for value in range(5):
        read_as(orjson.dumps(of({**WIDTH, "data": [value, 1]})))
        read_as(orjson.dumps(of({**WIDTH, "data": [value, 1]}, {**COLOR, "data": ["red", str(value)]})))
        head = orjson.dumps(of(SIZED))
        read_request(head + bytes([value] * 16), str(len(head)))
    assert open_inference._read_envelope.cache_info().currsize == 2
    assert open_inference._read_envelope.cache_info().hits == 8


@pytest.mark.parametrize("target", ["label", "count", "flag", "value"])
def test_a_model_is_described_as_it_answers(store: Engine, target: str) -> None:
    predictor, model_id = Predictor(store), train_model(store, job(target))
    described = open_inference.describe("m", model_id, predictor.get(model_id)[1])
    assert [(each.name, each.datatype) for each in described.inputs] == [
        ("width", "FP64"),
        ("color", "BYTES"),
        ("new", "BOOL"),
    ]
    prediction = predictor.predict_rows(model_id, SENT)
    asked = read_request(orjson.dumps(of(WIDTH, parameters={"binary_data_output": True})), None)
    content, headers = open_inference.write_answer(asked, "m", prediction)
    outputs = orjson.loads(content[: length_of(headers)])["outputs"]
    assert [(each["name"], each["datatype"], [-1, *each["shape"][1:]]) for each in outputs] == [
        (each.name, each.datatype, each.shape) for each in described.outputs
    ]
    types = {"label": "BYTES", "count": "INT64", "flag": "BOOL", "value": "FP64"}
    assert outputs[0]["datatype"] == types[target]
    assert sum(each["parameters"]["binary_data_size"] for each in outputs) == len(content) - (length_of(headers) or 0)
    if target != "value":
        values = np.frombuffer(content[-prod(outputs[1]["shape"]) * 4 :], "<f4").reshape(outputs[1]["shape"])
        assert (values == prediction.probabilities).all()


def test_outputs_come_as_they_are_asked_for(store: Engine) -> None:
    predictor = Predictor(store)
    prediction = predictor.predict_rows(train_model(store, job("label")), SENT)
    header, body = TRITON["binary, two outputs"]
    content, headers = open_inference.write_answer(read_request(body, str(header)), "m", prediction)
    label, probabilities = orjson.loads(content[: length_of(headers)])["outputs"]
    assert label["data"] == prediction.predictions
    assert probabilities == {
        "name": "probabilities",
        "datatype": "FP32",
        "shape": [2, 3],
        "parameters": {"binary_data_size": 24},
    }
    asked = read_request(orjson.dumps(of(WIDTH, outputs=[{"name": "labels"}])), None)
    with pytest.raises(ValidationFailed, match=r"/outputs/0/name: is 'labels'; the outputs .* are label"):
        open_inference.write_answer(asked, "m", prediction)


def test_columns_that_are_ignored_or_missing_are_named(store: Engine) -> None:
    predictor = Predictor(store)
    rows = [{"width": 1, "note": "x"}]
    prediction = predictor.predict_rows(train_model(store, job("value")), rows)
    asked = read_request(orjson.dumps(of(WIDTH)), None)
    answer = orjson.loads(open_inference.write_answer(asked, "m", prediction)[0])
    assert answer["parameters"] == {"ignored_columns": "note", "missing_columns": "color, new"}
