"""Whose site this is: the operator's ``site.toml`` (``YINJIAN_SITE``), read strictly.

Nothing in it is needed for a verdict, so nothing in it is signed: the pages say so where it matters.
"""

import re
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from verify.core.fields import Names
from verify.shared import command
from verify.shared.command import Refusal
from verify.shared.toml.settings_file import Source

_ = command.messages(command.LOCALE)

_LOGO_BYTES: Final = 256 << 10
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SVG: Final = re.compile(rb"\A\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<svg[\s>]", re.DOTALL)
_Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
_Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=20_000)]


class SiteRefused(ValueError):
    """A site.toml that cannot be used. The message says where and why."""


class _Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zh: _Text
    en: _Text | None = None


class Lists(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[lists]``: what pages of lists show beside the signed list."""

    marks: bool = False
    """Whether rows whose certificates are not in force are marked; how many there are is always said."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as it is written: every text in Chinese alone, or as a table of zh and en."""

    name: _Line | _Names
    telephone: _Line | _Names | None = None
    email: (
        Annotated[str, Meta(pattern=r"^[^\s@<>]+@[^\s@<>]+$", max_length=200, examples=["help@example.org"])] | None
    ) = None
    address: _Line | _Names | None = None
    logo: _Line | None = None
    icp: Annotated[str, Meta(pattern=r"ICP", max_length=100, examples=["京ICP备00000000号"])] | None = None
    police: (
        Annotated[str, Meta(pattern=r"[0-9]{10,}", max_length=100, examples=["京公网安备00000000000000号"])] | None
    ) = None
    privacy: _Text | _Names | None = None
    lists: Lists = Lists()


class Logo(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's picture, as it is."""

    name: str
    """``logo.svg`` or ``logo.png``."""
    data: bytes


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The operator, as the pages show it. Everything is None or empty where there is no site.toml."""

    name: Names | None = None
    telephone: Names | None = None
    email: str | None = None
    address: Names | None = None
    logo: Logo | None = None
    icp: str | None = None
    """The filing number of the ministry (ICP备案), shown as a link to it as its rules want."""
    police: str | None = None
    """The filing number of the public security authority (公安备案)."""
    privacy: Names | None = None
    lists: Lists = Lists()

    @property
    def police_digits(self) -> str:
        """The digits by which the public security authority finds the filing."""
        return "".join(re.findall("[0-9]", self.police or ""))


def read(path: Path) -> Site:
    """The site of the file at ``path``; a logo's path is beside it. Raises SiteRefused."""
    try:
        file = Source.of(path).read(_File)
    except Refusal as refused:
        raise SiteRefused(str(refused)) from None
    return Site(
        name=_names(file.name),
        telephone=_names(file.telephone),
        email=file.email,
        address=_names(file.address),
        logo=_logo(path.parent / file.logo) if file.logo else None,
        icp=file.icp,
        police=file.police,
        privacy=_names(file.privacy),
        lists=file.lists,
    )


def _names(value: str | _Names | None) -> Names | None:
    if isinstance(value, _Names):
        return Names(zh=value.zh.strip(), en=value.en.strip() if value.en else None)
    return None if value is None else Names(zh=value.strip())


def _logo(path: Path) -> Logo:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SiteRefused(f"{path}: {command.why(error)}") from None
    if len(data) > _LOGO_BYTES:
        raise SiteRefused(_("{file}: a logo of more than 256 kB").format(file=path))
    if data.startswith(_PNG):
        return Logo(name="logo.png", data=data)
    if _SVG.match(data):
        return Logo(name="logo.svg", data=data)
    raise SiteRefused(_("{file}: neither PNG nor SVG without a document type").format(file=path))
