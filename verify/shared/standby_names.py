"""What PostgreSQL's ``synchronous_standby_names`` says: for which standbys a commit on the primary waits."""

import re
from typing import Final

_NAMES: Final = re.compile(r"\s*(?:(?:(FIRST|ANY)\s+)?(\d+)\s*\(([^)]*)\)|([^()]*))\s*", re.IGNORECASE)


def waited_for(setting: str) -> frozenset[str]:
    """Of ``synchronous_standby_names`` the standbys each of which a commit waits for; none where some are enough."""
    match = _NAMES.fullmatch(setting)
    if match is None:
        return frozenset()
    names = [name.strip().strip('"') for name in (match[3] or match[4] or "").split(",") if name.strip()]
    return frozenset(names) if int(match[2] or 1) >= len(names) else frozenset()
