"""Scripts and styles of others, served from the Python packages that they come in: no page needs the network."""

import gzip
import hashlib
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from flask import Blueprint, Response, request, send_file, send_from_directory

from steelyard.errors import NotFound

assets = Blueprint("assets", __name__)
PLACES = {
    "plotly.min.js": ("plotly", "package_data"),
    "swagger-ui.css": ("swagger_ui", "static"),
    "swagger-ui-bundle.js": ("swagger_ui", "static"),
}
A_DAY_SECONDS = 86_400


@cache
def _folder(name: str) -> Path:
    """Where the file lies. The package is not imported: plotly would bring a second of others along."""
    package, below = PLACES[name]
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], below)


@cache
def _compressed(name: str) -> bytes:
    """The file by gzip, a third of its size or less."""
    return gzip.compress((_folder(name) / name).read_bytes(), mtime=0)


@assets.get("/assets/<name>")
def get_asset(name: str) -> Response:
    """The file, compressed for clients that take it so."""
    if name not in PLACES:
        raise NotFound(f"there is no asset {name!r}")
    if not request.accept_encodings["gzip"]:
        answer = send_from_directory(_folder(name), name, max_age=A_DAY_SECONDS)
    else:
        answer = send_file(BytesIO(_compressed(name)), download_name=name, max_age=A_DAY_SECONDS)
        answer.content_encoding = "gzip"
        answer.set_etag(hashlib.sha256(_compressed(name)).hexdigest()[:32])
        answer.make_conditional(request.environ)
    answer.vary.add("Accept-Encoding")
    return answer
