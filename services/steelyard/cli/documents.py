"""Files that a user writes: jobs as JSON or YAML, rows to predict. Raises `Unreadable` with one line."""

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

JSON = "application/json"
YAML = (".yaml", ".yml")


class Unreadable(Exception):
    """A file that is not what it must be."""


class StrictLoader(yaml.SafeLoader):
    """YAML in which `1e-3` is a number, as in YAML 1.2, and duplicate keys are rejected."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping. Raises `yaml.YAMLError`."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} appears twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def read_job(path: Path) -> bytes:
    """The job in a file, as JSON."""
    content = read_bytes(path)
    if path.suffix not in YAML:
        return content  # the service says what is wrong with it, and where
    try:
        return json.dumps(yaml.load(content, StrictLoader), default=str).encode()  # noqa: S506 -- it is a SafeLoader
    except yaml.YAMLError as error:
        raise Unreadable(f"{path} is not valid YAML: {error}") from None


def read_object(path: Path) -> dict[str, Any]:
    """The object in a .json or .yaml file."""
    try:
        document = json.loads(read_job(path))
    except ValueError as error:
        raise Unreadable(f"{path} is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise Unreadable(f"{path} must hold an object with fields such as 'layers'")
    return document


def read_bytes(path: Path) -> bytes:
    """What is in a file that must not be empty."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    if not content.strip():
        raise Unreadable(f"{path} is empty")
    return content
