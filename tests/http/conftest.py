"""The application on an empty database and a real broker, spoken to in this process."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from steelyard.settings import Settings
from tests.application import running_app


class Client(FlaskClient):
    """A client that takes an answer to its end before it goes on, as those that speak to a server do."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True} | options)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application."""
    with running_app(settings) as app:
        app.test_client_class = Client
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of it."""
    return app.test_client()
