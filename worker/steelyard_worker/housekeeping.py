"""What every worker does beside training: says that it lives, takes lost jobs back, rings for those that wait.

It rings only while it has room itself: a job that waits because all are busy needs no message, and a queue of many
such jobs must not fill the broker with rings.

All of it is harmless when several workers do it at once, and goes on while the broker is away.
"""

from threading import Event, Thread

from sqlalchemy import Engine

from steelyard.errors import Unavailable
from steelyard.jobs import ledger, roster
from steelyard.jobs.doorbell import Doorbell
from steelyard.logs import get_logger
from steelyard.settings import Settings
from steelyard.store import replies
from steelyard_worker.supervisor import Supervisor

ROUND_SECONDS = 1.0
ANNOUNCE_ROUNDS = 5
SWEEP_ROUNDS = 600
RINGS_A_ROUND = 100
log = get_logger(__name__)


class Housekeeping:
    """A thread that makes its round every few seconds."""

    def __init__(
        self, engine: Engine, doorbell: Doorbell, settings: Settings, supervisor: Supervisor, name: str
    ) -> None:
        self._engine = engine
        self._doorbell = doorbell
        self._concurrency = settings.worker_concurrency
        self._supervisor = supervisor
        self._name = name
        self._stopping = Event()
        self._rounds = 0
        self._thread = Thread(target=self._work, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin with the rounds."""
        self._thread.start()

    def stop(self) -> None:
        """End with the round that is under way."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._round()
            except Unavailable:
                log.warning("the database is away")
            except Exception:
                log.exception("a round of housekeeping failed; the next one comes")
            self._stopping.wait(ROUND_SECONDS)
        self._leave()

    def _round(self) -> None:
        if self._rounds % ANNOUNCE_ROUNDS == 0:
            roster.announce(self._engine, self._name, concurrency=self._concurrency)
        if self._rounds % SWEEP_ROUNDS == 0:
            replies.forget_old(self._engine)
        self._rounds += 1
        for job_id in ledger.reap(self._engine):
            log.warning("lease ran out; the job was taken back", job_id=job_id)
        if not self._supervisor.has_room:
            return
        for job_id in ledger.take_waiting(self._engine, limit=RINGS_A_ROUND):
            if not self._doorbell.ring(job_id):
                break

    def _leave(self) -> None:
        try:
            roster.leave(self._engine, self._name)
        except Unavailable:
            log.warning("the database is away; this worker will be missed there for a while")
