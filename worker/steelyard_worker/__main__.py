"""`python -m steelyard_worker`: a worker, with the settings of its environment."""

import sys

from steelyard import settings
from steelyard_worker.nursery import Nursery

if __name__ == "__main__":
    ours = settings.load()
    nursery = Nursery(ours)
    nursery.start()  # what jobs need is loaded while the worker imports Celery
    from steelyard_worker.app import serve

    sys.exit(serve(ours, nursery))
