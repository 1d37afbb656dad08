"""The program as a user runs it."""

import subprocess
import sys
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("steelyard"))


EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env=environment or None)
