"""What clients see of the service itself."""

from typing import Any, Literal

from steelyard.documents.schema import Answer


class Health(Answer):
    """This process."""

    status: Literal["ok"]
    version: str


class Part(Answer):
    """A part of the service."""

    ok: bool
    detail: str


class Readiness(Answer):
    """The service."""

    ready: bool
    parts: dict[str, Part]


class OpenAPI(Answer):
    """An OpenAPI document."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]
