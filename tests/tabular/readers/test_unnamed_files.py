"""A temporary file that no folder shows, which other processes of the user can open nevertheless."""

import subprocess
import sys
from pathlib import Path

import pytest

WRITER = """
import sys, time
from steelyard.tabular.readers.unnamed_files import path_of, unnamed_file
file = unnamed_file()
file.write(b"bytes")
file.flush()
print(path_of(file), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_file_is_readable_and_writable_by_its_path_and_goes_with_the_process_that_is_killed(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER], stdout=subprocess.PIPE, text=True, env={"TMPDIR": str(tmp_path)}
    )
    try:
        assert writer.stdout is not None
        path = Path(writer.stdout.readline().strip())
        assert path.read_bytes() == b"bytes"
        path.write_bytes(b"others")
        assert path.read_bytes() == b"others"
        assert not list(tmp_path.iterdir())
    finally:
        writer.kill()
        writer.communicate()
    assert not list(tmp_path.iterdir())
    assert not path.exists()
