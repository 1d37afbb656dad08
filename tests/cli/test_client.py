"""The commands that talk to a service: what they take, and what they say when something is wrong."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from tests.cli.program import EXAMPLES, PROGRAM, run
from tests.service import SMALLEST, Service

LONG = {**SMALLEST, "training": {"epochs": 100_000, "time_limit_seconds": 60}}


@contextmanager
def watch(file: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    """`train --watch`, which gets a Ctrl-C even where the tests run in the background, and is gone at the end."""
    command = [PROGRAM, "train", str(file), "--watch", "--url", url]
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=listen) as watching:  # noqa: PLW1509
        try:
            yield watching
        finally:
            watching.kill()


@pytest.fixture
def model(service: Service) -> str:
    """A model of irises."""
    name: str = service.wait(service.post(SMALLEST)["id"])["model"]
    return name


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
def test_a_file_that_is_no_job_is_named(service: Service, tmp_path: Path, name: str, content: str, words: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    ended = run("train", str(file), "--url", str(service.http.base_url))
    assert ended.returncode == 1
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_yaml_has_numbers_with_exponents_and_dates_as_texts(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(
        "name: 2026-11-28\ndata: {builtin: iris}\nlayers: [4]\noptimizer: {name: adam, learning_rate: 1e-3}\n"
    )
    trained = run("train", str(file), "--url", str(service.http.base_url))
    assert trained.returncode == 0, trained.stderr
    job = service.get(trained.stdout.strip())
    assert (job["name"], job["spec"]["optimizer"]["learning_rate"]) == ("2026-11-28", 0.001)


def test_rows_are_predicted_from_tables_and_from_json(service: Service, model: str, tmp_path: Path) -> None:
    url = ("--url", str(service.http.base_url))
    row = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
    contents = {
        "rows.csv": ",".join(row) + "\n" + ",".join(map(str, row.values())),
        "rows.ndjson": json.dumps(row),
        "rows.json": json.dumps([[*row.values()]]),
        "body.json": json.dumps({"inputs": [row]}),
    }
    for name, content in contents.items():
        file = tmp_path / name
        file.write_text(content)
        asked = run("predict", model, str(file), *url)
        assert asked.returncode == 0, (name, asked.stderr)
        assert json.loads(asked.stdout)["predictions"] == ["setosa"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("rows.json", "", "rows.json is empty"), ("rows.txt", "a,b\n1,2", "a table's name must end with .csv, .parquet")],
)
def test_rows_that_cannot_be_read_are_named(
    service: Service, model: str, tmp_path: Path, name: str, content: str, words: str
) -> None:
    file = tmp_path / name
    file.write_text(content)
    ended = run("predict", model, str(file), "--url", str(service.http.base_url))
    assert ended.returncode == 1
    assert words in ended.stderr


def test_weights_that_cannot_be_written_are_said_so(service: Service, model: str, tmp_path: Path) -> None:
    url = ("--url", str(service.http.base_url))
    job = service.http.get(f"/v1/models/{model}").json()["job"]
    missing = tmp_path / "no" / "weights.npz"
    ended = run("weights", job, "-o", str(missing), *url)
    assert (ended.returncode, ended.stderr) == (1, f"{missing} cannot be written: No such file or directory\n")
    ended = run("weights", "job_none", "-o", str(tmp_path / "weights.npz"), *url)
    assert ended.returncode == 1
    assert "there is no job 'job_none'" in ended.stderr
    assert [*tmp_path.iterdir()] == []


def test_an_interrupted_watch_says_that_the_job_goes_on(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    file.write_text(json.dumps(LONG))
    with watch(file, str(service.http.base_url)) as watching:
        assert watching.stdout is not None
        job_id = watching.stdout.readline().split()[1]
        service.wait_until(job_id, lambda job: job["status"] == "running")
        watching.send_signal(signal.SIGINT)
        said, _ = watching.communicate(timeout=60)
    assert watching.returncode == 130
    assert f"`steelyard show {job_id}` shows it, `steelyard cancel {job_id}` stops it" in said
    assert service.get(job_id)["status"] == "running"
    service.http.post(f"/v1/jobs/{job_id}/cancel")


def test_a_watch_outlasts_a_service_that_is_away(tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    file.write_text(json.dumps(LONG))
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    with Service.start(data_dir) as service, watch(file, str(service.http.base_url)) as watching:
        assert watching.stdout is not None
        job_id = watching.stdout.readline().split()[1]
        service.wait_until(job_id, lambda job: job["status"] == "running")
        service.restart()
        service.http.post(f"/v1/jobs/{job_id}/cancel")
        said, _ = watching.communicate(timeout=60)
    assert "cancelled after" in said


def test_a_job_is_trained_shown_and_asked_from_the_shell(service: Service, tmp_path: Path) -> None:
    url = ("--url", str(service.http.base_url))
    trained = run("train", str(EXAMPLES / "smallest.json"), "--watch", *url)
    assert trained.returncode == 0, trained.stderr
    for words in ("weights are those of epoch", "dense_1/kernel", "accuracy", "val_loss"):
        assert words in trained.stdout
    assert "\x1b" not in trained.stdout
    job = service.http.get("/v1/jobs").json()["data"][0]
    assert job["id"] in run("jobs", *url).stdout
    assert "output/bias" in run("show", job["id"], *url).stdout
    rows = tmp_path / "rows.json"
    rows.write_text("[[5.1, 3.5, 1.4, 0.2]]")
    assert json.loads(run("predict", job["model"], str(rows), *url).stdout)["predictions"] == ["setosa"]
    for ending in ("safetensors", "npz", "json"):
        file = tmp_path / f"weights.{ending}"
        assert run("weights", job["id"], "-o", str(file), *url).returncode == 0
    kernel = safetensors.numpy.load_file(tmp_path / "weights.safetensors")["output/kernel"]
    with np.load(tmp_path / "weights.npz") as archive:
        assert archive["output/kernel"].tobytes() == kernel.tobytes()


def test_yaml_is_read_too(service: Service) -> None:
    trained = run("train", str(EXAMPLES / "regression.yaml"), "--watch", "--url", str(service.http.base_url))
    assert trained.returncode == 0, trained.stderr
    assert "rmse" in trained.stdout


def test_faults_are_listed_for_reading(service: Service, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**SMALLEST, "layers": [-1], "lose": "mse"}))
    ended = run("train", str(wrong), "--url", str(service.http.base_url))
    assert ended.returncode == 1
    assert "/layers/0  is -1; it must be at least 1" in ended.stderr
    assert "/lose" in ended.stderr
