"""The right facts of a holder whose certificate says them wrong."""

import datetime

import msgspec

from signing.workbook import corrections
from verify.shared.command import Refusal


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a replacement says of its holder where the old certificate was wrong. Its repr shows nothing."""

    name: str
    id_type: str
    id_key: str

    def __repr__(self) -> str:
        return "Facts()"


def right_name(name: str) -> str:
    """The right name of a holder as it is registered. Raises Refusal."""
    kept, found = corrections.name(name)
    if kept is None:
        raise Refusal(" ".join(finding.message for finding in found if finding.refuses))
    return kept


def right(name: str, id_type: str, id_number: str, today: datetime.date) -> Facts:
    """The right facts of a holder of this right name. Raises Refusal."""
    key, found = corrections.id_number(id_type, id_number, today)
    if key is None:
        raise Refusal(" ".join(finding.message for finding in found if finding.refuses))
    return Facts(name=name, id_type=id_type, id_key=key)
