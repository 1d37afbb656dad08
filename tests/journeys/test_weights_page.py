"""docs/weights.md shows numbers that the service answers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests import trained

PAGE = (Path(__file__).parents[2] / "docs" / "weights.md").read_text()
PART = re.compile(
    r"^`(?P<method>GET|POST) (?P<path>/v1/\S+)`$|^```json\n(?P<body>.*?)^```|"
    r"^\| `(?P<pointer>/[^`]+)` \| `(?P<value>[^`]+)` \|",
    re.MULTILINE | re.DOTALL,
)
SECTIONS = [section for section in PAGE.split("\n## ") if "| `/" in section]


@pytest.mark.parametrize("section", range(len(SECTIONS)), ids=[each.splitlines()[0] for each in SECTIONS])
def test_the_answers_have_the_numbers_of_the_page(client: FlaskClient, database: Engine, section: int) -> None:
    # What follows the trace of the first section shows more of its answer.
    text = "\n".join(SECTIONS[:2]) if section == 1 else SECTIONS[section]
    method, path, answer, job, compared = "", "", None, "", 0
    for part in PART.finditer(text):
        if part["method"]:
            method, path = part["method"], part["path"]
            if method == "GET":
                answer = client.get(path.replace("{id}", job)).json
        elif part["body"] and path == "/v1/jobs":
            job = trained.train(database, json.loads(part["body"])).id
        elif part["body"]:
            answer = client.post(path, json=json.loads(part["body"])).json
        else:
            agrees(at(answer, part["pointer"]), part["value"], part["pointer"])
            compared += 1
    assert compared


def at(answer: Any, pointer: str) -> Any:
    for key in pointer.strip("/").split("/"):
        answer = answer[int(key) if key.lstrip("-").isdigit() else key]
    return answer


def agrees(found: Any, written: str, pointer: str) -> None:
    if written[:2] in ("< ", "> "):
        bound = float(written[2:])
        assert found < bound if written[0] == "<" else found > bound, (pointer, found)
        return
    expected = json.loads(written)
    if isinstance(expected, float):
        assert found == pytest.approx(expected, rel=0.05), pointer
    elif isinstance(expected, list):
        assert [value for row in found for value in row] == pytest.approx([value for row in expected for value in row])
    else:
        assert found == expected, pointer
