"""The OpenAPI document: valid, complete, and true of what the service does."""

import json
import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import validate

from steelyard.training.components import REGISTRIES
from steelyard.training.examples import EXAMPLES
from steelyard.web.openapi import document, operations
from tests.contract import ContractBroken


def test_the_document_is_openapi_3_1(app: Flask) -> None:
    described = document(app)
    assert described["openapi"] == "3.1.0"
    validate(described)


def test_every_route_of_the_api_is_in_the_document(app: Flask) -> None:
    declared = {(rule.rule, method) for rule, method, _, _ in operations(app)}
    pages = ("/docs", "/", "/console/", "/static/", "/assets/", "/problems/")
    for rule in app.url_map.iter_rules():
        if not (rule.rule == "/" or rule.rule.startswith(tuple(page for page in pages if page != "/"))):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                assert (rule.rule, method) in declared, rule.rule


def validator(app: Flask, schema: str) -> Draft202012Validator:
    described = document(app)
    return Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": described["components"]})


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid_and_accepted(app: Flask, client: FlaskClient, name: str) -> None:
    validator(app, "JobRequest").validate(EXAMPLES[name])
    answer = client.post("/v1/jobs", json=EXAMPLES[name])
    assert answer.status_code == 202, answer.text
    validator(app, "Job").validate(answer.json)


@pytest.mark.parametrize(
    "wrong",
    [
        {"layers": ["x"]},
        {"optimizer": "adm"},
        {"what": 1},
        {"training": {"epochs": 0}},
        {"activation": 3},
        {"data": {"inline": {"x": [["a"], [1]], "y": [0, 1]}}},
        {"data": {"inline": {"x": [[0], [1]], "y": [[0, None], [1, 1]]}}},
        {"data": {"inline": {"rows": [[0], [1]]}}},
        {"data": {"inline": {"rows": [{"a": [0], "y": 0}, {"a": [1], "y": 1}]}}},
    ],
)
def test_the_schema_refuses_what_the_service_refuses(app: Flask, client: FlaskClient, wrong: dict[str, Any]) -> None:
    job = EXAMPLES["smallest"] | wrong
    assert client.post("/v1/jobs", json=job).status_code == 422
    assert not validator(app, "JobRequest").is_valid(job)


def test_every_part_is_in_the_schema(app: Flask) -> None:
    text = str(document(app)["components"]["schemas"])
    for family, registry in REGISTRIES.items():
        for name in registry.names if family != "metrics" else ():
            assert f"'{name}'" in text, name


def test_generated_requests_get_documented_answers(app: Flask) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    described = document(app)["paths"]
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def check(case: schemathesis.Case) -> None:
            answer = case.call()
            assert answer.status_code != 500, answer.text
            if answer.status_code != 404:  # a generated path may hit no route at all
                assert str(answer.status_code) in described[case.path][case.method.lower()]["responses"], answer.text

        check()


@pytest.mark.parametrize("ask", ["client", "caller"])
def test_clients_of_the_application_hold_it_to_the_document(ask: str, request: pytest.FixtureRequest) -> None:
    used = request.getfixturevalue(ask)
    app, get = (used.front.app, used.ask) if ask == "caller" else (used.application, used.open)
    app.view_functions["health.get_health"] = lambda: {"status": "odd"}
    with pytest.raises(ContractBroken, match="GET /healthz"):
        get("GET", "/healthz") if ask == "caller" else get("/healthz")


def test_every_schema_that_is_named_is_there_and_every_one_that_is_there_is_named(app: Flask) -> None:
    described = document(app)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))
    assert named == described["components"]["schemas"].keys()
    assert "x-schema" not in json.dumps(described)


def test_what_a_job_says_of_its_parts_has_every_field(app: Flask) -> None:
    schemas = document(app)["components"]["schemas"]
    assert schemas["Job"]["properties"]["spec"] == {"$ref": "#/components/schemas/JobSpec"}
    assert {*schemas["AdamSpec"]["required"]} == schemas["AdamSpec"]["properties"].keys()
    assert schemas["Adam"]["required"] == ["name"]
    assert not any(each.get("type") == "string" for each in schemas["JobSpec"]["properties"]["optimizer"]["anyOf"])
