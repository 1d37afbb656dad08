"""Assets are compressed once and are not sent twice."""

import gzip

import pytest
from flask.testing import FlaskClient

from steelyard.web.assets import A_DAY_SECONDS, PLACES


def test_assets_are_compressed_for_clients_that_accept_it(client: FlaskClient) -> None:
    plain = client.get("/assets/swagger-ui.css")
    packed = client.get("/assets/swagger-ui.css", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/assets/swagger-ui.css", headers=again).status_code == 304


def test_assets_of_others_are_served_from_their_packages(client: FlaskClient) -> None:
    for name in PLACES:
        with client.get(f"/assets/{name}") as answer:
            assert answer.status_code == 200
            assert len(answer.data) > 100_000
            assert answer.headers["Cache-Control"] == f"public, max-age={A_DAY_SECONDS}"


@pytest.mark.parametrize("name", ["other.js", "..%2F__init__.py", "index.html"])
def test_nothing_else_in_these_packages_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/assets/{name}").status_code == 404
