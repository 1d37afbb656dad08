"""What makes a model: what the file says, or what the request says."""

from pathlib import Path

from steelyard.exports import safetensors
from tests.imports.files import export, refusal, weights


def test_an_export_needs_no_description(tmp_path: Path) -> None:
    assert refusal(tmp_path / "file", export("npz"), "npz") is None
    assert refusal(tmp_path / "file", export("npz"), "npz", '{"name": "a copy"}') is None
    detail = refusal(tmp_path / "file", export("npz"), "npz", '{"layers": [8]}')
    assert detail == "comes from the file, which is an export; leave it out"


def test_weights_alone_need_one(tmp_path: Path) -> None:
    content = safetensors.dump(weights(2, 4, 3))
    assert refusal(tmp_path / "file", content, "safetensors", '{"layers": [4]}') is None
    detail = refusal(tmp_path / "file", content, "safetensors")
    assert detail == "is missing; it must be the list of the hidden layers, as in a job"
