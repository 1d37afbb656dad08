"""The README can be pasted: its blocks run in order in one shell, and print what it shows."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from tests.service import Service

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ADDRESS = "http://127.0.0.1:8000/v1"
WALK = README[README.index("## Your first job") : README.index("## More in a job")]
STEPS = re.findall(r"^```sh\n(.*?)^```\n(?:\n^```\n(.*?)^```\n)?", WALK, re.MULTILINE | re.DOTALL)
TOOLS = ("bash", "curl", "python3")


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="needs bash, curl, and python3")
def test_blocks_run_in_order_and_print_what_the_readme_shows(service: Service, tmp_path: Path) -> None:
    assert len(STEPS) == WALK.count("```sh")
    assert WALK.count(ADDRESS) == 1
    here = str(service.http.base_url.join("/v1"))
    printed = run_in_one_shell([block.replace(ADDRESS, here) for block, _ in STEPS], tmp_path)
    for (block, shown), answer in zip(STEPS, printed, strict=True):
        missing = [text for text in certain(shown) if text not in answer]
        assert not missing, (block, answer)
        assert '"type":"/problems/' not in answer or '"type":"/problems/' in shown, (block, answer)
    assert {"output/kernel", "output/bias"} <= load_file(tmp_path / "weights.safetensors").keys()


def test_files_and_make_targets_in_the_readme_exist() -> None:
    paths = re.findall(r"(?:\]\(|@)((?!http)[\w./-]+)", README)
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE)) <= targets


def run_in_one_shell(blocks: list[str], folder: Path) -> list[str]:
    """What each block prints when all are pasted into one bash, in a folder with the examples."""
    (folder / "examples").symlink_to(ROOT / "examples")
    mark = "--- next block ---\n"
    programs = Path(sys.executable).parent  # their python3 starts sooner than a version manager's
    done = subprocess.run(
        ["bash", "-eu", "-c", f"printf -- '{mark}'\n".join(blocks)],
        cwd=folder,
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "NO_PROXY": "*", "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, (done.stderr, done.stdout)
    return done.stdout.split(mark)


def certain(shown: str) -> list[str]:
    """The parts of an answer that are the same in every run: names and words, not ids and numbers."""
    words = [word for word in re.findall(r'"[^"]*"', shown) if "…" not in word and not word[1].isdigit()]
    return words + re.findall(r'"above_control":true|^event: .*|^row,.*', shown, re.MULTILINE)
