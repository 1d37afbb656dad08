"""The webhook of a job: the URL that is notified of its end, and the secret that signs the message."""

import base64
import binascii
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from steelyard.documents.schema import Strict
from steelyard.errors import shown

SECRET_PREFIX = "whsec_"  # noqa: S105 -- the prefix that Standard Webhooks defines
SECRET_BYTES = range(24, 65)


def _url(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        sound = sound and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        sound = False
    if not sound:
        raise ValueError(f"is {shown(url)}; it must be an http or https URL")
    if parts.username is not None or parts.fragment:
        raise ValueError("has a user or a fragment; it must be a URL without them")
    return url


def _secret(secret: str) -> str:
    try:
        sound = len(base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)) in SECRET_BYTES
    except (binascii.Error, ValueError):
        sound = False
    if not sound:  # the value is not repeated in the error: it may be a secret
        raise ValueError("is not a signing key; it must be 'whsec_' and 24 to 64 bytes in base64")
    return secret


def host_of(url: str) -> str:
    """The host and port of a webhook's URL in normalized form; at most 255 characters."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}:{port}"[-255:]


class Webhook(Strict):
    """A server that gets a message when the job ends, signed as in https://www.standardwebhooks.com."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)  # the secret is not returned

    url: Annotated[str, Field(max_length=2000), AfterValidator(_url)]
    secret: Annotated[str, AfterValidator(_secret)] | None = Field(
        None, description="`whsec_` and 24 to 64 bytes in base64; never returned; without it, messages are not signed"
    )
