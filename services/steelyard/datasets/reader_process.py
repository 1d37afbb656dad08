"""The process that reads untrusted files: orders on standard input, answers on standard output, one per line.

Arguments: the memory that it may have in bytes, and the process id of its parent.
"""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import orjson

from steelyard.datasets import sandbox
from steelyard.datasets.orders import PROCESSOR_SECONDS
from steelyard.lifeline import end_with_parent
from steelyard.tabular import chunks
from steelyard.tabular.readers.options import FORMATS, Dialect
from steelyard.tabular.readers.read import Options, open_file
from steelyard.tabular.readers.unnamed_files import NO_ROOM
from steelyard.tabular.readers.unreadable import Unreadable


def main() -> None:
    """Serve orders until standard input ends."""
    end_with_parent(signal.SIGKILL, int(sys.argv[2]))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    sandbox.enter(memory_bytes=int(sys.argv[1]))
    sys.unraisablehook = _ignore
    answers.write(b'{"ready":true}\n')
    for line in sys.stdin.buffer:
        sandbox.allow_seconds(PROCESSOR_SECONDS)
        for answer in serve(orjson.loads(line)):
            answers.write(orjson.dumps(answer) + b"\n")
        gc.collect()


def _ignore(_: object) -> None:
    """Do not print what pyarrow raises over rows that are not UTF-8: the answer names the row."""


def serve(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Read the file `from`.

    The first answer says how many rows there are, or why it was not read; the second what the columns hold; each
    further one that the next part of every column is written to the file `to`, and whether that was the last.
    Columns that are `wanted` by name are not described in full: only their kind is returned. A format that is none of a
    file's is the name of a module, whose own `serve` reads the file.
    """
    if order["format"] not in FORMATS.values():  # a format of a room above, imported only when needed
        yield from import_module(order["format"]).serve(order)
        return
    dialect = Dialect(**order["dialect"])
    options = Options(order["format"], order["max_bytes"], dialect, order["wanted"], order["usual"])
    try:
        with open_file(order["from"], options) as source:
            yield {"rows": source.rows, "found": source.found}
            columns = list(source.columns)
        yield {"columns": [facts for _, facts in columns]}
        with open(order["to"], "wb") as file:  # noqa: PTH123 -- made for us
            for first in range(0, source.rows, chunks.ROWS):
                chunks.write(file, (chunks.cut(place, values, first) for place, (values, _) in enumerate(columns)))
                file.flush()
                yield {"written": first + chunks.ROWS >= source.rows}
    except Unreadable as fault:
        yield {"unreadable": str(fault), "detail": fault.detail, "row": fault.row, "column": fault.column}
    except MemoryError:
        yield {"too_large": True}
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        yield {"no_room": True}


if __name__ == "__main__":
    main()
