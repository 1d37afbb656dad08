"""What every worker does besides training: it sends heartbeats, takes back lost jobs, and polls the queue.

If a job can be claimed while this worker has a free slot, the worker trains it: its message was lost or went to a busy
worker, or its back-off is over. So no job depends on a message, and the broker may be unreachable.

Several workers can do all of this at the same time without harm.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Engine

from steelyard.errors import Unavailable
from steelyard.jobs import heartbeats, ledger, queue
from steelyard.logs import bind, get_logger
from steelyard.settings import Settings
from steelyard.store import replies
from steelyard.store.space import Tidying
from steelyard_worker.identity import is_gone
from steelyard_worker.supervisor import Supervisor

ROUND_SECONDS = 1.0
ANNOUNCE_ROUNDS = 5
SWEEP_ROUNDS = 600
log = get_logger(__name__)


class Housekeeping:
    """A thread that does these tasks every second or less often."""

    def __init__(self, engine: Engine, settings: Settings, supervisor: Supervisor, name: str) -> None:
        self._engine = engine
        self._concurrency = settings.worker_concurrency
        self._heartbeat = Path(settings.heartbeat_file) if settings.heartbeat_file else None
        self._supervisor = supervisor
        self._name = name
        self._stopping = Event()
        self._rounds = 0
        self._tidying = Tidying(engine)
        self._thread = Thread(target=self._work, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Take back the jobs of earlier workers on this machine before new jobs are claimed; then start the thread."""
        try:
            self._reap(lambda owner: owner == self._name or is_gone(owner))  # an earlier process may have had this name
        except Unavailable:
            log.warning("the database is unreachable")
        self._thread.start()

    def stop(self) -> None:
        """Finish the current round and stop."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._heartbeat is not None:
                    with suppress(OSError):  # the health check will fail; lost jobs must still be taken back
                        self._heartbeat.touch()
                self._round()
            except Unavailable:
                log.warning("the database is unreachable")
            except Exception:
                log.exception("housekeeping failed; it is tried again")
            self._stopping.wait(ROUND_SECONDS)
        self._leave()

    def _round(self) -> None:
        with suppress(Unavailable):
            self._tidying.step()  # first: on a full disk, it frees the space that the rest needs
        if self._rounds % ANNOUNCE_ROUNDS == 0:
            heartbeats.announce(self._engine, self._name, concurrency=self._concurrency)
        if self._rounds % SWEEP_ROUNDS == 0:
            replies.forget_old(self._engine)
        self._rounds += 1
        self._reap(is_gone)
        if room := self._supervisor.room:
            for _ in range(queue.count_claimable(self._engine, limit=room)):
                self._supervisor.start_working()

    def _reap(self, is_gone: Callable[[str], bool]) -> None:
        for job_id, request_id in ledger.reap(self._engine, is_gone=is_gone).items():
            with bind(job_id=job_id, request_id=request_id):
                log.warning("the job's worker is lost; the job was taken back")

    def _leave(self) -> None:
        try:
            heartbeats.leave(self._engine, self._name)
        except Unavailable:
            log.warning("the database is unreachable; this worker cannot report to it")
