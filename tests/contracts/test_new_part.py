"""Parts that are added in one place go from a request through the service to a prediction, by being registered."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from steelyard.training.components import REGISTRIES
from tests.contracts.new_parts import ADDED, JOBS

ROOT = Path(__file__).parents[2]
COMPILED = {"cube", "charbonnier", "slots_4", "smooth_l1", "sawtooth", "checkered", "root_error"}


@pytest.fixture(scope="module")
def ended(
    migrated_sqlite: Path, broker_url: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What became of every job with a new part, by its name; in a process of its own, which the parts do not leave."""
    folder = tmp_path_factory.mktemp("new-parts")
    database = folder / "steelyard.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    command = [sys.executable, "-m", "tests.contracts.new_parts", str(folder), f"sqlite:///{database}", broker_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", JOBS)
def test_a_part_is_added_in_one_place(name: str, ended: dict[str, dict[str, Any]]) -> None:
    job = ended[name]
    assert job["status"] == "succeeded", job
    assert job["losses"][-1] < job["losses"][0]
    assert job["engine"] == ("compiled" if name in COMPILED else "numpy")
    assert (job["why_not_compiled"] is None) == (name in COMPILED)
    assert len(job["answer"]["predictions"]) == 3
    assert (job["report"], job["explain"]) == (200, 200)
    assert job["trace"] in ("agrees", "kink")


def test_scores_that_are_no_probabilities_are_not_given_as_such(ended: dict[str, dict[str, Any]]) -> None:
    answer = ended["crammer_singer"]["answer"]
    assert "probabilities" not in answer
    assert {*answer["predictions"]} <= {"a", "b", "c"}


def test_every_family_has_a_new_part() -> None:
    assert {registry.family for registry, _ in ADDED} == {registry.family for registry in REGISTRIES.values()}
