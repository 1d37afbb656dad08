"""The API with short limits, for tests of what it does to clients that are slow.

python -m tests.web.impatient PORT DATA_DIR
"""

import asyncio
import sys
from pathlib import Path

from steelyard.settings import Settings
from steelyard.web import server
from steelyard.web.bodies import Bodies
from steelyard.web.front import Front
from steelyard.web.server import Guarded, Server

SECONDS = 1.0


class Hasty(Guarded):
    head_seconds = SECONDS


def main() -> None:
    server.IDLE_SECONDS = 2 * SECONDS  # type: ignore[assignment]
    settings = Settings(port=int(sys.argv[1]), data_dir=Path(sys.argv[2]))
    front = Front(settings)
    front._bodies = Bodies(most_document_bytes=settings.max_body_bytes, threads=front._threads, seconds=SECONDS)
    asyncio.run(Server(front, settings, Hasty).serve())


if __name__ == "__main__":
    main()
