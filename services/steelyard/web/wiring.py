"""The services that routes use, made once by the composition root."""

from dataclasses import dataclass, field
from typing import cast, get_type_hints

from flask import current_app

from steelyard.attribution.service import Explainer
from steelyard.datasets.reader_pool import Readers
from steelyard.http.accounting import Meters
from steelyard.http.in_flight import InFlight
from steelyard.imports.importing import Importing
from steelyard.inference.service import Predictor
from steelyard.jobs.doorbell import Doorbell
from steelyard.models.references import References
from steelyard.replays.service import Replayer
from steelyard.revisions.diff import Differ
from steelyard.revisions.edits import Editing
from steelyard.settings import Settings
from steelyard.store.engine import Engine
from steelyard.traces.service import Tracer

KEY = "steelyard"
THREADS = 32


@dataclass(frozen=True)
class Services:
    """Everything that a route may use."""

    settings: Settings
    engine: Engine
    doorbell: Doorbell
    references: References
    predictor: Predictor
    explainer: Explainer
    tracer: Tracer
    replayer: Replayer
    differ: Differ
    editing: Editing
    importing: Importing
    readers: Readers
    meters: Meters
    in_flight: InFlight = field(default_factory=InFlight)

    def by_class(self) -> dict[type, object]:
        """Each of them by its class, as `steelyard.http.services` finds it."""
        return {kind: getattr(self, name) for name, kind in get_type_hints(Services).items()}

    def close(self) -> None:
        """End what runs beside requests, and give connections back."""
        self.readers.stop()
        self.doorbell.close()
        self.engine.dispose()


def services() -> Services:
    """Those of the application that serves this request."""
    return cast(Services, current_app.extensions[KEY])
