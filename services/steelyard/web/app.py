"""The composition root of the API: makes a Flask application from the settings."""

from flask import Flask, Response, g, request

from steelyard.attribution.api import explanations
from steelyard.attribution.service import Explainer
from steelyard.datasets.api import datasets
from steelyard.datasets.reader_pool import Readers
from steelyard.http import services
from steelyard.http.accounting import choose_id, make_meters
from steelyard.http.environment import REQUEST_ID, ROUTE
from steelyard.http.uploads import Uploads
from steelyard.imports.api import imports
from steelyard.imports.importing import Importing
from steelyard.inference.api import predictions
from steelyard.inference.protocols.api import protocols
from steelyard.inference.service import Predictor
from steelyard.jobs.doorbell import Doorbell
from steelyard.logs import bind
from steelyard.models.api import models
from steelyard.models.references import References
from steelyard.replays.api import replays
from steelyard.replays.service import Replayer
from steelyard.revisions.api import revisions
from steelyard.revisions.diff import Differ
from steelyard.revisions.edits import Editing
from steelyard.settings import Settings
from steelyard.store.engine import make_engine
from steelyard.studies.api import labs, mends
from steelyard.traces.api import traces
from steelyard.traces.service import Tracer
from steelyard.training.api import catalog, jobs, weights
from steelyard.web.assets import assets
from steelyard.web.console import console
from steelyard.web.health import JobsByStatus, health
from steelyard.web.openapi import docs
from steelyard.web.problems import add_handlers, problems
from steelyard.web.wiring import KEY, Services

# plotly sets styles on the elements it draws, and draws its icons from data: and blob: addresses.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


def create_app(ours: Settings) -> Flask:
    """The API on these settings. Nothing is connected to before the first request."""
    app = Flask(__name__)
    app.request_class = Uploads
    app.config["MAX_CONTENT_LENGTH"] = ours.max_body_bytes
    app.url_map.merge_slashes = False
    engine = make_engine(ours.database)
    meters = make_meters()
    meters.registry.register(JobsByStatus(engine))
    references = References(engine)
    predictor = Predictor(engine, references)
    readers = Readers(memory_bytes=ours.max_job_memory_bytes)
    shared = Services(
        ours,
        engine,
        Doorbell(ours.broker),
        references,
        predictor,
        Explainer(engine, predictor, readers),
        Tracer(engine, readers, ours),
        Replayer(engine, readers),
        Differ(engine, predictor, readers),
        Editing(engine, references, readers),
        Importing(engine),
        readers,
        meters,
    )
    app.extensions[KEY] = shared
    app.extensions[services.KEY] = shared.by_class()
    rooms = (
        jobs,
        weights,
        catalog,
        datasets,
        models,
        predictions,
        protocols,
        explanations,
        traces,
        replays,
        revisions,
        imports,
        mends,
        labs,
    )
    for blueprint in (*rooms, health, docs, problems, console, assets):
        app.register_blueprint(blueprint)
    add_handlers(app)
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)
    return app


def _begin() -> None:
    g.request_id = request.environ.get(REQUEST_ID) or choose_id(None)
    g.log_context = bind(request_id=g.request_id)
    g.log_context.__enter__()


def _end(response: Response) -> Response:
    request.environ[ROUTE] = request.url_rule.rule if request.url_rule else "none"
    if response.content_type.startswith("text/html"):
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "same-origin"
    return response


def _forget(_: BaseException | None) -> None:
    if context := g.pop("log_context", None):
        context.__exit__(None, None, None)
