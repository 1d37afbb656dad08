"""The commands that talk to a service: what they take, and what they say when something is wrong."""

import io
import json
import signal
import subprocess
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from flask import Flask
from rich.console import Console
from sqlalchemy import Engine

from steelyard.cli.client import watch
from steelyard.cli.connection import Client
from steelyard.jobs import ledger
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_job, list_jobs
from tests.cli.conftest import serving
from tests.cli.program import EXAMPLES, PROGRAM, invoke, run
from tests.conftest import wait_for
from tests.service import SMALLEST, Service
from tests.trained import train

SHORT = {**SMALLEST, "training": {"epochs": 2}}


@pytest.fixture
def job(database: Engine) -> str:
    """A job that has trained a model of irises."""
    return train(database, SHORT).id


@pytest.fixture
def model(database: Engine, job: str) -> str:
    """Its model."""
    return str(get_job(database, job).model)


def test_a_job_is_trained_shown_and_asked_from_the_shell(service: Service, tmp_path: Path) -> None:
    url = ("--url", str(service.http.base_url))
    trained = run("train", str(EXAMPLES / "smallest.json"), "--watch", *url)
    assert trained.returncode == 0, trained.stderr
    for words in ("weights are those of epoch", "dense_1/kernel", "accuracy", "val_loss"):
        assert words in trained.stdout
    assert "\x1b" not in trained.stdout
    job = service.http.get("/v1/jobs").json()["data"][0]
    assert job["id"] in invoke("jobs", *url).stdout
    assert "output/bias" in invoke("show", job["id"], *url).stdout
    assert invoke("diagnose", job["id"], *url).returncode == 0
    rows = tmp_path / "rows.json"
    rows.write_text("[[5.1, 3.5, 1.4, 0.2]]")
    assert json.loads(invoke("predict", job["model"], str(rows), *url).stdout)["predictions"] == ["setosa"]
    for ending in ("safetensors", "npz", "json"):
        file = tmp_path / f"weights.{ending}"
        assert invoke("weights", job["id"], "-o", str(file), *url).returncode == 0
    kernel = safetensors.numpy.load_file(tmp_path / "weights.safetensors")["output/kernel"]
    with np.load(tmp_path / "weights.npz") as archive:
        assert archive["output/kernel"].tobytes() == kernel.tobytes()


def test_statistics_are_shown_and_saved(url: str, job: str, tmp_path: Path) -> None:
    assert "dense_1/kernel" in invoke("diagnostics", job, "--url", url).stdout
    assert "epoch 2" in invoke("diagnostics", job, "--series", "norm", "--layer", "output", "--url", url).stdout
    file = tmp_path / "statistics.csv"
    assert invoke("diagnostics", job, "--series", "norm", "-o", str(file), "--url", url).returncode == 0
    assert file.read_text().startswith("epoch,layer,tensor,series,value")
    assert "must end with .csv" in invoke("diagnostics", job, "-o", str(tmp_path / "x.txt"), "--url", url).stderr
    weights = tmp_path / "first.npz"
    assert invoke("weights", job, "--snapshot", "epoch-1", "-o", str(weights), "--url", url).returncode == 0


def test_a_step_is_traced_from_the_shell(url: str, tmp_path: Path) -> None:
    spec = tmp_path / "step.yaml"
    spec.write_text("data: {builtin: iris}\nlayers: [4]\ntraining: {batch_size: 16}\n")
    shown = invoke("trace", str(spec), "--url", url)
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["check"]["verdict"] == "agrees"
    assert "∂L/∂z" in shown.stdout


def test_models_are_compared_from_the_shell(url: str, model: str) -> None:
    shown = invoke("diff", model, model, "--align", "--url", url)
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["equal"]


def test_yaml_is_read_too(url: str, database: Engine) -> None:
    trained = invoke("train", str(EXAMPLES / "regression.yaml"), "--url", url)
    assert trained.returncode == 0, trained.stderr
    assert get_job(database, trained.stdout.strip()).spec["task"] == "regression"


def test_errors_are_listed_for_reading(url: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**SMALLEST, "layers": [-1], "lose": "mse"}))
    ended = invoke("train", str(wrong), "--url", url)
    assert ended.returncode == 1
    assert "/layers/0  is -1; it must be at least 1" in ended.stderr
    assert "/lose" in ended.stderr


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.yaml", "", "a.yaml is empty"),
        ("a.json", " ", "a.json is empty"),
        ("a.yaml", "layers: [1", "a.yaml is not valid YAML"),
        ("a.yaml", "layers: [4]\nlayers: [5]", "the key 'layers' appears twice"),
        ("a.json", '{"layers": [4], "layers": [5]}', "the key 'layers' appears twice in one object"),
    ],
)
def test_a_file_that_is_no_job_is_named(url: str, tmp_path: Path, name: str, content: str, words: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    ended = invoke("train", str(file), "--url", url)
    assert ended.returncode == 1
    assert words in ended.stderr


def test_jobs_are_listed_by_status_and_cancelled(url: str, database: Engine, tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    file.write_text(json.dumps({**SMALLEST, "name": "first"}))
    job_id = invoke("train", str(file), "--url", url).stdout.strip()
    assert "first" in invoke("jobs", "--url", url, "--status", "queued").stdout
    assert "first" not in invoke("jobs", "--url", url, "--status", "failed").stdout
    assert invoke("cancel", job_id, "--url", url).stdout == "cancelled\n"
    assert get_job(database, job_id).status == "cancelled"
    again = invoke("cancel", job_id, "--url", url)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1


def test_rows_are_predicted_from_tables_and_from_json(url: str, model: str, tmp_path: Path) -> None:
    row = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
    contents = {
        "rows.csv": ",".join(row) + "\n" + ",".join(map(str, row.values())),
        "rows.ndjson": json.dumps(row),
        "rows.json": json.dumps([[*row.values()]]),
        "body.json": json.dumps({"inputs": [row]}),
    }
    answers = []
    for name, content in contents.items():
        file = tmp_path / name
        file.write_text(content)
        asked = invoke("predict", model, str(file), "--url", url)
        assert asked.returncode == 0, (name, asked.stderr)
        answers.append(json.loads(asked.stdout))
    assert answers == answers[:1] * 4


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("rows.json", "", "rows.json is empty"), ("rows.txt", "a,b\n1,2", "a table's name must end with .csv, .parquet")],
)
def test_rows_that_cannot_be_read_are_named(url: str, tmp_path: Path, name: str, content: str, words: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    ended = invoke("predict", "mdl_1", str(file), "--url", url)
    assert ended.returncode == 1
    assert words in ended.stderr


def test_weights_that_cannot_be_written_are_an_error_of_one_line(url: str, job: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    missing = folder / "no" / "weights.npz"
    ended = invoke("weights", job, "-o", str(missing), "--url", url)
    assert (ended.returncode, ended.stderr) == (1, f"{missing} cannot be written: No such file or directory\n")
    ended = invoke("weights", "job_none", "-o", str(folder / "weights.npz"), "--url", url)
    assert ended.returncode == 1
    assert "there is no job 'job_none'" in ended.stderr
    ended = invoke("weights", job, "-o", str(folder / "weights.h5"), "--url", url)
    assert (ended.returncode, "ends with .h5; it must end with .safetensors, .npz, .json" in ended.stderr) == (1, True)
    assert [*folder.iterdir()] == []


def test_a_model_is_exported(url: str, model: str, tmp_path: Path) -> None:
    file, archive = tmp_path / "model.onnx", tmp_path / "model.zip"
    done = invoke("export", model, "--format", "onnx", "-o", str(file), "--url", url)
    assert (done.returncode, done.stdout) == (0, f"{file}: {file.stat().st_size:,} bytes\n")
    assert invoke("export", model, "--format", "npz", "--bundle", "-o", str(archive), "--url", url).returncode == 0
    assert archive.read_bytes().startswith(b"PK")
    described = json.loads(invoke("export", model, "--format", "onnx", "--dry-run", "--url", url).stdout)
    assert [each["name"] for each in described["outputs"]] == ["label", "probabilities"]
    ended = invoke("export", model, "--format", "pickle", "-o", str(file), "--url", url)
    assert (ended.returncode, "must be one of safetensors" in ended.stderr) == (1, True)
    assert "give the file to write" in invoke("export", model, "--format", "onnx", "--url", url).stderr


def test_a_model_is_imported(url: str, model: str, tmp_path: Path) -> None:
    file = tmp_path / "m.npz"
    assert invoke("export", model, "--format", "npz", "-o", str(file), "--url", url).returncode == 0
    done = invoke("import", str(file), "--name", "a copy", "--url", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(invoke("diff", model, done.stdout.strip(), "--url", url).stdout)["equal"]


def test_bare_weights_are_described_by_options_or_a_file(url: str, tmp_path: Path) -> None:
    file, described, rows = (tmp_path / name for name in ("m.npz", "net.yaml", "rows.json"))
    half: dict[str, Any] = {"a.weight": np.ones((2, 2), np.float16), "b.weight": np.ones((1, 2), np.float16)}
    np.savez(file, **half)
    described.write_text("inputs: [age, income]\nlayers: [{units: 2, use_bias: false}]\noutput: {use_bias: false}\n")
    rows.write_text('[{"age": 1, "income": 2}]')
    plain = invoke("import", str(file), "--model", str(described), "--url", url)
    assert (plain.returncode, plain.stderr) == (0, "2 tensors were converted from float16 to float32\n")
    answer = json.loads(invoke("predict", plain.stdout.strip(), str(rows), "--url", url).stdout)
    assert answer["predictions"] == [6]
    shapes = {"a.weight": (2, 2), "a.bias": (2,), "b.weight": (1, 2), "b.bias": (1,)}
    whole: dict[str, Any] = {name: np.ones(shape) for name, shape in shapes.items()}
    np.savez(file, **whole)
    options = ["--layers", "2", "--activation", "tanh", "--output", "sigmoid", "--class", "no", "--class", "yes"]
    options += ["--module", "a", "--module", "b", "--input", "age", "--input", "income"]
    done = invoke("import", str(file), *options, "--url", url)
    assert done.returncode == 0, done.stderr
    answer = json.loads(invoke("predict", done.stdout.strip(), str(rows), "--url", url).stdout)
    assert answer["predictions"] == ["yes"]


def test_a_wrong_description_is_named(url: str, tmp_path: Path) -> None:
    file, described = tmp_path / "m.npz", tmp_path / "net.json"
    whole: dict[str, Any] = {"a.weight": np.ones((1, 2))}
    np.savez(file, **whole)
    for text, words in (("[4]", "must hold an object with fields"), ("{", "is not valid JSON")):
        described.write_text(text)
        assert words in invoke("import", str(file), "--model", str(described), "--url", url).stderr
    assert "--layers is 4,x; it must be numbers" in invoke("import", str(file), "--layers", "4,x", "--url", url).stderr
    missing = invoke("import", str(file), "--url", url)
    assert (missing.returncode, "/model/layers  is missing" in missing.stderr) == (1, True)


def test_an_interrupted_watch_says_that_the_job_goes_on(url: str, database: Engine, tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    file.write_text(json.dumps(SHORT))
    command = [PROGRAM, "train", str(file), "--watch", "--url", url]
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # even where the tests run in the background
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=listen) as watching:  # noqa: PLW1509
        assert watching.stdout is not None
        job_id = watching.stdout.readline().split()[1]
        watching.send_signal(signal.SIGINT)
        said, _ = watching.communicate(timeout=60)
    assert watching.returncode == 130
    assert f"`steelyard show {job_id}` shows it, `steelyard cancel {job_id}` stops it" in said
    assert get_job(database, job_id).status == "queued"


def test_a_watch_outlasts_a_service_that_is_away(app: Flask, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steelyard.cli.connection.RETRY_SECONDS", 0.02)
    console = Console(file=io.StringIO(), force_terminal=True, width=160)
    output = console.file
    assert isinstance(output, io.StringIO)
    with serving(app) as url:
        client = Client(url)
        posted = client.ask("POST", "/v1/jobs", json=SHORT)
        watching = Thread(target=watch, args=(client, posted, console))
        watching.start()
        wait_for(lambda: "queued" in output.getvalue())
    wait_for(lambda: "does not answer" in output.getvalue())
    with serving(app, port=int(url.rsplit(":", 1)[1])):
        ledger.request_cancel(database, posted["id"], kind=TRAINING)
        watching.join(20)
        assert not watching.is_alive()
    assert "cancelled" in output.getvalue()
    client.close()
    assert [each.status for each in list_jobs(database).data] == ["cancelled"]
