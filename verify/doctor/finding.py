"""One thing that was looked at, and what is to be done about it."""

from typing import Literal

import msgspec

Result = Literal["sound", "warning", "wrong"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    check: str
    result: Result
    found: str
    remedy: str | None = None


def sound(check: str, found: str) -> Finding:
    """It is as it should be."""
    return Finding(check=check, result="sound", found=found)


def warning(check: str, found: str, remedy: str) -> Finding:
    """It works, but not as well or as safely as it could."""
    return Finding(check=check, result="warning", found=found, remedy=remedy)


def wrong(check: str, found: str, remedy: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(check=check, result="wrong", found=found, remedy=remedy)
