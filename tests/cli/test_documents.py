"""Files that a user writes become bodies of requests, or an error of one line."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from steelyard.cli.documents import StrictLoader, Unreadable, read_bytes, read_job

TEXTS = st.text("ab1e-:#'\"{}[],é漢 \n", max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(document=st.dictionaries(TEXTS, VALUES, max_size=4))
def test_yaml_means_what_the_same_json_means(document: dict[str, Any]) -> None:
    assert yaml.load(yaml.safe_dump(document), StrictLoader) == document
    assert yaml.load(json.dumps(document, ensure_ascii=False), StrictLoader) == document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100_000.0),
        ("-2e+3", -2000.0),
        (".5e1", 5.0),
        ("1.e2", 100.0),
        ("1e", "1e"),
        ("e3", "e3"),
        ("1e-3x", "1e-3x"),
        ("0x10", 16),
    ],
)
def test_numbers_with_exponents_are_numbers(text: str, value: object) -> None:
    found = yaml.load(text, StrictLoader)
    assert found == value
    assert type(found) is type(value)


def test_a_job_in_yaml_becomes_json_and_one_in_json_stays_as_it_is(tmp_path: Path) -> None:
    for name in ("a.yaml", "a.yml"):
        file = tmp_path / name
        file.write_text("name: 2026-11-28\nlayers: [4]\noptimizer: {name: adam, learning_rate: 1e-3}\n")
        assert json.loads(read_job(file)) == {
            "name": "2026-11-28",
            "layers": [4],
            "optimizer": {"name": "adam", "learning_rate": 0.001},
        }
    file = tmp_path / "a.json"
    file.write_text('{"layers": [4, }')  # the service says what is wrong, and where
    assert read_job(file) == b'{"layers": [4, }'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("layers: [1", "is not valid YAML"),
        ("layers: [4]\nlayers: [5]", "the key 'layers' appears twice"),
        ("a: {b: 1, b: 2}", "the key 'b' appears twice"),
        ("a: !!python/object/apply:os.system [ls]", "is not valid YAML"),
        (" \n", "is empty"),
    ],
)
def test_a_file_that_is_no_yaml_is_named(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(content)
    with pytest.raises(Unreadable, match=words) as caught:
        read_job(file)
    assert str(caught.value).startswith(str(file))


def test_a_file_that_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read: No such file or directory"):
        read_bytes(tmp_path / "none")
    (tmp_path / "empty").write_bytes(b" \n")
    with pytest.raises(Unreadable, match="is empty"):
        read_bytes(tmp_path / "empty")
    (tmp_path / "some").write_bytes(b" x\n")
    assert read_bytes(tmp_path / "some") == b" x\n"
