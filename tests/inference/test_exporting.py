"""Exports over HTTP: every format, its description, its proof, and what is refused."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from steelyard.exports.formats import FORMATS
from tests.trained import train_model

ROWS = [
    {
        "size": float(row % 7),
        "color": ["red", "blue", None][row % 3],
        "on": f"2026-01-{row % 28 + 1:02}",
        "y": "ab"[row % 2],
    }
    for row in range(60)
]
NUMBERS = [
    {"u": row % 9, "v": row % 5 / 3, "y": row % 9 + 100.0, "z": row % 5, "a": row % 2, "b": row % 3 // 2}
    for row in range(60)
]
JOB: dict[str, Any] = {
    "data": {"inline": {"rows": ROWS}, "target": "y"},
    "layers": [8],
    "training": {"epochs": 3},
}


@pytest.fixture
def model(database: Engine) -> str:
    """A trained model with numbers, categories and dates."""
    return train_model(database, JOB)


def test_every_format_is_served(client: FlaskClient, model: str) -> None:
    for name, form in FORMATS.items():
        answer = client.get(f"/v1/models/{model}/export?format={name}")
        assert (answer.status_code, answer.mimetype) == (200, form.media_type), name
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{model}{form.suffix}"'
        again = client.get(f"/v1/models/{model}/export?format={name}")
        assert again.data == answer.data
        unchanged = {"If-None-Match": answer.headers["ETag"]}
        assert client.get(f"/v1/models/{model}/export?format={name}", headers=unchanged).status_code == 304


def test_a_dry_run_describes_the_file(client: FlaskClient, model: str) -> None:
    described = client.get(f"/v1/models/{model}/export?format=onnx&dry_run=true").json
    assert described["file_name"] == f"{model}.onnx"
    assert described["further_inputs"] == ["on"]
    assert [each["type"] for each in described["inputs"]] == ["float64", "string", "float64"]
    assert [each["name"] for each in described["outputs"]] == ["label", "probabilities"]
    assert described["limits"][0]["column"] == "on"


def test_an_exported_model_answers_as_the_service_does(client: FlaskClient, model: str) -> None:
    content = client.get(f"/v1/models/{model}/export?format=onnx&bundle=true").data
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [f"{model}.onnx", "README.md", "check.py", "proof.json"]
        proof = json.loads(archive.read("proof.json"))
        session = onnxruntime.InferenceSession(archive.read(f"{model}.onnx"))
    assert proof["largest_difference"] < proof["tolerance"] == 1e-6
    said = client.post(f"/v1/models/{model}/predict", json={"inputs": proof["rows"]}).json
    assert said["predictions"] == proof["labels"]
    np.testing.assert_allclose(said["probabilities"], proof["values"], rtol=0, atol=1e-7)
    blank = {"tensor(string)": "", "tensor(double)": np.nan}
    inputs = {
        each.name: np.array(
            [[blank[each.type] if row[each.name] is None else row[each.name]] for row in proof["inputs"]]
        )
        for each in session.get_inputs()
    }
    inputs["color"] = inputs["color"].astype(object)
    labels, probabilities = session.run(None, inputs)
    assert labels.tolist() == said["predictions"]
    np.testing.assert_allclose(probabilities, said["probabilities"], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"inline": {"rows": NUMBERS}, "target": ["y", "z"]}, "task": "regression"},
        {"data": {"inline": {"rows": NUMBERS}, "target": ["a", "b"]}, "task": "multilabel"},
        {"ensemble": 2, "preprocessing": {"categorical": "embedding", "numeric": "piecewise_linear"}},
        {"loss": "hinge", "output": {"activation": "linear"}, "training": {"epochs": 2, "dtype": "float64"}},
    ],
    ids=["values", "labels", "ensemble", "scores"],
)
def test_the_proof_of_each_task_is_what_the_service_answers(
    client: FlaskClient, database: Engine, changes: dict[str, Any], tmp_path: Path
) -> None:
    model = train_model(database, JOB | changes)
    content = client.get(f"/v1/models/{model}/export?format=c&bundle=true").data
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    proof = json.loads((tmp_path / "proof.json").read_text())
    said: Any = client.post(f"/v1/models/{model}/predict", json={"inputs": proof["rows"]}).json
    if proof["labels"] is None:
        assert said["predictions"] == proof["values"]
    else:
        assert said["predictions"] == proof["labels"]
        assert "probabilities" not in said or said["probabilities"] == proof["values"]
    done = subprocess.run([sys.executable, tmp_path / "check.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alias_is_exported_as_the_model_that_it_names(client: FlaskClient, model: str) -> None:
    client.put(f"/v1/models/{model}/aliases/best")
    assert client.get("/v1/models/best/export?format=json").json["model"] == model


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "is missing; it must be one of safetensors, npz, json, onnx"),
        ("?format=pickle", "it must be one of safetensors, npz, json, onnx"),
    ],
)
def test_an_unknown_format_is_refused(client: FlaskClient, model: str, query: str, detail: str) -> None:
    answer = client.get(f"/v1/models/{model}/export{query}")
    assert answer.status_code == 422
    assert detail in answer.json["errors"][0]["detail"]
    assert answer.json["errors"][0]["parameter"] == "format"


def test_an_unknown_model_is_not_found(client: FlaskClient) -> None:
    assert client.get("/v1/models/mdl_0/export?format=onnx").status_code == 404


def test_what_a_format_cannot_hold_is_refused(client: FlaskClient, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steelyard.exports.program.LOWERED", {})
    for query in ("format=onnx", "format=onnx&dry_run=true", "format=onnx&bundle=true"):
        answer = client.get(f"/v1/models/{model}/export?{query}")
        assert answer.status_code == 422
        [error] = answer.json["errors"]
        assert error["detail"].startswith("is 'onnx', which cannot hold this model: the layer dense_1 is a dense")
    answer = client.get(f"/v1/models/{model}/export?format=npz&bundle=true")  # which computes nothing
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert json.loads(archive.read("proof.json"))["largest_difference"] is None
