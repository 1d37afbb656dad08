"""Which webhooks are accepted, and what a webhook changes."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from steelyard.errors import ValidationFailed
from steelyard.jobs.webhooks.schema import Webhook, host_of
from steelyard.training.estimate import Limits
from steelyard.training.examples import SMALLEST
from steelyard.training.plan import read_job
from tests.conftest import no_tables
from tests.jobs.webhooks.test_outbox import TOLD


def test_whom_it_is_told_does_not_change_what_is_trained() -> None:
    plain, told = (read_job(spec, limits=Limits(4 << 30), tables=no_tables) for spec in (SMALLEST, TOLD))
    assert plain.digest == told.digest


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/hook", "example.com:443"),
        ("http://EXAMPLE.com", "example.com:80"),
        ("http://[::1]:8080/", "::1:8080"),
    ],
)
def test_a_host_has_one_spelling(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("webhook", "place", "words"),
    [
        ({"url": "ftp://example.com"}, "/webhook/url", "http or https"),
        ({"url": "https://"}, "/webhook/url", "http or https"),
        ({"url": "https://a:b@example.com"}, "/webhook/url", "without"),
        ({"url": "https://example.com/ x"}, "/webhook/url", "http or https"),
        ({"url": "https://example.com:99999/"}, "/webhook/url", "http or https"),
        ({"url": "https://example.com", "secret": "hush-hush"}, "/webhook/secret", "whsec_"),
        ({"url": "https://example.com", "secret": "whsec_aHVzaA=="}, "/webhook/secret", "24 to 64 bytes"),
        ({}, "/webhook/url", "missing"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(webhook: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_job({**SMALLEST, "webhook": webhook}, limits=Limits(4 << 30), tables=no_tables)
    [fault] = caught.value.faults
    assert fault.pointer == place
    assert words in fault.detail
    assert "hush" not in fault.detail


def secret_of(count: int) -> str:
    return f"whsec_{base64.b64encode(bytes(count)).decode()}"


@pytest.mark.parametrize("count", [24, 64])
def test_a_secret_has_24_to_64_bytes(count: int) -> None:
    assert Webhook(url="https://example.com", secret=secret_of(count)).secret == secret_of(count)


@pytest.mark.parametrize("secret", [secret_of(23), secret_of(65), f"whsec_!{secret_of(24)[6:]}"])
def test_a_secret_of_another_length_or_form_is_rejected(secret: str) -> None:
    with pytest.raises(ValidationError, match="24 to 64 bytes in base64"):
        Webhook(url="https://example.com", secret=secret)


def test_a_host_has_a_bounded_length_with_its_port() -> None:
    assert host_of(f"http://{'a' * 300}:81/x") == f"{'a' * 252}:81"
