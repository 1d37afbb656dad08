"""The program has every command, and loads for each only what it needs."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from steelyard import __version__
from steelyard.cli.main import COMMANDS, main
from tests.cli.program import invoke

NAMES = [name for summaries in COMMANDS.values() for name in summaries]
HEAVY = ("sqlalchemy", "alembic", "flask", "celery", "numpy")


def test_every_command_is_listed_with_a_line_that_is_not_cut() -> None:
    listed = invoke("--help").stdout.split("Commands that")[1:]
    lines = [line for part in listed for line in part.splitlines()[1:] if line.strip()]
    assert [line.split()[0] for line in lines] == NAMES
    assert all(line.endswith(".") and not line.endswith("...") for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help(name: str) -> None:
    for option in ("-h", "--help"):
        shown = invoke(name, option)
        assert shown.returncode == 0
        assert shown.stdout.startswith(f"Usage: steelyard {name}")


def test_the_version_is_the_packages() -> None:
    assert invoke("--version").stdout == f"steelyard, version {__version__}\n"


def test_an_unknown_command_is_named() -> None:
    ended = invoke("trian")
    assert ended.returncode == 2
    assert "No such command 'trian'" in ended.stderr


@pytest.mark.parametrize("asked", [["--help"], ["show", "--help"]])
def test_the_list_and_the_client_s_commands_load_neither_database_nor_arrays(asked: list[str]) -> None:
    code = f"""
import sys
from steelyard.cli.main import main
main({asked}, standalone_mode=False)
print([name for name in {HEAVY} if name in sys.modules])
"""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.splitlines()[-1] == "[]"


def test_a_command_of_the_service_says_what_a_client_alone_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def lack(_: str) -> None:
        raise ModuleNotFoundError("No module named 'flask'", name="flask")

    monkeypatch.setattr("steelyard.cli.main.import_module", lack)
    ended = CliRunner().invoke(main, ["up"])
    assert ended.exit_code == 1
    assert CliRunner().invoke(main, ["--help"]).exit_code == 0
    assert "`steelyard up` needs flask: install the service with pip install 'steelyard[service]'" in ended.output
