"""The services that routes use, made once by the composition root."""

from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from steelyard.attribution.service import Explainer
from steelyard.datasets.reader_pool import Readers
from steelyard.inference.service import Predictor
from steelyard.jobs.doorbell import Doorbell
from steelyard.settings import Settings
from steelyard.store.engine import Engine
from steelyard.web.accounting import Meters
from steelyard.web.in_flight import InFlight

KEY = "steelyard"
THREADS = 32
# What the front and Flask tell each other in the environment of a request.
REQUEST_ID, ROUTE, BODY_FILE = "steelyard.request_id", "steelyard.route", "steelyard.body_file"


@dataclass(frozen=True)
class Services:
    """Everything that a route may use."""

    settings: Settings
    engine: Engine
    doorbell: Doorbell
    predictor: Predictor
    explainer: Explainer
    readers: Readers
    meters: Meters
    in_flight: InFlight = field(default_factory=InFlight)

    def close(self) -> None:
        """End what runs beside requests, and give connections back."""
        self.readers.stop()
        self.doorbell.close()
        self.engine.dispose()


def services() -> Services:
    """Those of the application that serves this request."""
    return cast(Services, current_app.extensions[KEY])
