"""The API's application in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

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
