"""Each part of the service is checked, with what to do."""

from pathlib import Path

from tests.cli.program import run
from tests.service import Service


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
