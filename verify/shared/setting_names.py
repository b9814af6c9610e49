"""The names of a machine's settings: docs/settings.md says what each is, and a test holds it and the code to these."""

import difflib
import re
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "YINJIAN_"
_USES: Final = ("ROOT", "CERTIFICATE", "STATUS", "CREDENTIAL", "LOG")
NAMES: Final = frozenset(
    PREFIX + name
    for name in re.split(
        r"\s+",
        "CALENDAR DATABASE_URL DEBUG FONTS HOST KEPT KEYRING_SEEN KEYS LOG LOOKUP_SECRET_FILE METRICS "
        "OWNER_DATABASE_URL PASSPHRASE PASSPHRASE_FILE PORT PUBLIC_URL RATE_LIMITS READER_DATABASE_URL REDIS_URL ROOT "
        "ROOT_MEDIUM SIGNER_DATABASE_URL SITE STANDBYS TRUSTED_PROXIES VAR WORKERS",
    )
)
_ALL: Final = NAMES | {
    f"{PREFIX}{name}_{use}" for name in ("PASSPHRASE", "PASSPHRASE_FILE") for use in _USES
}  # fmt: skip


def unknown(names: Iterable[str], *, every: bool = False) -> list[tuple[str, str]]:
    """Of ``names`` those that begin as a setting's and are none, each with the setting that may be meant, or nothing.

    ``every``: of names in a file of settings, where nothing else has a place.

    A setting that is named wrong is as if it were not set, and nothing else tells.
    """
    strange = sorted(name for name in names if (every or name.startswith(PREFIX)) and name not in _ALL)
    return [(name, next(iter(difflib.get_close_matches(name, _ALL, 1, 0.8)), "")) for name in strange]
