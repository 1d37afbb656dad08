"""Every setting of Steelyard, read once from `STEELYARD_…` environment variables into one frozen object.

The code that starts a process (`http.app`, `steelyard_worker.app`, `cli.main`) calls `load()` and hands the object
down; no other module looks at the environment.
"""

import hashlib
import re
import tempfile
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PositiveInt, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = IPv4Network | IPv6Network
GIB = 1 << 30
MIB = 1 << 20

BROKER_SCHEMES = ("redis", "rediss", "redis+socket", "amqp", "amqps")
DATABASE_SCHEMES = ("sqlite", "postgresql+psycopg")
ADDRESS_FORM = (
    "must be scheme://user:password@host:port/name, with a number as port; in the password write @ as %40, : as %3A, "
    "/ as %2F, # as %23, ? as %3F and % as %25"
)
LONGEST_SOCKET_PATH_BYTES = 100  # sun_path holds 108 on Linux, 104 on macOS
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingsError(Exception):
    """Settings that cannot be: one line for each wrong value, naming its variable."""


class Settings(BaseSettings):
    """What can be set. The README's table lists the same names; a test compares them."""

    model_config = SettingsConfigDict(env_prefix="STEELYARD_", frozen=True, extra="ignore")

    data_dir: Path = Field(Path(".steelyard"), description="directory of the embedded service's database and socket")
    database_url: str = Field("", description="SQLAlchemy URL; default: SQLite in DATA_DIR")
    broker_url: str = Field("", description="Celery broker URL; default: the embedded Valkey in DATA_DIR")
    host: str = Field("127.0.0.1", description="address the API listens on")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8000, description="port of the API; 0 picks a free one")
    worker_concurrency: PositiveInt = Field(2, description="jobs that one worker trains at a time")
    threads_per_job: PositiveInt = Field(1, description="threads of one training, where it is large enough")
    max_body_bytes: PositiveInt = Field(64 * MIB, description="largest request body")
    max_dataset_bytes: PositiveInt = Field(2 * GIB, description="largest data set, as sent and unpacked")
    max_job_memory_bytes: Annotated[int, Field(ge=GIB)] = Field(
        4 * GIB,
        description="address space of a process that trains or reads a file; larger jobs are refused",
    )
    max_job_seconds: PositiveInt = Field(86_400, description="longest training")
    lease_seconds: Annotated[int, Field(ge=2)] = Field(
        30, description="how long a worker may be silent before its job is given to another"
    )
    stall_seconds: PositiveInt = Field(
        300, description="how long a training may go without a batch before it counts as hung"
    )
    heartbeat_file: str = Field("", description="file that a worker touches every second, for health checks")
    webhook_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="additional networks that webhooks may reach: 10.0.0.0/8,fd00::/8"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="host names that requests may be sent to, beside loopback and HOST: api,a.example.com; * is any",
    )
    auth: Literal["off"] = Field("off", description="authentication: `off` allows everyone who can reach the address")
    allow_open: bool = Field(False, description="1 permits listening beyond loopback with AUTH=off")
    log_format: Literal["console", "json"] = Field("console", description="format of log lines")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="minimum log level")

    @field_validator("webhook_networks", mode="before")
    @classmethod
    def _several_networks(cls, given: Any) -> Any:
        return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _several_hosts(cls, given: Any) -> Any:
        return [part.strip().lower() for part in given.split(",") if part.strip()] if isinstance(given, str) else given

    @field_validator("allowed_hosts")
    @classmethod
    def _names_alone(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name != "*" and re.search(r"[\s/*@?#]|:\d+$", name.strip("[]") if name.startswith("[") else name):
                raise ValueError(f"{name!r} is not a host name: give names alone, without scheme, port or path")
        return names

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url:
            _require_scheme(url, DATABASE_SCHEMES)
            if not url.startswith("sqlite"):
                _require_address(url)
        return url

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, url: str) -> str:
        if url:
            _require_scheme(url, BROKER_SCHEMES)
            if not url.startswith("redis+socket"):
                _require_address(url)
        return url

    @model_validator(mode="after")
    def _not_open_by_accident(self) -> "Settings":
        if self.auth == "off" and self.host not in LOOPBACK and not self.allow_open:
            raise ValueError(
                f"STEELYARD_HOST is {self.host!r}, which others can reach, and STEELYARD_AUTH is off: "
                "listen on 127.0.0.1, or set STEELYARD_ALLOW_OPEN=1 where the network keeps strangers out"
            )
        return self

    @property
    def database(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'steelyard.db'}"

    @property
    def broker(self) -> str:
        """The broker's URL, with the default filled in: the socket that `steelyard up` makes."""
        return self.broker_url or f"redis+socket://{self.socket}"

    @property
    def socket(self) -> Path:
        """Where the embedded Valkey listens: in the data directory, or in a short one where that path is too long."""
        path = self.data_dir.absolute() / "valkey.sock"
        if len(str(path).encode()) <= LONGEST_SOCKET_PATH_BYTES:
            return path
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"steelyard-{digest}" / "valkey.sock"

    def as_environment(self) -> dict[str, str]:
        """The variables with which a child process gets these very settings."""
        values = self.model_dump(mode="json") | {"data_dir": str(self.data_dir.absolute())}
        for several in ("webhook_networks", "allowed_hosts"):
            values[several] = ",".join(values[several])
        return {f"STEELYARD_{name.upper()}": str(value) for name, value in values.items()}


def load(**overrides: Any) -> Settings:
    """The settings of this process: the environment, with `overrides` (command-line options) on top.

    Raises `SettingsError` with one line for each value that is wrong.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("\n".join(_line(fault) for fault in error.errors())) from None


def without_password(url: str) -> str:
    """An address as a message may show it."""
    head, at, tail = url.partition("?")[0].rpartition("@")
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.split(':', 1)[0]}:***@{tail}" if at else tail


def _require_scheme(url: str, schemes: tuple[str, ...]) -> None:
    if url.split("://", 1)[0] not in schemes:
        raise ValueError(f"must begin with one of {', '.join(f'{scheme}://' for scheme in schemes)}")


def _require_address(url: str) -> None:
    """See that a URL has the form scheme://user:password@host:port/name. Its parts are not repeated: one is secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError(ADDRESS_FORM) from None
    if url.count("@") > 1 or parts.fragment or "@" in parts.path + parts.query:
        raise ValueError(ADDRESS_FORM)


def _line(fault: Any) -> str:
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not fault["loc"]:
        return message
    name = str(fault["loc"][0])
    value = "wrong" if name.endswith("_url") else repr(str(fault["input"]))  # an address may hold a password
    return f"STEELYARD_{name.upper()} is {value}: {message[0].lower()}{message[1:]}"
