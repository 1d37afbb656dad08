"""Whether the service is ready, and its figures."""

from flask.testing import FlaskClient

from steelyard.settings import Settings
from steelyard.web.wiring import KEY
from tests.service import SMALLEST


def test_a_job_is_taken_while_the_broker_is_away(settings: Settings) -> None:
    from steelyard.web.app import create_app

    app = create_app(settings.model_copy(update={"broker_url": "redis+socket:///nowhere/at.all"}))
    assert app.test_client().post("/v1/jobs", json=SMALLEST).status_code == 202
    metrics = app.test_client().get("/metrics").text
    assert "steelyard_rings_lost_total 1.0" in metrics
    app.extensions[KEY].engine.dispose()


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
