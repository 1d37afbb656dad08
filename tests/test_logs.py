"""The log serves the service, not the other way round."""

import json
import re
import subprocess
import sys
from subprocess import PIPE

import pytest

SAYS = """
import sys
from steelyard import logs
logs.configure({form!r}, "INFO")
log = logs.get_logger("test")
sys.stdin.read()
try:
    raise ValueError
except ValueError:
    log.exception("a line")
log.warning("another line")
print("done")
"""


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_process_outlives_the_reader_of_its_log(form: str) -> None:
    command = [sys.executable, "-c", SAYS.format(form=form)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stderr.close()
        process.stdin.close()
        assert process.stdout.read() == "done\n"
    assert process.returncode in (0, 120)  # Python ends with 120 if a standard stream cannot be flushed


UNCAUGHT = """
import threading, warnings
from steelyard import logs
logs.configure("json", "INFO")
warnings.warn("a warning")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise ValueError("the end")
"""


def test_warnings_and_uncaught_exceptions_are_log_lines_too() -> None:
    run = subprocess.run([sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    warning, in_thread, at_end = [json.loads(line) for line in run.stderr.splitlines()]
    assert "UserWarning: a warning" in warning["event"]
    assert "ZeroDivisionError" in in_thread["exception"]
    assert "ValueError: the end" in at_end["exception"]


BOTH = """
from steelyard import logs
logs.configure({form!r}, {level!r})
logs.get_logger("a.name").info("it happened", text="a\\nb", number=0.5)
logs.info("a.name", "it happened", text="a\\nb", number=0.5)
"""


def said(form: str, level: str) -> list[str]:
    command = [sys.executable, "-c", BOTH.format(form=form, level=level)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_line_that_is_written_quickly_is_that_of_any_logger(form: str) -> None:
    time = re.compile(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
    slow, quick = (time.sub("TIME", line) for line in said(form, "INFO"))
    assert slow == quick
    assert "TIME" in quick


def test_a_line_is_written_at_its_level_alone() -> None:
    assert said("console", "WARNING") == []
