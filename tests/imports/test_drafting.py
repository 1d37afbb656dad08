"""What makes a model: what the file says, or what the request says."""

from pathlib import Path

from tests.imports.files import export, refusal


def test_an_export_needs_no_description(tmp_path: Path) -> None:
    assert refusal(tmp_path / "file", export("npz"), "npz") is None
    assert refusal(tmp_path / "file", export("npz"), "npz", '{"name": "a copy"}') is None
    detail = refusal(tmp_path / "file", export("npz"), "npz", '{"layers": [8]}')
    assert detail == "comes from the file, which is an export; leave it out"
