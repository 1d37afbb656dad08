"""The shared objects of an application."""

from typing import get_type_hints

import psutil
from flask import Flask
from sqlalchemy import Engine, text

from steelyard.settings import Settings
from steelyard.web.app import create_app
from steelyard.web.wiring import KEY, Services, services
from tests.conftest import wait_for
from tests.service import command_of


def reading_processes() -> set[psutil.Process]:
    return {child for child in psutil.Process().children() if "steelyard.datasets.reader_process" in command_of(child)}


def test_every_object_is_found_by_its_class(app: Flask) -> None:
    shared = app.extensions[KEY]
    found = shared.by_class()
    assert len(found) == len(get_type_hints(Services))  # no two are of one class
    assert found[Settings] is shared.settings
    assert found[Engine] is shared.engine


def test_the_objects_are_those_of_the_application_that_serves_the_request(app: Flask) -> None:
    with app.app_context():
        assert services() is app.extensions[KEY]


def test_closing_ends_reading_processes_and_gives_connections_back(settings: Settings) -> None:
    before = reading_processes()
    app = create_app(settings)
    shared = app.extensions[KEY]
    client = app.test_client()
    assert client.post("/v1/datasets", data=b"a,b\n1,2\n", content_type="text/csv").status_code == 201
    with shared.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    [reader] = reading_processes() - before
    shared.close()
    wait_for(lambda: reader not in reading_processes())
    assert shared.engine.pool.checkedin() == 0
