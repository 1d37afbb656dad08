"""Which webhooks are accepted, and what a webhook changes."""

from typing import Any

import pytest

from steelyard.errors import ValidationFailed
from steelyard.jobs.webhooks.schema import host_of
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
