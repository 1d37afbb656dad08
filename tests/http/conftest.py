"""The application on an empty database and a real broker, spoken to in this process."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from steelyard.http.app import create_app
from steelyard.http.wiring import KEY
from steelyard.settings import Settings


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application."""
    app = create_app(settings)
    yield app
    app.extensions[KEY].readers.stop()
    app.extensions[KEY].doorbell.close()
    app.extensions[KEY].engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of it."""
    return app.test_client()
