"""A bare Flask application: what the routes of every room need must not know the rooms."""

import pytest
from flask import Flask

from steelyard.http.uploads import Uploads


@pytest.fixture
def bare() -> Flask:
    """An application without any route, whose errors reach the test."""
    app = Flask(__name__)
    app.request_class = Uploads
    app.testing = True
    return app
