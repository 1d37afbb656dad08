"""NumPy's own files: `.npy` for one array, `.npz` for several. Equal arrays give equal bytes."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

NPZ_MEDIA_TYPE = "application/x-npz"
NPY_MEDIA_TYPE = "application/x-npy"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can bear, so that no clock shows in the bytes


def dump_npy(array: NDArray[Any]) -> bytes:
    """One array as an `.npy` file."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array, order="C"), allow_pickle=False)
    return buffer.getvalue()


def dump_npz(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """Named arrays as an `.npz` file, uncompressed: weights do not compress."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, tensor in tensors.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", EPOCH), dump_npy(tensor))
    return buffer.getvalue()
