"""Each part of the service is checked, with what to do where it is not fine."""

from pathlib import Path

import pytest
from sqlalchemy import text

from steelyard.cli import checks
from steelyard.jobs import heartbeats
from steelyard.settings import Settings
from steelyard.store.engine import make_engine, writing
from steelyard.store.migration import newest
from tests.cli.program import run

PARTS = ["database", "migrations", "broker", "worker"]


def look(settings: Settings) -> dict[str, tuple[bool, str]]:
    found = checks.run(settings)
    assert [check.name for check in found] == PARTS
    return {check.name: (check.fine, check.detail) for check in found}


def change(settings: Settings, statement: str) -> None:
    engine = make_engine(settings.database)
    with writing(engine) as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_everything_is_fine_once_a_worker_runs(settings: Settings) -> None:
    found = look(settings)
    assert {name: fine for name, (fine, _) in found.items()} == {name: name != "worker" for name in PARTS}
    assert found["worker"][1] == "no worker is running: run `steelyard worker`; jobs wait until then"
    engine = make_engine(settings.database)
    heartbeats.announce(engine, "w@host", concurrency=2)
    engine.dispose()
    found = look(settings)
    assert all(fine for fine, _ in found.values())
    assert found["migrations"][1] == f"the schema is {newest()}, the newest"
    assert found["worker"][1] == "w@host"


def test_a_database_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    found = look(Settings(data_dir=tmp_path))
    assert [fine for fine, _ in found.values()] == [False] * 4
    assert found["database"][1].endswith("steelyard.db does not exist yet: run `steelyard migrate`")
    assert found["migrations"][1] == "unknown"
    assert found["broker"][1].startswith("does not respond: start it, or set STEELYARD_BROKER_URL")
    assert [*tmp_path.iterdir()] == []


def test_a_database_that_is_away_is_named_without_its_password(settings: Settings) -> None:
    found = look(settings.model_copy(update={"database_url": "postgresql+psycopg://u:secret@127.0.0.1:1/d"}))
    fine, detail = found["database"]
    assert not fine
    assert "u:***@127.0.0.1:1/d cannot be used: " in detail
    assert "secret" not in detail
    assert found["broker"][0]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", f"is 0001, this version needs {newest()}: run"),
        ("UPDATE alembic_version SET version_num = '9999'", f"is 9999, newer than this version ({newest()})"),
        ("DROP TABLE alembic_version", "belongs to another program: use another database"),
    ],
)
def test_a_schema_of_another_version_is_named_with_what_to_do(settings: Settings, statement: str, words: str) -> None:
    change(settings, statement)
    found = look(settings)
    assert found["database"][0]
    fine, detail = found["migrations"]
    assert not fine
    assert words in detail
    assert not found["worker"][0]


def test_an_empty_database_needs_a_migration(tmp_path: Path) -> None:
    (tmp_path / "steelyard.db").touch()
    assert look(Settings(data_dir=tmp_path))["migrations"] == (False, "there are no tables: run `steelyard migrate`")


def test_the_command_prints_a_line_for_each_part_and_fails_if_one_is_not_fine(tmp_path: Path) -> None:
    ended = run("check", STEELYARD_DATA_DIR=str(tmp_path), PATH="/usr/bin")
    assert ended.returncode == 1
    assert [line[8:].split()[0] for line in ended.stdout.splitlines()] == PARTS
    assert all(line.startswith("NOT OK  ") for line in ended.stdout.splitlines())
