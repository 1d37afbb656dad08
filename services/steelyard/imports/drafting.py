"""Which kind of file it is that a model is made from."""

from steelyard.errors import Fault, ValidationFailed, pointer
from steelyard.imports import described, exported
from steelyard.imports.contents import Contents
from steelyard.imports.draft import Draft
from steelyard.imports.request import DESCRIBING, PART, ImportRequest


def draft_of(contents: Contents, asked: ImportRequest, digest: str) -> Draft:
    """The model that a file with this SHA-256 holds. Raises `CannotImport`, `ValidationFailed`."""
    if contents.manifest is not None:
        given = [name for name in DESCRIBING if getattr(asked, name) is not None]
        if given:
            detail = "comes from the file, which is an export; leave it out"
            raise ValidationFailed([Fault(pointer(PART, name), detail) for name in given])
        return exported.draft_of(contents, digest)
    return described.draft_of(contents, asked, digest)
