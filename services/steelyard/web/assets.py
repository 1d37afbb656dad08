"""Scripts and styles of others, served from the Python packages that they come in: no page needs the network."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, send_from_directory

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


@assets.get("/assets/<name>")
def get_asset(name: str) -> Response:
    """The file."""
    if name not in PLACES:
        raise NotFound(f"there is no asset {name!r}")
    return send_from_directory(_folder(name), name, max_age=A_DAY_SECONDS)
