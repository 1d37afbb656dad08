"""`python -m steelyard_worker`: run a worker with the settings of the environment."""

import sys

from steelyard import settings
from steelyard.loading import loading
from steelyard_worker.fork_client import ForkServer

if __name__ == "__main__":
    ours = settings.load()
    fork_server = ForkServer(ours)
    fork_server.start()  # it imports what jobs need while this process imports Celery
    with loading():
        from steelyard_worker.app import serve

    sys.exit(serve(ours, fork_server))
