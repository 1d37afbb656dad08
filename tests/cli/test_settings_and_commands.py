"""Settings end a start with one line each; the commands work through the program's own door."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from steelyard import settings
from steelyard.settings import Settings, SettingsError, without_password
from steelyard.store.migration import newest
from tests.service import SMALLEST, Service

PROGRAM = str(Path(sys.executable).with_name("steelyard"))
EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env=environment or None)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "x", "STEELYARD_PORT is 'x'"),
        ("PORT", "70000", "STEELYARD_PORT is '70000'"),
        ("DATABASE_URL", "mysql://u:secret@h/d", "STEELYARD_DATABASE_URL is wrong: must begin with one of sqlite://"),
        ("DATABASE_URL", "postgresql+psycopg://u:secret@h:x/d", "STEELYARD_DATABASE_URL is wrong: must be scheme://"),
        ("DATABASE_URL", "postgresql+psycopg://u:secret@[::1/d", "with a number as port"),
        ("DATABASE_URL", "postgresql+psycopg://u:sec@ret:secret@h/d", "in the password write @ as %40"),
        ("DATABASE_URL", "postgresql+psycopg://u:secret#1@h/d", "# as %23"),
        ("BROKER_URL", "redis://:secret/1@h:6379/0", "/ as %2F"),
        ("BROKER_URL", "amqp://u:secret@h:x//", "with a number as port"),
        ("BROKER_URL", "kafka://h", "STEELYARD_BROKER_URL"),
        ("AUTH", "on", "STEELYARD_AUTH"),
        ("LEASE_SECONDS", "1", "STEELYARD_LEASE_SECONDS"),
        ("HOST", "0.0.0.0", "STEELYARD_ALLOW_OPEN=1"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"STEELYARD_{name}", value)
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_addresses_are_shown_without_passwords() -> None:
    assert without_password("postgresql+psycopg://u:p@h:1/d?password=x") == "postgresql+psycopg://u:***@h:1/d"
    assert without_password("redis://:p@h/0") == "redis://:***@h/0"
    assert without_password("sqlite:////a/b.db") == "sqlite:////a/b.db"


def test_listening_for_everybody_must_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_HOST", "0.0.0.0")
    monkeypatch.setenv("STEELYARD_ALLOW_OPEN", "1")
    assert settings.load().host == "0.0.0.0"


def test_a_child_process_gets_the_very_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = Settings(data_dir=tmp_path, port=1234, lease_seconds=7, log_format="json")
    for name, value in ours.as_environment().items():
        monkeypatch.setenv(name, value)
    assert settings.load() == ours


def test_a_wrong_setting_ends_the_start() -> None:
    ended = run("api", STEELYARD_PORT="x", PATH="/usr/bin")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("STEELYARD_PORT is 'x'")


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


def test_a_service_that_is_away_is_said_so() -> None:
    ended = run("jobs", "--url", "http://127.0.0.1:1")
    assert ended.returncode == 1
    assert "does not answer" in ended.stderr


def test_check_names_each_part_wherever_the_data_are(tmp_path: Path) -> None:
    data_dir = tmp_path / ("with-a-path-that-is-longer-than-a-socket-may-have" * 2)
    data_dir.mkdir()
    with Service.start(data_dir):
        fine = run("check", STEELYARD_DATA_DIR=str(data_dir), PATH="/usr/bin")
    assert fine.returncode == 0, fine.stdout
    assert [line.split()[:2] for line in fine.stdout.splitlines()] == [
        ["ok", part] for part in ("database", "migrations", "broker", "worker")
    ]


def test_check_says_what_to_do(tmp_path: Path) -> None:
    ended = run("check", STEELYARD_DATA_DIR=str(tmp_path), PATH="/usr/bin")
    assert ended.returncode == 1
    for words in ("NOT OK  migrations", "steelyard migrate", "NOT OK  broker", "steelyard worker"):
        assert words in ended.stdout


def test_migrate_brings_a_database_up(tmp_path: Path) -> None:
    done = run("migrate", STEELYARD_DATABASE_URL=f"sqlite:///{tmp_path / 'a.db'}", PATH="/usr/bin")
    assert (done.returncode, done.stdout) == (0, f"the database is at revision {newest()}\n")
