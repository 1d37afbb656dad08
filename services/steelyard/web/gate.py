"""Which requests a browser may have been tricked into: those to a foreign host name, and writes from foreign pages.

A page of any site can send requests to this service from the browser of somebody who may reach it, and by a name of
its own that it points here (DNS rebinding) can even read the answers. Programs are not kept out by any of this.
"""

import ipaddress
import re

from steelyard.errors import Forbidden, shown
from steelyard.settings import Settings

READING = ("GET", "HEAD", "OPTIONS")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
ANY_HOST = "*"
AUTHORITY = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(:[0-9]{1,5})?")
MOST_KNOWN = 100


class Gate:
    """What the settings let in."""

    def __init__(self, settings: Settings) -> None:
        self._named = settings.allowed_hosts
        self._hosts = {*LOOPBACK_NAMES, settings.host.lower(), *self._named}
        self._known: set[str] = set()
        self._takes_addresses = _is_wildcard(settings.host)

    def check(self, method: str, headers: dict[str, str]) -> None:
        """Let a request in, by its headers (names in lower case). Raises `Forbidden`."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            raise Forbidden(
                f"the Host header names {shown(host)}, which this service does not accept; "
                "to accept it, add it to STEELYARD_ALLOWED_HOSTS"
            )
        if method not in READING:
            self._check_origin(host, headers)

    def _check_origin(self, host: str, headers: dict[str, str]) -> None:
        origin = headers.get("origin")
        if origin is None:
            is_foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        else:
            sender = origin.lower().partition("://")[2]
            is_foreign = sender != host.lower() and _name(sender) not in self._named
        if is_foreign and ANY_HOST not in self._named:
            raise Forbidden(
                f"a page of another site ({shown(origin or 'unknown')}) sent this request; only this service's own "
                "pages, and programs, may send anything but GET and HEAD"
            )

    def _is_ours(self, host: str) -> bool:
        if host in self._known:  # the same few, again and again
            return True
        name = _name(host)
        is_ours = ANY_HOST in self._named or name in self._hosts or (self._takes_addresses and _is_address(name))
        if is_ours and len(self._known) < MOST_KNOWN:
            self._known.add(host)
        return is_ours


def _name(authority: str) -> str | None:
    """The host of `host:port`, in lower case; `None` if it is no such thing."""
    found = AUTHORITY.fullmatch(authority.lower())
    return None if found is None else (found["address"] or found["name"]).rstrip(".")


def _is_address(name: str | None) -> bool:
    try:
        ipaddress.ip_address(name or "")
    except ValueError:
        return False
    return True


def _is_wildcard(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_unspecified
