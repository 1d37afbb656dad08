"""The console: pages that show what the API says, live."""

from steelyard.http.console.pages import console

__all__ = ["console"]
