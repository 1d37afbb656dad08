"""Pages load nothing from other sites."""

from flask.testing import FlaskClient


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
