"""Zip files whose bytes depend on their content alone: no clock, no compression that differs between versions."""

import io
import zipfile
from collections.abc import Mapping

from steelyard.exports.npz import EPOCH

READABLE = 0o644 << 16
UNIX = 3


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip file with these files, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = UNIX, READABLE
            archive.writestr(entry, content)
    return buffer.getvalue()
