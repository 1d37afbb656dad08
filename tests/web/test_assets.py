"""Assets are compressed once and are not sent twice."""

import gzip

from flask.testing import FlaskClient


def test_assets_are_compressed_for_who_takes_them_so(client: FlaskClient) -> None:
    plain = client.get("/assets/swagger-ui.css")
    packed = client.get("/assets/swagger-ui.css", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/assets/swagger-ui.css", headers=again).status_code == 304
