"""Documents: files that the centre publishes under its signature, such as W3C credentials and status lists."""

from typing import Final

import msgspec

from verify.core import fields
from verify.core.statement import IAT, Draft, Kind, Statement, draft

STATUS_FOLDER: Final = "status/"
"""Documents under this path are signed by status keys, all others by credential keys."""
_WHAT: Final = "document"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A file: its path on the centre's site, its media type and its bytes."""

    path: str
    media_type: str
    data: bytes
    issued_at: int

    def draft(self, kid: bytes) -> Draft:
        """The statement to be signed by the key ``kid``."""
        return draft(Kind.DOCUMENT, kid, {IAT: self.issued_at}, {1: self.path, 2: self.media_type, 3: self.data})


def read(statement: Statement) -> Document:
    """The document that ``statement`` holds. Raises Malformed for any breach of statements.cddl."""
    if statement.kind is not Kind.DOCUMENT:
        fields.refuse(f"{_WHAT}: a statement of another kind")
    content = fields.content(statement, _WHAT, (1, 2, 3))
    return Document(
        path=content.get(1, "path", fields.text),
        media_type=content.get(2, "media type", fields.text),
        data=content.get(3, "bytes", fields.any_octets),
        issued_at=fields.issued_at(statement, _WHAT),
    )
