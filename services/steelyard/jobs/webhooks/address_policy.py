"""Which addresses a webhook may go to: clients must not reach internal addresses through this service (SSRF)."""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from steelyard.errors import Fault, ValidationFailed
from steelyard.jobs.webhooks.schema import Webhook
from steelyard.settings import Network

NAT64 = IPv6Network("64:ff9b::/96")


def may_reach(address: str, allowed: Sequence[Network]) -> bool:
    """Whether an address is public or in one of the `allowed` networks. Raises `ValueError` for an invalid address.

    An IPv6 address that embeds an IPv4 address (mapped, 6to4, NAT64) is treated as that address.
    """
    found = _unwrapped(ipaddress.ip_address(address.split("%", 1)[0]))
    if any(found in network for network in allowed):
        return True
    return found.is_global and not found.is_multicast and not found.is_reserved


def require_reach(webhook: Webhook, allowed: Sequence[Network]) -> None:
    """Check a webhook whose host is an address; host names are resolved later. Raises `ValidationFailed`."""
    host = urlsplit(webhook.url).hostname or ""
    try:
        reachable = may_reach(host, allowed)
    except ValueError:
        return
    if not reachable:
        detail = f"goes to {host}; it must go to a public address, or to one in STEELYARD_WEBHOOK_NETWORKS"
        raise ValidationFailed([Fault("/webhook/url", detail)])


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
