"""Some seconds of requests that are generated from the OpenAPI document, at the service as it is run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service import SMALLEST, Service

ROOT = Path(__file__).parents[2]
SECONDS = 9


@pytest.mark.timeout(200)
def test_no_generated_request_finds_a_fault(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    # In a service of its own: it resumes and deletes the jobs of other tests.
    with Service.start(tmp_path_factory.mktemp("service")) as service:
        service.wait(service.post(SMALLEST)["id"])
        run = generate(str(service.http.base_url), tmp_path)
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]


def generate(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Generated requests at a service, with the answers checked."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(ROOT / "schemathesis.toml")]
    command += ["run", f"{url}/openapi.json", "--checks", "all", "--max-time", str(SECONDS)]
    command += ["--no-color", "--no-shrink", "--generation-database", "none", "--warnings", "off"]
    # Where it runs, it leaves files of its own.
    hooks = {"SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("schemathesis_hooks.py"))}
    return subprocess.run(
        command, cwd=folder, env=os.environ | hooks, capture_output=True, text=True, check=False, timeout=170
    )
