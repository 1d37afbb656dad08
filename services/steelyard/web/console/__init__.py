"""The console: pages that show what the API says, live."""

from steelyard.web.console.pages import console

__all__ = ["console"]
