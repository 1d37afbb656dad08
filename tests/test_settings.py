"""Settings that are wrong are named in one line each."""

from pathlib import Path

import pytest

from steelyard import settings
from steelyard.settings import Settings, SettingsError, without_password


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
