"""What an asker would rather have: header fields of alternatives with weights (RFC 9110 section 12.4.2)."""

import re
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 1000
"""Characters of such a field that are looked at."""
_WEIGHT: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


def weights(field: str) -> Iterator[tuple[str, float]]:
    """Each alternative in lower case, without parameters, and its weight from 0 to 1; of a broken weight, 0."""
    for item in field[:LONGEST].lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        weight = next((value for key, _, value in (part.partition("=") for part in parameters) if key == "q"), "1")
        yield name, float(weight) if _WEIGHT.fullmatch(weight) else 0.0


def wish(field: str, media_type: str) -> tuple[float, int]:
    """How much an Accept field wants a media type, and how exactly it names it (12.5.1); the greater is wanted more."""
    asked = dict(weights(field))
    main = media_type.partition("/")[0]
    for exactness, name in enumerate((media_type, f"{main}/*", "*/*")):
        if name in asked:
            return (asked[name], -exactness) if asked[name] else _UNWANTED
    return _UNWANTED


_UNWANTED: Final = (0.0, -3)
