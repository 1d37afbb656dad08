"""The program: in a process of its own as a user runs it, or in that of the test, which starts at once."""

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from steelyard.cli.main import main

PROGRAM = str(Path(sys.executable).with_name("steelyard"))
EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    command = [PROGRAM, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env=environment or None)


def invoke(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the program in this process. An exception that it does not turn into a message is raised."""
    result = CliRunner(catch_exceptions=False).invoke(main, words, prog_name="steelyard")
    return subprocess.CompletedProcess(words, result.exit_code, result.stdout, result.stderr)
