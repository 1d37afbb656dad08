"""The clients of the tests: what the document does not declare fails the test that sends or gets it."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.contract import Client, Contract, ContractBroken, Exchange, contract

JOB = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}, "additionalProperties": False}
ROWS = {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/Job"}}, {"type": "null"}]}
DOCUMENT = {
    "paths": {
        "/jobs/{job_id}": {
            "post": {
                "parameters": [
                    {"name": "job_id", "in": "path", "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                    {"name": "labels", "in": "query", "schema": {"type": "object"}, "style": "deepObject"},
                ],
                "requestBody": {"content": {"application/json": {"schema": ROWS}, "text/csv": {}}},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
                    "204": {},
                    "422": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                },
            }
        }
    },
    "components": {"schemas": {"Job": JOB}},
}
JSON, PROBLEM = "application/json", "application/problem+json"
RIGHT = Exchange("POST", "/jobs/1", "limit=2&labels[a]=b", JSON, b'[{"id": "a"}]', 200, JSON, b'{"id": "a"}')


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"answer_type": "application/json; charset=utf-8"},
        {"sent": b"null"},
        {"sent_type": "text/csv", "sent": b"a,b"},
        {"status": 204, "answer_type": "", "answer": b""},
        {"status": 304, "answer_type": "", "answer": b""},
        {"sent": None, "answer": None},
        {"status": 422, "answer_type": PROBLEM, "answer": b"{}", "sent": b"3", "query": "x=1"},
        {"path": "/console"},
        {"method": "GET"},
    ],
)
def test_what_is_declared_passes(right: dict[str, Any]) -> None:
    Contract(DOCUMENT).check(replace(RIGHT, **right))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"answer": b'{"id": 1}'}, "answer at /id: 1 is not of type"),
        ({"answer": b'{"id": "a", "x": 1}'}, "answer at the top: .*'x' was unexpected"),
        ({"status": 201}, "answer has a status that is not declared; there are 200, 204, 422"),
        ({"answer_type": "text/plain"}, "answer is text/plain, which is not declared"),
        ({"status": 204, "answer_type": "", "answer": b"x"}, "answer has a body, and none is declared"),
        ({"status": 422, "answer_type": PROBLEM, "answer": b"[]"}, "answer at the top: "),
        ({"sent": b'[{"id": "a"}, {"id": null}]'}, "accepted request at /1/id: null is not of type"),
        ({"sent": b"3"}, "accepted request at the top: 3 is not valid"),
        ({"sent_type": "text/html"}, "accepted request is text/html, which is not declared"),
        ({"query": "limit=0"}, r"accepted request at \?limit: 0 is less than"),
        ({"query": "limit=x"}, r'accepted request at \?limit: "x" is not of type'),
        ({"query": "most=1"}, "accepted request has a query parameter 'most'"),
    ],
)
def test_what_is_not_declared_is_named_with_its_operation(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(ContractBroken, match=reason) as caught:
        Contract(DOCUMENT).check(replace(RIGHT, **wrong))
    assert str(caught.value).startswith("POST /jobs/{job_id} (/jobs/1), answered with ")


def test_a_client_of_a_service_looks_at_what_is_exchanged() -> None:
    answers = httpx.MockTransport(lambda _: httpx.Response(200, json={"status": "odd"}))
    with Client(transport=answers, base_url="http://service") as client:
        with pytest.raises(ContractBroken, match="GET /healthz"):
            client.get("/healthz")
        with client.stream("GET", "/healthz") as answer:  # its body is not at hand
            assert answer.status_code == 200
        client.get("/v1/other")


def test_the_contract_is_that_of_the_service() -> None:
    health = Exchange("GET", "/healthz", "", "", b"", 200, JSON, b'{"status": "ok", "version": "1"}')
    contract().check(health)
    with pytest.raises(ContractBroken):
        contract().check(replace(health, answer=b'{"status": "ok"}'))
