"""NumPy's own files: `.npy` for one array, `.npz` for several, in pieces. Equal arrays give equal bytes."""

import io
import zipfile
from collections.abc import Iterator, Mapping

import numpy as np

from steelyard.exports.pieces import PiecewiseTensor

NPZ_MEDIA_TYPE = "application/x-npz"
NPY_MEDIA_TYPE = "application/x-npy"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can bear, so that no clock shows in the bytes


def dump_npy(tensor: PiecewiseTensor) -> Iterator[bytes]:
    """One array as an `.npy` file."""
    header = {"descr": np.lib.format.dtype_to_descr(tensor.dtype), "fortran_order": False, "shape": tensor.shape}
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, header)
    yield buffer.getvalue()
    yield from tensor.pieces()


def dump_npz(tensors: Mapping[str, PiecewiseTensor]) -> Iterator[bytes]:
    """Named arrays as an `.npz` file, uncompressed: weights do not compress."""
    written = _Written()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, tensor in tensors.items():
            entry = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            entry.file_size = tensor.nbytes  # so that a large one gets the fields that it needs
            with archive.open(entry, "w") as file:
                for piece in dump_npy(tensor):
                    file.write(piece)
                    yield written.take()
    yield written.take()


class _Written(io.RawIOBase):
    """What was written since it was last taken. It cannot be sought in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        """Keep a piece."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        """What was written."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
