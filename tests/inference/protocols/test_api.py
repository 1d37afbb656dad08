"""All protocols give the answers of a predict request, bit for bit, and errors as their clients read them."""

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from steelyard import __version__
from steelyard.http.routing import OPERATION
from steelyard.inference.protocols import tensors
from steelyard.inference.protocols.open_inference import HEADER
from steelyard.web.problems import ERROR_FORMS
from tests.inference.protocols.mixed import FEATURES, MLFLOW, SENT, TRITON, job
from tests.service import SMALLEST
from tests.trained import train_model

Rows = list[dict[str, Any]]
ROW = st.fixed_dictionaries(
    {
        "width": st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-(2**40), 2**40)),
        "color": st.sampled_from(["red", "green", "ärgerlich", "unseen", " red ", "7", "NA", "", None]),
        "new": st.sampled_from([True, False, None]),
    }
)


def infer(client: FlaskClient, model: str, document: dict[str, Any], tail: bytes = b"") -> dict[str, np.ndarray]:
    """The outputs of an answer, read as Triton's client reads them."""
    head = orjson.dumps(document)
    headers = {HEADER: str(len(head))} if tail else {}
    content_type = "application/octet-stream" if tail else "application/json"
    url = f"/v2/models/{model}/infer"
    answer = client.post(url, data=head + tail, headers=headers, content_type=content_type)
    assert answer.status_code == 200, answer.text
    return outputs(answer.data, answer.headers.get(HEADER))


def outputs(content: bytes, header: str | None) -> dict[str, np.ndarray]:
    length = len(content) if header is None else int(header)
    answer, place, found = orjson.loads(content[:length]), length, {}
    for output in answer["outputs"]:
        values, datatype = output.get("data"), output["datatype"]
        if values is None:
            size = output["parameters"]["binary_data_size"]
            values = tensors.read_binary(memoryview(content)[place : place + size], datatype, output["shape"], ())
            place += size
        dtype = object if datatype == "BYTES" else tensors.NUMPY[datatype]
        found[output["name"]] = np.array(values, dtype).reshape(output["shape"])
    assert place == len(content)
    return found


def columns(rows: Rows) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in FEATURES}


def as_tensors(client: FlaskClient, model: str, rows: Rows) -> dict[str, np.ndarray]:
    types = {"width": "FP64", "color": "BYTES", "new": "BOOL"}
    inputs = [
        {"name": name, "shape": [len(rows)], "datatype": types[name], "data": values}
        for name, values in columns(rows).items()
    ]
    return infer(client, model, {"inputs": inputs})


def as_bytes(client: FlaskClient, model: str, rows: Rows) -> dict[str, np.ndarray]:
    found = columns(rows)
    width = np.array(found["width"], np.float64).tobytes()
    color = tensors.write_binary([value or "" for value in found["color"]], "BYTES")
    shape = [len(rows), 1]
    inputs = [
        {"name": "color", "shape": shape, "datatype": "BYTES", "parameters": {"binary_data_size": len(color)}},
        {"name": "new", "shape": shape, "datatype": "BOOL", "data": [[value] for value in found["new"]]},
        {"name": "width", "shape": shape, "datatype": "FP64", "parameters": {"binary_data_size": len(width)}},
    ]
    return infer(client, model, {"inputs": inputs, "parameters": {"binary_data_output": True}}, color + width)


def invoke(client: FlaskClient, model: str, document: Any) -> dict[str, np.ndarray]:
    answer = client.post(f"/v1/models/{model}/invocations", json=document)
    assert answer.status_code == 200, answer.text
    return {"predictions": np.array(answer.json["predictions"])}


def as_csv(client: FlaskClient, model: str, rows: Rows) -> dict[str, np.ndarray]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([FEATURES, *([row[name] for name in FEATURES] for row in rows)])
    answer = client.post(f"/v1/models/{model}/invocations", data=text.getvalue().encode(), content_type="text/csv")
    assert answer.status_code == 200, answer.text
    return {"predictions": np.array(answer.json["predictions"])}


def lists(rows: Rows) -> list[list[Any]]:
    return [[row[name] for name in FEATURES] for row in rows]


DIALECTS: dict[str, Callable[[FlaskClient, str, Rows], dict[str, np.ndarray]]] = {
    "tensors": as_tensors,
    "binary tensors": as_bytes,
    "split": lambda c, m, rows: invoke(c, m, {"dataframe_split": {"columns": FEATURES, "data": lists(rows)}}),
    "records": lambda c, m, rows: invoke(c, m, {"dataframe_records": rows}),
    "instances": lambda c, m, rows: invoke(c, m, {"instances": lists(rows)}),
    "inputs": lambda c, m, rows: invoke(c, m, {"inputs": columns(rows)}),
    "CSV": as_csv,
}


@pytest.mark.parametrize("target", ["label", "value"])
def test_the_same_rows_get_the_same_bits_in_every_dialect(client: FlaskClient, database: Engine, target: str) -> None:
    model = train_model(database, job(target))

    @given(rows=st.lists(ROW, min_size=1, max_size=5))
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def check(rows: Rows) -> None:
        expected = client.post(f"/v1/models/{model}/predict", json={"inputs": rows}).json
        for dialect, ask in DIALECTS.items():
            found = ask(client, model, rows)
            predictions = found.get("predictions", found.get("label", found.get("value")))
            assert predictions is not None
            assert predictions.tolist() == expected["predictions"], dialect
            if "probabilities" in found:
                assert (found["probabilities"] == np.array(expected["probabilities"], np.float32)).all(), dialect

    check()


@pytest.mark.parametrize("datatype", [name for name in tensors.NUMPY if name != "BOOL"])
def test_a_matrix_of_every_type_is_predicted_as_its_numbers(client: FlaskClient, iris: str, datatype: str) -> None:
    x = np.random.default_rng(0).uniform(0, 8, (5, 4)).astype(tensors.NUMPY[datatype])
    expected = client.post(f"/v1/models/{iris}/predict", json={"inputs": x.tolist()}).json
    tensor = {"name": "x", "shape": [5, 4], "datatype": datatype}
    sized = {**tensor, "parameters": {"binary_data_size": x.nbytes}}
    for document, tail in (({**tensor, "data": x.tolist()}, b""), (sized, x.tobytes())):
        found = infer(client, iris, {"inputs": [document]}, tail)
        assert found["label"].tolist() == expected["predictions"]
        assert (found["probabilities"] == np.array(expected["probabilities"], np.float32)).all()


TYPE, LARGE = "/inputs/0/data: has a value of another type", "/rows/0/1: (sepal_width) is too large for float32"
BEYOND, NULL = "must be within ±1e+150", "(sepal_width) is null; it must be a number"


@pytest.mark.parametrize(
    ("missing", "value", "json", "binary"),
    [
        ("mean", True, TYPE, None),
        ("mean", "3", TYPE, None),
        ("mean", 1e60, LARGE, LARGE),
        ("mean", 1e200, BEYOND, BEYOND),
        ("mean", None, "", ""),
        ("error", None, NULL, NULL),
        ("mean", np.inf, None, BEYOND),
    ],
)
def test_a_wrong_value_of_a_matrix_is_named(
    client: FlaskClient, database: Engine, missing: str, value: Any, json: str | None, binary: str | None
) -> None:
    model = train_model(database, {**SMALLEST, "training": {"epochs": 2}, "preprocessing": {"missing": missing}})
    row = [5, value, 1, 0]
    tensor = {"name": "x", "shape": [1, 4], "datatype": "FP64"}
    sized = {**tensor, "parameters": {"binary_data_size": 32}}
    tail = b"" if binary is None else np.array(row, np.float64).tobytes()
    for expected, document, content in ((json, {**tensor, "data": row}, b""), (binary, sized, tail)):
        if expected is None:
            continue
        head = orjson.dumps({"inputs": [document]})
        headers = {HEADER: str(len(head))} if content else {}
        content_type = "application/octet-stream" if content else "application/json"
        path = f"/v2/models/{model}/infer"
        answer = client.post(path, data=head + content, headers=headers, content_type=content_type)
        if expected:
            assert (answer.status_code, expected in answer.json["error"]) == (422, True), answer.text
        else:
            same = client.post(f"/v1/models/{model}/predict", json={"inputs": [row]}).json
            found = outputs(answer.data, answer.headers.get(HEADER))["probabilities"]
            assert (found == np.array(same["probabilities"], np.float32)).all()


@pytest.fixture
def iris(database: Engine) -> str:
    """A model of four numbers."""
    return train_model(database, {**SMALLEST, "training": {"epochs": 2}})


@pytest.fixture
def mixed(database: Engine) -> str:
    """A model of a number, a category and a boolean."""
    return train_model(database, job("label"))


@pytest.fixture
def plain(app: Flask) -> FlaskClient:
    """A client that sends what the document cannot declare: a body without a Content-Type."""
    return FlaskClient(app, app.response_class)


@pytest.mark.parametrize("name", TRITON)
def test_requests_of_triton_s_client_are_answered(plain: FlaskClient, mixed: str, name: str) -> None:
    expected = plain.post(f"/v1/models/{mixed}/predict", json={"inputs": SENT}).json
    header, body = TRITON[name]
    headers = {} if header is None else {HEADER: str(header)}
    answer = plain.post(f"/v2/models/{mixed}/infer", data=body, headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "application/octet-stream")
    found = outputs(answer.data, answer.headers[HEADER])
    assert found["label"].tolist() == expected["predictions"]
    assert (found["probabilities"] == np.array(expected["probabilities"], np.float32)).all()
    assert orjson.loads(answer.data[: int(answer.headers[HEADER])])["id"] == "7"


def test_requests_of_mlflow_s_client_are_answered(plain: FlaskClient, mixed: str) -> None:
    expected = plain.post(f"/v1/models/{mixed}/predict", json={"inputs": SENT}).json
    answer = plain.post(f"/v1/models/{mixed}/invocations", data=MLFLOW, content_type="application/json")
    assert answer.json == {"predictions": expected["predictions"]}
    assert plain.get("/ping").status_code == 200
    assert plain.get("/version").text == __version__


def test_a_model_is_found_by_its_alias_and_its_version(client: FlaskClient, iris: str) -> None:
    client.put(f"/v1/models/{iris}/aliases/best")
    row = {"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32", "data": [5, 3, 1, 0]}]}
    for path in ("/v2/models/best", f"/v2/models/best/versions/{iris}", f"/v2/models/{iris}"):
        metadata = client.get(path).json
        assert metadata["versions"] == [iris]
        assert client.get(f"{path}/ready").json == {"name": metadata["name"], "ready": True}
        answer = client.post(f"{path}/infer", json=row).json
        assert (answer["model_name"], answer["model_version"]) == (metadata["name"], iris)
    assert client.post("/v1/models/best/invocations", json={"inputs": [[5, 3, 1, 0]]}).status_code == 200
    for path in ("/v2/models/none", "/v2/models/none/ready", "/v2/models/best/versions/1"):
        answer = client.get(path)
        assert (answer.status_code, list(answer.json or ())) == (404, ["error"])


def test_the_server_says_whether_it_can_predict(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/v2").json["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/health/live").json == {"live": True}
    assert client.get("/v2/health/ready").json == {"ready": True}
    monkeypatch.setattr("steelyard.inference.protocols.api.is_current", lambda _: False)
    answer = client.get("/v2/health/ready")
    assert (answer.status_code, answer.json) == (503, {"ready": False})


@pytest.mark.parametrize(
    ("data", "content_type", "status", "detail"),
    [
        (b"{", "application/json", 400, "the body is not JSON"),
        (b"[1]", "application/json", 422, "object"),
        (b"{}", "application/json", 422, ""),
        (b"\xff\xfe", "application/json", 400, "the body is not"),
    ],
)
@pytest.mark.parametrize("path", ["/v2/models/{}/infer", "/v1/models/{}/invocations"])
def test_errors_have_the_form_of_the_protocol(
    client: FlaskClient, iris: str, path: str, data: bytes, content_type: str, status: int, detail: str
) -> None:
    answer = client.post(path.format(iris), data=data, content_type=content_type)
    assert (answer.status_code, answer.mimetype) == (status, "application/json"), answer.text
    assert detail in answer.text
    assert answer.json.keys() == ({"error"} if path.startswith("/v2") else {"error_code", "message"})
    assert client.post(path.format("mdl_none"), data=data, content_type=content_type).status_code == 404


def test_wrong_values_are_named_by_row_and_column(client: FlaskClient, mixed: str) -> None:
    rows = [SENT[0], {**SENT[1], "width": "wide"}]
    answer = client.post(f"/v1/models/{mixed}/invocations", json={"dataframe_records": rows}).json
    assert answer["error_code"] == "INVALID_PARAMETER_VALUE"
    assert answer["message"].startswith("/dataframe_records/1/width: (width) is 'wide'; it must be a number")
    tensor = {"name": "width", "shape": [2], "datatype": "BYTES", "data": ["1", "wide"]}
    answer = client.post(f"/v2/models/{mixed}/infer", json={"inputs": [tensor]}).json
    assert answer["error"].startswith("/rows/1/width: (width) is 'wide'; it must be a number")


def test_each_route_of_a_protocol_has_the_form_of_its_path_and_no_other_route_has(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], OPERATION, None)
        forms = [form for form in ERROR_FORMS if form.paths.match(rule.rule)]
        assert forms == ([operation.errors] if operation is not None and operation.errors else []), rule.rule
