"""The application on an empty database and a real broker, spoken to in this process."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from steelyard.http.app import create_app
from steelyard.http.wiring import KEY
from steelyard.settings import Settings


class Client(FlaskClient):
    """A client that takes an answer to its end before it goes on, as those that speak to a server do."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True} | options)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application."""
    app = create_app(settings)
    app.test_client_class = Client
    yield app
    app.extensions[KEY].accounts.settle()
    app.extensions[KEY].readers.stop()
    app.extensions[KEY].doorbell.close()
    app.extensions[KEY].engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of it."""
    return app.test_client()
