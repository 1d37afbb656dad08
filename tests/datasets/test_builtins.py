"""The built-in data sets, as clients see data sets."""

import pytest
from flask.testing import FlaskClient

from steelyard.tabular.builtin import BUILTINS


@pytest.mark.parametrize("name", BUILTINS)
def test_every_one_is_described_with_its_rows(client: FlaskClient, name: str) -> None:
    found = client.get(f"/v1/builtins/{name}").json
    assert (found["name"], found["rows"]) == (name, BUILTINS[name].rows)
    columns = {column["name"]: column for column in found["columns"]}
    assert len(columns) == BUILTINS[name].features + 1
    assert found["target"] in columns
    first = columns[found["columns"][0]["name"]]
    assert (first["kind"], sum(first["histogram"])) == ("numeric", found["rows"])
    page = client.get(f"/v1/builtins/{name}/rows?limit=3&after={found['rows'] - 2}").json
    assert (page["rows"], page["has_more"], len(page["data"])) == (found["rows"], False, 2)
    assert page["data"][0].keys() == columns.keys()


def test_an_unknown_name_is_not_found(client: FlaskClient) -> None:
    for path in ("iriss", "iriss/rows"):
        answer = client.get(f"/v1/builtins/{path}")
        assert answer.status_code == 404
        assert "did you mean 'iris'" in answer.json["detail"]
