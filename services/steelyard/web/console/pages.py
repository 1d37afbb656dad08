"""The pages: templates alone. What they show, their scripts fetch from the API."""

import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, render_template, request, send_from_directory

from steelyard.datasets import library as datasets
from steelyard.errors import NotFound
from steelyard.http.services import service
from steelyard.models import library as models
from steelyard.store.engine import Engine, reading
from steelyard.studies import initialization_lab, mend
from steelyard.tabular.builtin import BUILTINS
from steelyard.training.kind import TRAINING

console = Blueprint(
    "console", __name__, template_folder="templates", static_folder="static", static_url_path="/console/static"
)
STATIC = Path(__file__).resolve().with_name("static")
A_YEAR_SECONDS = 31_536_000
LESSONS: dict[str, dict[str, Any]] = {
    path.stem: orjson.loads(path.read_bytes()) for path in sorted(STATIC.joinpath("lessons").glob("*.json"))
}
LISTED = ("title", "goal", "minutes")
NAVIGATION = {
    "Jobs": "/",
    "Data": "/console/datasets",
    "Models": "/console/models",
    "Studies": "/console/studies",
    "Lessons": "/console/lessons",
    "Catalog": "/console/catalog",
    "API": "/docs",
}


@cache
def _version() -> str:
    """Changes with every file of the pages."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*.*")):
        digest.update(b"%b\0%b\0" % (path.name.encode(), path.read_bytes()))
    return digest.hexdigest()[:16]


def _address(name: str) -> str:
    return f"/console/files/{_version()}/{name}"


@console.get("/console/files/<version>/<path:name>")
def get_file(version: str, name: str) -> Response:
    """A script or style. Browsers keep it, since other content has another address: pages have dozens of them."""
    return send_from_directory(STATIC, name, max_age=A_YEAR_SECONDS if version == _version() else None)


@console.context_processor
def _common() -> dict[str, Any]:
    return {"navigation": NAVIGATION.items(), "file": _address}


@console.errorhandler(NotFound)
def _show_missing(error: NotFound) -> tuple[str, HTTPStatus]:
    return render_template("missing.html", detail=error.detail, path=request.path), HTTPStatus.NOT_FOUND


def _page(title: str, script: str, *, heading: str | None = None, sheet: str | None = None, **data: str) -> str:
    """A heading, and a script that fills the rest. `data` are the script's parameters, `sheet` is the page's style."""
    return render_template("page.html", title=title, heading=heading or title, script=script, sheet=sheet, data=data)


@console.get("/")
def show_home() -> str:
    """A form for a new job, and the list of jobs."""
    return _page("Jobs", "home", heading="Train a network, see its weights", sheet="home")


@console.get("/console/jobs/<job_id>")
def show_job(job_id: str) -> str:
    """One job: its curve, its weights, its findings."""
    with reading(service(Engine)) as connection:
        TRAINING.read(connection, job_id)
    return render_template("job.html", job_id=job_id)


@console.get("/console/compare")
def show_comparison() -> str:
    """Two to eight jobs side by side; the address names them: `?jobs=job_…,job_…`."""
    return _page("Compare", "compare")


@console.get("/console/studies")
def show_studies() -> str:
    """Mends and initialization labs, and a form for a new lab."""
    return _page("Studies", "studies")


@console.get("/console/studies/<study_id>")
def show_study(study_id: str) -> str:
    """One mend or initialization lab, by the prefix of its id."""
    engine = service(Engine)
    if study_id.startswith("lab_"):
        initialization_lab.get(engine, study_id)
        return _page("Initialization lab", "lab", study=study_id)
    mend.get(engine, study_id)
    return _page("Mend", "mend", study=study_id)


@console.get("/console/lessons")
def show_lessons() -> str:
    """The list of lessons."""
    listed = [{"slug": slug} | {name: each[name] for name in LISTED} for slug, each in LESSONS.items()]
    return _page("Lessons", "lessons", sheet="lessons", lessons=orjson.dumps(listed).decode())


@console.get("/console/lessons/<slug>")
def show_lesson(slug: str) -> str:
    """One lesson."""
    if slug not in LESSONS:
        raise NotFound(f"there is no lesson {slug!r}")
    slugs = [*LESSONS, ""]
    return _page(LESSONS[slug]["title"], "lesson", sheet="lessons", lesson=slug, next=slugs[slugs.index(slug) + 1])


@console.get("/console/datasets")
def show_datasets() -> str:
    """Uploaded data, and a place to drop a file."""
    return _page("Data", "datasets")


@console.get("/console/datasets/<dataset_id>")
def show_dataset(dataset_id: str) -> str:
    """One data set, uploaded or built in: its columns, its rows, its warnings."""
    if dataset_id in BUILTINS:
        return _page("Data set", "dataset", dataset=dataset_id, builtin="yes")
    datasets.get(service(Engine), dataset_id)
    return _page("Data set", "dataset", dataset=dataset_id)


@console.get("/console/models")
def show_models() -> str:
    """The list of models."""
    return _page("Models", "models")


@console.get("/console/models/<model_id>")
def show_model(model_id: str) -> str:
    """One model: a form to predict a row, aliases, lineage, exports."""
    models.get_model(service(Engine), model_id)
    return _page("Model", "model", model=model_id)


@console.get("/console/catalog")
def show_catalog() -> str:
    """Every component that a job can use, with its formula and picture."""
    return _page("Catalog", "catalog")
