"""Which kind of file it is that a model is made from."""

from collections.abc import Collection

from steelyard.errors import Fault, ValidationFailed, pointer
from steelyard.exports.bundle import ModelBundle
from steelyard.imports import alike, described, exported
from steelyard.imports.contents import Contents
from steelyard.imports.draft import Draft
from steelyard.imports.request import DESCRIBING, PART, ImportRequest


def draft_of(contents: Contents, asked: ImportRequest, digest: str, like: ModelBundle | None = None) -> Draft:
    """The model that a file with this SHA-256 holds, or of its weights one like another.

    Raises `CannotImport`, `ValidationFailed`.
    """
    if like is not None:
        _require_none(asked, ("like", "modules"), f"comes from the model {like.id}; leave it out")
        return alike.draft_of(contents, like, asked.modules, digest)
    if contents.manifest is not None:
        _require_none(asked, (), "comes from the file, which is an export; leave it out")
        return exported.draft_of(contents, digest)
    return described.draft_of(contents, asked, digest)


def _require_none(asked: ImportRequest, allowed: Collection[str], detail: str) -> None:
    """That the request describes nothing but what is allowed. Raises `ValidationFailed`."""
    given = [name for name in DESCRIBING if name not in allowed and getattr(asked, name) is not None]
    if given:
        raise ValidationFailed([Fault(pointer(PART, name), detail) for name in given])
