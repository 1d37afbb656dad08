"""The service itself."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from steelyard.web.answers.base import Answer


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


class Catalog(BaseModel):
    """Every component that a job can use, by family."""

    model_config = ConfigDict(extra="allow")

    object: Literal["catalog"]
    layers: list[dict[str, Any]]
