"""`python -m steelyard_worker`: a worker, with the settings of its environment."""

import sys

from steelyard import settings
from steelyard_worker.app import serve

if __name__ == "__main__":
    sys.exit(serve(settings.load()))
