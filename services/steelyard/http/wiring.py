"""What the routes work with, made once by the composition root."""

from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import cast

from flask import current_app

from steelyard.datasets.columns import Columns
from steelyard.datasets.reading import Readers
from steelyard.http.accounting import Accounts, Meters
from steelyard.http.in_flight import InFlight
from steelyard.jobs.doorbell import Doorbell
from steelyard.models.explainer import Explainer
from steelyard.models.predictor import Predictor
from steelyard.settings import Settings
from steelyard.store.engine import Engine

KEY = "steelyard"
THREADS = 32
MOST_WAITERS = THREADS // 2  # clients that wait for a job must not keep the others out


@dataclass(frozen=True)
class Services:
    """Everything that a route may use."""

    settings: Settings
    engine: Engine
    doorbell: Doorbell
    predictor: Predictor
    explainer: Explainer
    readers: Readers
    columns: Columns
    meters: Meters
    accounts: Accounts
    in_flight: InFlight = field(default_factory=InFlight)
    waiters: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(MOST_WAITERS))


def services() -> Services:
    """Those of the application that serves this request."""
    return cast(Services, current_app.extensions[KEY])
