"""A CSV file that does not fit into the memory that its reader may have is too large, not unreadable."""

import subprocess
import sys
from pathlib import Path

MAP = """
import resource, sys
from steelyard.tabular.readers.csv import mapped
resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))
try:
    with mapped(sys.argv[1]):
        print("it fits")
except MemoryError:
    print("too large")
"""


def test_a_file_larger_than_the_address_space_is_a_matter_of_memory(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(b"a")
        file.truncate(1 << 32)
    done = subprocess.run([sys.executable, "-c", MAP, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "too large\n"
