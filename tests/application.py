"""The API's application in this process."""

import hashlib
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask.testing import FlaskClient

from steelyard.settings import Settings
from steelyard.web.app import create_app
from steelyard.web.wiring import KEY
from tests.contract import AppClient

Flask.test_client_class = AppClient


@contextmanager
def running_app(settings: Settings) -> Iterator[Flask]:
    """An application; behind it, nothing of it runs on."""
    app = create_app(settings)
    yield app
    app.extensions[KEY].close()


def download(
    client: FlaskClient, path: str, accept: str = "application/json", *, most_bytes: int = 60_000_000
) -> tuple[int, str, bytes]:
    """The length of an answer, its SHA-256, and its first bytes, received a piece at a time in bounded memory."""
    sha256, length, begun = hashlib.sha256(), 0, b""
    tracemalloc.start()
    try:
        answer = client.get(path, headers={"Accept": accept}, buffered=False)
        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"]
        pieces: Iterator[bytes] = answer.iter_encoded()
        for piece in pieces:
            sha256.update(piece)
            length += len(piece)
            begun = begun or piece[:200]
        answer.close()
        peak = tracemalloc.get_traced_memory()[1]
        assert peak < most_bytes, peak
    finally:
        tracemalloc.stop()
    if answer.content_length is not None:
        assert length == answer.content_length
    return length, sha256.hexdigest(), begun
