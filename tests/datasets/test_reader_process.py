"""The orders of a process that reads files, and its answers."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.datasets import reader_process
from steelyard.datasets.reader_process import serve
from steelyard.tabular import chunks
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.values import Values


def order(folder: Path, content: bytes, **changes: Any) -> dict[str, Any]:
    (folder / "in").write_bytes(content)
    fields = {"from": str(folder / "in"), "to": str(folder / "out"), "format": "csv", "max_bytes": 1 << 30}
    return {**fields, "dialect": Dialect().to_json(), "wanted": None, "usual": None, **changes}


def test_the_answers_are_the_size_then_the_columns_then_each_part(tmp_path: Path) -> None:
    rows = chunks.ROWS + 3
    asked = order(tmp_path, b"a,b\n" + b"".join(b"%d.5,x%d\n" % (row, row % 3) for row in range(rows)))
    first, columns, *parts = serve(asked)
    assert first["rows"] == rows
    assert first["found"]["delimiter"] == ","
    assert [(column["name"], column["kind"], column["distinct"]) for column in columns["columns"]] == [
        ("a", "numeric", rows),
        ("b", "categorical", 3),
    ]
    assert parts == [{"written": False}, {"written": True}]
    with (tmp_path / "out").open("rb") as file:
        read = [chunks.read(file) for _ in range(4)]
    values = Values(np.concatenate([chunks.join([part]).array for part in read if part.column == 0]))
    np.testing.assert_array_equal(values.array, np.arange(rows) + 0.5)


def test_columns_that_are_wanted_are_not_counted(tmp_path: Path) -> None:
    [first, columns, _] = serve(order(tmp_path, b"a,b,c\n1,2,3\n4,5,6\n", wanted={"c": False, "a": True}))
    assert first["found"]["ignored"] == ["b"]
    assert [column["name"] for column in columns["columns"]] == ["c", "a"]
    assert all("distinct" not in column for column in columns["columns"])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", {"unreadable": "it is empty", "detail": "it is empty", "row": None, "column": None}),
        (b"a,b\n1,2\n1,2,3\n", {"row": 2, "column": None}),
        (b"a,b\n1,1\n2,1e999\n", {"row": 2, "column": "b"}),
    ],
)
def test_a_file_that_cannot_be_read_is_answered_with_the_place(
    tmp_path: Path, content: bytes, expected: dict[str, Any]
) -> None:
    *_, answer = serve(order(tmp_path, content))
    assert expected.items() <= answer.items()
    assert answer["detail"] in answer["unreadable"]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (MemoryError(), {"too_large": True}),
        (OSError(errno.ENOSPC, "full"), {"no_room": True}),
        (OSError(errno.EIO, "broken"), None),
    ],
)
def test_a_want_of_memory_or_of_room_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, answer: dict[str, Any] | None
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(reader_process, "open_file", fail)
    if answer is None:
        with pytest.raises(OSError, match="broken"):
            list(serve(order(tmp_path, b"a\n1\n")))
    else:
        assert [*serve(order(tmp_path, b"a\n1\n"))] == [answer]


def test_a_format_that_is_a_module_is_read_by_it(tmp_path: Path) -> None:
    body = b'{"layers": [], "data": {"inline": {"x": [[1], [2]], "y": [0, 1]}}}'
    asked = order(tmp_path, body, format="steelyard.training.large_inline", max_bytes=len(body))
    first, columns, written = serve(asked)
    assert (first["rows"], json.loads(first["found"]["document"])["layers"]) == (2, [])
    assert [column["name"] for column in columns["columns"]] == ["x0", "y"]
    assert written == {"written": True}


def test_a_process_serves_orders_until_its_input_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "steelyard.datasets.reader_process", str(2 << 30), str(os.getpid())]
    orders = [order(tmp_path, b"a\n1\n2\n"), order(tmp_path, b"a\n1\n2\n", format="parquet")]
    sent = b"".join(json.dumps(each).encode() + b"\n" for each in orders)
    done = subprocess.run(command, input=sent, capture_output=True, check=True, timeout=60)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0] == {"ready": True}
    assert answers[1]["rows"] == 2
    assert answers[3] == {"written": True}
    assert "it is not a valid" in answers[4]["unreadable"] or "Parquet" in answers[4]["unreadable"]
    assert len(answers) == 5
    assert done.stderr == b""
