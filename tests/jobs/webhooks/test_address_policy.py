"""Which addresses a webhook may go to."""

from ipaddress import ip_network

import pytest

from steelyard.errors import ValidationFailed
from steelyard.jobs.webhooks.address_policy import may_reach, require_reach
from steelyard.jobs.webhooks.schema import Webhook

CLOSED = [
    "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "2001:0:7f00:1::",
]  # fmt: skip
OPEN = ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::"]


@pytest.mark.parametrize("address", CLOSED)
def test_what_only_this_machine_or_its_network_reaches_is_closed(address: str) -> None:
    assert not may_reach(address, [])


@pytest.mark.parametrize("address", OPEN)
def test_public_addresses_are_open(address: str) -> None:
    assert may_reach(address, [])


def test_networks_can_be_opened_one_by_one() -> None:
    networks = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    assert may_reach("10.9.9.9", networks)
    assert may_reach("::ffff:10.9.9.9", networks)
    assert may_reach("fd00::1", networks)
    assert not may_reach("192.168.0.1", networks)


def test_an_address_within_another_is_that_address_to_the_bit() -> None:
    networks = [ip_network("10.2.3.5/32")]
    for inner, is_open in (("a02:305", True), ("a02:304", False), ("a02:307", False)):
        assert may_reach(f"64:ff9b::{inner}", networks) == is_open


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "https://[::1]/", "http://169.254.169.254/latest"])
def test_a_webhook_to_a_closed_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValidationFailed, match=r"/webhook/url: goes to .*STEELYARD_WEBHOOK_NETWORKS"):
        require_reach(Webhook(url=url), [])


@pytest.mark.parametrize("host", ["example.com", "localhost"])
def test_names_are_looked_up_when_the_webhook_goes(host: str) -> None:
    require_reach(Webhook(url=f"http://{host}/x"), [])
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        may_reach(host, [])
