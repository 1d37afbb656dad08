"""docs/revisions.md shows edits that can be made."""

import json
import re
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine

from steelyard.revisions.edits import Editing
from steelyard.revisions.request import OPS, read_edits
from tests import trained
from tests.revisions.models import iris

PAGE = (Path(__file__).parents[2] / "docs" / "revisions.md").read_text()
SHOWN = [json.loads(edit) for edit in re.findall(r"^\| `(\{[^`]+\})` \|", PAGE, re.MULTILINE)]


@pytest.fixture(scope="module")
def model(store: Engine) -> str:
    return trained.train_model(store, iris(layers=[4], training={"epochs": 1}))


def test_every_edit_is_shown() -> None:
    assert [edit["op"] for edit in SHOWN] == [*OPS]


@pytest.mark.parametrize("edit", SHOWN, ids=lambda edit: edit["op"])
def test_an_edit_of_the_page_changes_a_model(editing: Editing, model: str, edit: dict[str, object]) -> None:
    assert orjson.loads(editing.edit(model, read_edits({"edits": [edit]})))["changed"]
