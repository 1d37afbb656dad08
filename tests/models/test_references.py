"""What an alias stands for: asked of the database, and for half a second remembered."""

import pytest
from flask import Flask
from sqlalchemy import Engine

from steelyard.models import library, references
from steelyard.models.references import References
from steelyard.web.wiring import KEY
from tests.models.models import add_model


def test_what_was_seen_is_remembered_until_it_is_forgotten_or_old(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "LOOK_AGAIN_SECONDS", 60.0)
    first, second = add_model(engine), add_model(engine)
    library.set_alias(engine, first, "live")
    found = References(engine)
    assert found.recall("live") is None
    assert found.find("live") == found.recall("live") == first
    library.set_alias(engine, second, "live")
    assert found.find("live") == first
    monkeypatch.setattr(references, "LOOK_AGAIN_SECONDS", 0.0)
    assert found.recall("live") is None
    assert found.find("live") == second
    monkeypatch.setattr(references, "LOOK_AGAIN_SECONDS", 60.0)
    found.forget()
    assert found.recall("live") is None


def test_one_caller_looks_again_before_it_is_too_late_for_all(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "LOOK_AGAIN_SECONDS", 60.0)
    monkeypatch.setattr(references, "EARLY", 0.0)
    first, second = add_model(engine), add_model(engine)
    library.set_alias(engine, first, "live")
    found = References(engine)
    assert found.find("live") == first
    library.set_alias(engine, second, "live")
    assert [found.recall("live") for _ in range(3)] == [None, first, first]
    assert found.find("live") == second
    assert [found.recall("live") for _ in range(3)] == [None, second, second]
    library.delete_model(engine, second, force=True)
    assert found.find("live") is None
    assert [found.recall("live") for _ in range(2)] == [None, None]


def test_what_there_is_not_is_not_remembered(engine: Engine) -> None:
    found = References(engine)
    assert found.find("live") is None
    model_id = add_model(engine)
    library.set_alias(engine, model_id, "live")
    assert found.find("live") == model_id


def test_what_is_remembered_is_bounded(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "MOST_SEEN", 2)
    found = References(engine)
    for _ in range(9):
        found.find(add_model(engine))
    assert len(found._seen) <= 3


def test_names_that_there_are_not_are_not_kept(app: Flask) -> None:
    references = app.extensions[KEY].references
    for number in range(100):
        assert app.test_client().post(f"/v1/models/none-{number}/predict", json={}).status_code == 404
    assert not references._seen
