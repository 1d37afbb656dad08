"""Where requests come in: what each answer bears and leaves behind, how bodies are taken, predictions made at once."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from steelyard.http.routing import OPERATION, Operation
from steelyard.inference.protocols.api import INFER_RULE, INVOCATIONS, prepare_infer, prepare_invoke
from steelyard.inference.protocols.open_inference import HEADER
from steelyard.settings import Settings
from steelyard.training.schema import JobSpec
from steelyard.web import events
from steelyard.web.front import LARGE_AT_ONCE, LARGE_BYTES, MOST_BYTES_AT_ONCE
from tests.service import SMALLEST, Service
from tests.web.conftest import Caller, calling, in_pieces

ROWS = [[5.1, 3.5, 1.4, 0.2], [6.3, 2.9, 5.6, 1.8]]
NAMES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
RECORD = dict(zip(NAMES, ROWS[0], strict=True))
JSON = {"Content-Type": "application/json"}
BODY = json.dumps({"inputs": ROWS}).encode()


@pytest.fixture(scope="module")
def trained(service: Service) -> str:
    """The id of a model."""
    job = service.wait(service.post(SMALLEST)["id"])
    model: str = job["model"]
    return model


@pytest.fixture
def there(service: Service) -> Iterator[Caller]:
    """A front on the database of the service."""
    with calling(Settings(data_dir=service.data_dir, max_body_bytes=1_000_000)) as caller:
        yield caller


def test_request_ids_are_taken_over_or_made(caller: Caller) -> None:
    assert caller.ask("GET", "/healthz", headers={"X-Request-ID": "mine-1"}).headers["X-Request-ID"] == "mine-1"
    for bad in ("", "a b", "x" * 200):
        made = caller.ask("GET", "/healthz", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
        assert re.fullmatch("req_[0-9a-f]{24}", made)


def test_a_request_leaves_one_line_in_the_log(caller: Caller) -> None:
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        caller.ask("GET", "/v1/jobs", headers={"X-Request-ID": "abc"})
        caller.ask("GET", "/healthz")
        caller.ask("GET", "/assets/swagger-ui.css", headers={"X-Request-ID": "def"})
    assert [(line["event"], line["path"], line["request_id"]) for line in lines] == [
        ("request", "/v1/jobs", "abc"),
        ("request", "/assets/swagger-ui.css", "def"),
    ]


def test_the_request_id_is_bound_to_what_the_application_logs(caller: Caller) -> None:
    broken = caller.front.app

    @broken.get("/broken")
    def fail() -> str:
        raise RuntimeError("broken")

    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        answer = caller.ask("GET", "/broken", headers={"X-Request-ID": "abc"})
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "abc" in answer.json()["detail"]
    assert [line["request_id"] for line in lines] == ["abc", "abc"]


def test_methods_that_clients_make_up_share_one_label(caller: Caller) -> None:
    for method in ("BREW", "FROBNICATE", "GET"):
        caller.ask(method, "/v1/jobs")
    labels = re.findall(r'steelyard_http_requests_total{method="(\w+)"', caller.ask("GET", "/metrics").text)
    assert sorted(labels) == ["GET", "other"]


def test_headers_that_pass_for_others_in_the_environment_are_dropped(caller: Caller) -> None:
    answer = caller.ask("GET", "/v1/jobs/none", headers={"SCRIPT_NAME": "/x", "Script-Name": "/y", "X_Request_ID": "z"})
    assert (answer.status_code, answer.json()["instance"]) == (404, "/v1/jobs/none")
    assert answer.headers["X-Request-ID"] != "z"


def test_a_page_has_its_policy_and_an_answer_its_type(caller: Caller) -> None:
    page = caller.ask("GET", "/")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_a_large_answer_comes_in_pieces_with_its_length(caller: Caller) -> None:
    answer = caller.ask("GET", "/assets/plotly.min.js", headers={"Accept-Encoding": "identity"})
    assert len(answer.content) == int(answer.headers["Content-Length"]) > 1_000_000
    head = caller.ask("HEAD", "/assets/plotly.min.js")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("length_known", [True, False])
def test_a_body_over_the_limit_is_refused_with_the_limit(settings: Settings, length_known: bool) -> None:
    body = b"[" + b" " * 1000 + b"]"
    with calling(settings.model_copy(update={"max_body_bytes": 1000, "max_dataset_bytes": 500})) as caller:
        for path, media_type, limit in (
            ("/v1/jobs", "application/json", 1000),
            ("/v1/models/m/predict", "application/json", 1000),
            ("/v1/models/m/predict", "text/csv", 1000),
            ("/v1/datasets", "text/csv", 500),
            ("/v1/datasets", "application/json", 500),
        ):
            content = body if length_known else in_pieces(body[:400], body[400:])
            answer = caller.ask("POST", path, content=content, headers={"Content-Type": media_type})
            assert (answer.status_code, answer.json()["type"]) == (413, "/problems/payload-too-large")
            assert str(limit) in answer.json()["detail"]


def test_a_chunked_body_is_read_as_any_other(caller: Caller) -> None:
    content = json.dumps(SMALLEST).encode()
    job = caller.ask("POST", "/v1/jobs", content=in_pieces(content[:20], content[20:]), headers=JSON)
    assert job.status_code == 202
    csv = in_pieces(b"a,b\n", b"1,x\n2,y\n", b"3,z\n")
    kept = caller.ask("POST", "/v1/datasets", content=csv, headers={"Content-Type": "text/csv"})
    assert (kept.status_code, kept.json()["rows"], kept.json()["bytes"]) == (201, 3, 16)


def test_bodies_that_would_fill_the_memory_are_put_off(settings: Settings) -> None:
    with calling(settings.model_copy(update={"max_body_bytes": 2000})) as caller:
        go_on = threading.Event()

        async def slow() -> Any:
            yield b" " * 1900
            await asyncio.to_thread(go_on.wait, 10)
            yield b"{}"

        async def ask_together() -> list[int]:
            slow_ones = [
                asyncio.create_task(caller.ask_in_loop("POST", "/v1/jobs", content=slow(), headers=JSON))
                for _ in range(2)
            ]
            await asyncio.sleep(0.2)
            refused = await caller.ask_in_loop("POST", "/v1/jobs", content=b" " * 1500, headers=JSON)
            assert refused.headers["Retry-After"]
            go_on.set()
            others = await asyncio.gather(*slow_ones)
            after = await caller.ask_in_loop("POST", "/v1/jobs", content=b" " * 1500, headers=JSON)
            return [refused.status_code, *(each.status_code for each in others), after.status_code]

        assert asyncio.run(ask_together()) == [503, 422, 422, 400]


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], [RECORD], [RECORD] * 50], ids=["lists", "list", "record", "records"])
def test_a_prediction_made_at_once_is_the_application_s(there: Caller, trained: str, rows: list[Any]) -> None:
    path, body = f"/v1/models/{trained}/predict", json.dumps({"inputs": rows})
    slow = there.front.app.test_client().post(path, data=body, headers=JSON)
    answer = there.ask("POST", path, content=body, headers=JSON)
    assert there.front.services.predictor.prepare(trained, body.encode()) is not None
    assert (answer.status_code, answer.content) == (200, slow.data)
    assert len(answer.json()["predictions"]) == len(rows)
    counted = there.ask("GET", "/metrics").text
    assert 'steelyard_http_requests_total{method="POST",route="/v1/models/<model_id>/predict",status="200"}' in counted


TENSOR: dict[str, Any] = {"name": "x", "shape": [2, 4], "datatype": "FP32"}
SIZED = json.dumps({"inputs": [TENSOR | {"parameters": {"binary_data_size": 32}}]}).encode()
PROTOCOLS: dict[str, tuple[str, Any, bytes, dict[str, str]]] = {
    "tensors": (INFER_RULE, prepare_infer, json.dumps({"inputs": [TENSOR | {"data": [ROWS[0]] * 2}]}).encode(), JSON),
    "binary": (INFER_RULE, prepare_infer, SIZED + b"\0" * 32, {HEADER: str(len(SIZED))}),
    "instances": (INVOCATIONS, prepare_invoke, json.dumps({"instances": ROWS}).encode(), JSON),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_predictions_in_other_protocols_are_made_at_once_too(
    there: Caller, trained: str, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steelyard.models.references.LOOK_AGAIN_SECONDS", 60)
    rule, prepare, body, headers = PROTOCOLS[protocol]
    path = re.sub("<.*?>", trained, rule)
    slow = FlaskClient(there.front.app, there.front.app.response_class).post(path, data=body, headers=headers)
    ready = prepare(there.front.services.predictor, trained, body, {name.lower(): headers[name] for name in headers})
    assert ready is not None
    prepared, write = ready
    sent = write(prepared.predict())
    assert (slow.status_code, slow.data) == (200, sent[0])
    headers = {"Content-Type": "application/octet-stream"} | headers
    answer = there.ask("POST", path, content=body, headers=headers)
    assert (answer.status_code, answer.content) == (200, sent[0])
    assert answer.headers["Content-Type"] == slow.headers["Content-Type"]
    assert answer.headers.get(HEADER) == slow.headers.get(HEADER)
    assert f'route="{rule}",status="200"' in there.ask("GET", "/metrics").text


@pytest.mark.parametrize("rule", [INFER_RULE, INVOCATIONS])
def test_what_the_front_refuses_has_the_form_of_the_protocol(there: Caller, trained: str, rule: str) -> None:
    path, headers = re.sub("<.*?>", trained, rule), JSON | {"Origin": "http://evil.example"}
    answer = there.ask("POST", path, content=b"{}", headers=headers)
    assert answer.status_code == 403
    assert answer.json().keys() == ({"error"} if rule == INFER_RULE else {"error_code", "message"})


def test_many_rows_are_not_predicted_in_the_event_loop(
    there: Caller, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steelyard.models.references.LOOK_AGAIN_SECONDS", 60)
    predictor = there.front.services.predictor
    predictor.get(trained)
    assert predictor.prepare_rows(trained, [[1, 2, 3, 4]] * 1000) is not None
    assert predictor.prepare_rows(trained, [[1, 2, 3, 4]] * 1001) is None


@pytest.mark.parametrize(
    ("status", "given"),
    [
        (400, {"body": b'{"inputs": [[1, 2, 3, 4]'}),
        (400, {"body": b""}),
        (400, {"body": b'{"inputs": [[NaN, 2, 3, 4]]}'}),
        (422, {"body": b'{"inputs": [[1, 2, 3]]}'}),
        (422, {"body": b"[]"}),
        (404, {"model": "mdl_none"}),
        (404, {"model": "%61"}),
        (422, {"more": "?a=b"}),
        (415, {"type": "text/html"}),
        (200, {"type": "application/json; charset=utf-8"}),
        (200, {"type": "text/csv", "body": ",".join(NAMES).encode() + b"\n1,2,3,4\n"}),
        (405, {"method": "GET"}),
        (200, {"body": json.dumps({"inputs": ROWS * 3000}).encode()}),
    ],
)
def test_all_else_is_answered_by_the_application(
    there: Caller, trained: str, status: int, given: dict[str, Any]
) -> None:
    path = f"/v1/models/{given.get('model', trained)}/predict{given.get('more', '')}"
    body, headers = given.get("body", BODY), {"Content-Type": given.get("type", "application/json")}
    for _ in range(2):  # the second time, the model is loaded
        answer = there.ask(given.get("method", "POST"), path, content=body, headers=headers)
        assert answer.status_code == status, answer.text


def test_what_takes_long_is_not_made_in_the_event_loop(there: Caller, trained: str) -> None:
    predictor = there.front.services.predictor
    assert predictor.prepare(trained, BODY) is None  # it would have to be loaded
    predictor.get(trained)
    assert predictor.prepare(trained, BODY) is not None
    assert predictor.prepare(trained, BODY + b" " * (8 * 10_000_000 // 243)) is None
    assert MOST_BYTES_AT_ONCE < 1 << 20


def test_large_bodies_leave_threads_to_others(caller: Caller) -> None:
    go_on = threading.Event()
    threads: list[str] = []

    def slow(name: str) -> str:
        threads.append(threading.current_thread().name)
        go_on.wait(20)
        return name

    app = caller.front.app
    operation = Operation("Slow", {200: None}, body=JobSpec)
    setattr(slow, OPERATION, operation)
    app.add_url_rule("/slow/<name>", "slow", slow, methods=["POST"])

    async def ask_together() -> list[int]:
        body = b" " * (LARGE_BYTES + 1)
        large = [asyncio.create_task(caller.ask_in_loop("POST", f"/slow/{n}", content=body)) for n in range(20)]
        while len(threads) < LARGE_AT_ONCE:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        other = await asyncio.wait_for(caller.ask_in_loop("GET", "/healthz"), 10)
        assert len(threads) == LARGE_AT_ONCE
        go_on.set()
        return [other.status_code, *(each.status_code for each in await asyncio.gather(*large))]

    assert asyncio.run(ask_together()) == [200] * 21


def test_streams_have_a_limit(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_STREAMS", 0)
    job = caller.ask("POST", "/v1/jobs", json=SMALLEST).json()["id"]
    answer = caller.ask("GET", f"/v1/jobs/{job}/events", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer.headers["Retry-After"]
