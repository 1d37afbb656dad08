"""The process that reads strangers' files: one order a line on standard input, one answer a line on standard output.

Arguments: the memory that it may have in bytes, and the process id of its parent.
"""

import gc
import os
import signal
import sys
from typing import Any

import orjson

from steelyard.data import parts
from steelyard.data.files.arrow import Read
from steelyard.data.files.options import Dialect
from steelyard.data.files.profile import profile
from steelyard.data.files.refusal import Unreadable
from steelyard.data.files.source import Options, open_file
from steelyard.data.kinds import infer
from steelyard.datasets import sandbox
from steelyard.lifeline import end_with_parent

SECONDS = 120


def main() -> None:
    """Serve orders until standard input ends."""
    end_with_parent(signal.SIGKILL, int(sys.argv[2]))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    sandbox.enter(memory_bytes=int(sys.argv[1]))
    answers.write(b'{"ready":true}\n')
    for line in sys.stdin.buffer:
        sandbox.allow_seconds(SECONDS)
        answers.write(orjson.dumps(serve(orjson.loads(line))) + b"\n")
        gc.collect()


def serve(order: dict[str, Any]) -> dict[str, Any]:
    """Read the file `from`, write its columns to the file `to`; the answer says what was read, or why it was not.

    Columns that are `wanted` by name are not for being described, so no more than their kind is said.
    """
    wanted = None if order["wanted"] is None else tuple(order["wanted"])
    options = Options(order["format"], order["max_bytes"], Dialect(**order["dialect"]), wanted)
    try:
        with open_file(order["from"], options) as source, open(order["to"], "wb") as file:  # noqa: PTH123 -- made for us
            profiles = []
            for place, column in enumerate(source.columns):
                parts.write(file, parts.split(place, column.values))
                profiles.append(profile(column) if wanted is None else _kind(column))
            return {"rows": source.rows, "columns": profiles, "found": source.found}
    except Unreadable as fault:
        return {"unreadable": str(fault), "detail": fault.detail, "row": fault.row, "column": fault.column}
    except MemoryError:
        return {"too_large": True}


def _kind(column: Read) -> dict[str, Any]:
    kind, _ = infer(column.name, column.values, is_moment=column.is_moment)
    return {"name": column.name, "kind": kind}


if __name__ == "__main__":
    main()
