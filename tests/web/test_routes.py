"""The edge: what routes take and give, apart from training."""

import gzip
import json

from flask import Flask
from flask.testing import FlaskClient

from steelyard.settings import Settings
from steelyard.training.large_inline import LARGE_BYTES
from steelyard.web.wiring import KEY
from tests.service import SMALLEST


def test_a_job_is_accepted_with_its_address(client: FlaskClient) -> None:
    answer = client.post("/v1/jobs", json={**SMALLEST, "name": "first", "metadata": {"team": "a"}})
    assert answer.status_code == 202
    job = answer.json
    assert answer.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert answer.headers["Retry-After"]
    assert (job["object"], job["status"], job["parameters"]) == ("job", "queued", 243)
    assert client.get(answer.headers["Location"]).json["name"] == "first"
    assert [each["id"] for each in client.get("/v1/jobs?metadata[team]=a&name=first").json["data"]] == [job["id"]]
    answer = client.get("/v1/jobs?metadata[team][of]=a")
    assert (answer.status_code, answer.json["errors"][0]["detail"]) == (
        422,
        "is not a filter; write `metadata[key]=value`, with a key without brackets",
    )


def test_units_alone_are_a_dense_layer(client: FlaskClient) -> None:
    answer = client.post("/v1/jobs", json={**SMALLEST, "layers": [{"units": 16}, {"units": 8}]})
    assert (answer.status_code, answer.json["parameters"]) == (202, 243)


def test_a_dry_run_stores_nothing(client: FlaskClient) -> None:
    answer = client.post("/v1/jobs?dry_run=true", json=SMALLEST)
    assert answer.status_code == 200
    assert answer.json["estimate"]["memory_bytes"] > 0
    assert answer.json["spec"]["loss"]["name"] == "categorical_crossentropy"
    assert client.get("/v1/jobs").json["data"] == []


def test_a_job_is_taken_while_the_broker_is_away(settings: Settings) -> None:
    from steelyard.web.app import create_app

    app = create_app(settings.model_copy(update={"broker_url": "redis+socket:///nowhere/at.all"}))
    assert app.test_client().post("/v1/jobs", json=SMALLEST).status_code == 202
    metrics = app.test_client().get("/metrics").text
    assert "steelyard_rings_lost_total 1.0" in metrics
    app.extensions[KEY].engine.dispose()


def test_what_the_client_has_is_not_sent_again(client: FlaskClient) -> None:
    path = client.post("/v1/jobs", json=SMALLEST).headers["Location"]
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    client.post(f"{path}/cancel")
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.json["status"]) == (200, "cancelled")


def test_pages_follow_each_other(client: FlaskClient) -> None:
    ids = sorted((client.post("/v1/jobs", json=SMALLEST).json["id"] for _ in range(3)), reverse=True)
    first = client.get("/v1/jobs?limit=2").json
    assert first["object"] == "list"
    assert [job["id"] for job in first["data"]] == ids[:2]
    second = client.get(f"/v1/jobs?limit=2&after={first['next']}").json
    assert ([job["id"] for job in second["data"]], second["has_more"], second["next"]) == (ids[2:], False, None)


def test_readiness_names_each_part(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert {name: part["ok"] for name, part in answer.json["parts"].items()} == {
        "database": True,
        "broker": True,
        "worker": False,
    }


def test_figures_are_there_for_prometheus(client: FlaskClient) -> None:
    client.post("/v1/jobs", json=SMALLEST).close()
    text = client.get("/metrics").text
    assert 'steelyard_jobs{status="queued"} 1.0' in text


def test_the_catalog_has_every_family(client: FlaskClient) -> None:
    catalog = client.get("/v1/catalog").json
    adam = next(part for part in catalog["optimizers"] if part["name"] == "adam")
    assert adam["formula"]
    assert adam["parameters"][0] == {
        "name": "learning_rate",
        "type": "number",
        "default": 0.001,
        "required": False,
        "range": ["greater than 0"],
    }
    assert {"layers", "initializers", "activations", "losses", "regularizers", "metrics", "data"} <= catalog.keys()


def test_pages_load_nothing_from_elsewhere(client: FlaskClient) -> None:
    for path in ("/", "/docs", "/console/jobs/job_x", "/problems/conflict"):
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert "http://" not in page.text.replace("http://www.w3.org", "")
        assert "https://" not in page.text
    for asset in ("plotly.min.js", "swagger-ui.css", "swagger-ui-bundle.js"):
        with client.get(f"/assets/{asset}") as answer:
            assert len(answer.data) > 100_000


def test_assets_are_compressed_for_who_takes_them_so(client: FlaskClient) -> None:
    plain = client.get("/assets/swagger-ui.css")
    packed = client.get("/assets/swagger-ui.css", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/assets/swagger-ui.css", headers=again).status_code == 304


def test_names_that_there_are_not_are_not_kept(app: Flask) -> None:
    references = app.extensions[KEY].references
    for number in range(100):
        assert app.test_client().post(f"/v1/models/none-{number}/predict", json={}).status_code == 404
    assert not references._seen


def test_a_job_of_megabytes_is_taken(client: FlaskClient) -> None:
    rows = [[row / 7, row % 5, 0.1] for row in range(120_000)]
    inline = {"x": rows, "y": [row % 3 for row in range(120_000)]}
    keyed = {"Idempotency-Key": "large-1"}
    job = SMALLEST | {"data": {"inline": inline}}
    assert len(json.dumps(job)) > LARGE_BYTES
    first, again = (client.post("/v1/jobs", json=job, headers=keyed) for _ in range(2))
    assert (first.status_code, first.json["data"]["rows"]) == (202, 120_000)
    assert again.data == first.data
    wrong = client.post("/v1/jobs", json=job | {"data": {"inline": inline | {"y": [1]}}})
    assert wrong.json["errors"][0]["pointer"] == "/data/inline/y"
