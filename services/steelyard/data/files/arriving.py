"""A file that another process may still be writing: whoever reads it waits where it ends, until more has come."""

import os
from collections.abc import Callable


class Arriving:
    """The file at `path`. `more` waits for the next piece of it, and is false once all is there."""

    def __init__(self, path: str, more: Callable[[], bool]) -> None:
        self.path = path
        self._more = more
        self._is_whole = False
        self._descriptor = os.open(path, os.O_RDONLY)

    def start(self, size: int) -> bytes:
        """Its first `size` bytes, or all that there are."""
        while os.fstat(self._descriptor).st_size < size and not self._is_whole:
            self._is_whole = not self._more()
        return os.pread(self._descriptor, size, 0)

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        pieces, missing = [], size
        while missing:
            was_whole = self._is_whole
            piece = os.read(self._descriptor, missing)
            pieces.append(piece)
            missing -= len(piece)
            if not piece:
                if was_whole:
                    break
                self._is_whole = not self._more()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def finish(self) -> None:
        """Wait until all is there."""
        while not self._is_whole:
            self._is_whole = not self._more()

    def close(self) -> None:
        """Let go of the file, once all is there."""
        self.finish()
        os.close(self._descriptor)
