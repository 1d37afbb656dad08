"""Zip files depend on their content alone."""

import io
import time
import zipfile

import pytest

from steelyard.exports.archive import pack


def test_equal_files_give_equal_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = pack({"a.txt": b"1", "b/c.txt": b"2"})
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))
    assert pack({"a.txt": b"1", "b/c.txt": b"2"}) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.txt": b"1", "b/c.txt": b"2"}
