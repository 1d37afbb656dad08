"""`python -m steelyard.http`: the API, with the settings of its environment."""

from steelyard import settings
from steelyard.http.server import serve

if __name__ == "__main__":
    serve(settings.load())
