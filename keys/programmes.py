"""The part of centre.toml that becomes the keyring: issuers, programmes, and the host that QR codes name."""

import ipaddress
import re
from typing import Annotated, Final, Literal, Self

import msgspec
from msgspec import Meta

from keys.messages import _
from verify.core.fields import Names
from verify.core.keyring import Issuer, Numbering, Programme
from verify.shared.toml.settings_file import Source

Text = Annotated[str, Meta(min_length=1, max_length=200)]
"""A text for people or an identifier, never empty."""
Code = Annotated[str, Meta(pattern=r"^[A-Z][0-9A-Z]{1,7}$", examples=["CEM"])]
"""A programme's code (statements.cddl)."""
Count = Annotated[int, Meta(ge=0, le=1_000_000)]

_QUERY_URL: Final = re.compile(r"https?://([A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)/?")


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text for people, in Chinese and, where there is one, English."""

    zh: Text
    en: Text | None = None

    @property
    def names(self) -> Names:
        """The same as statements hold it."""
        return Names(zh=self.zh, en=self.en)


class IssuerEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[issuers]]``: a body in whose name certificates are issued."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}$", examples=["centre"])]
    name: Words


class ProgrammeEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[programmes]]``: what its certificates say, for ever."""

    code: Code
    name: Words
    level: Words
    occupation: Text | None = None
    full_mark: Annotated[int, Meta(ge=1, le=100_000)]
    pass_mark: Count
    validity_months: Annotated[int, Meta(ge=1, le=1200)] | None = None
    numbering: Numbering = "default"
    issuers: Annotated[tuple[str, ...], Meta(min_length=1)]


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that a keyring publishes. Other tables of the file are the signing room's (signing.centre)."""

    query_url: str
    issuers: Annotated[tuple[IssuerEntry, ...], Meta(min_length=1)]
    programmes: Annotated[tuple[ProgrammeEntry, ...], Meta(min_length=1)]

    @classmethod
    def read(cls, source: Source) -> Self:
        """The settings in ``source``. Raises SettingsRefused with line and reason."""
        settings = source.read(cls)
        settings.check(source)
        return settings

    @property
    def host(self) -> str:
        """The host that QR codes name, in their upper case."""
        found = _QUERY_URL.fullmatch(self.query_url)
        if found is None:
            raise ValueError("settings that nobody has checked")
        return found[1].upper()

    @property
    def scheme(self) -> Literal["https", "http"]:
        """The scheme of QR texts: http only for trials at a private address, where there is no TLS."""
        try:
            private = ipaddress.ip_address(self.host.partition(":")[0]).is_private
        except ValueError:
            private = False
        return "http" if private and self.query_url.lower().startswith("http://") else "https"

    @property
    def issuer_entries(self) -> tuple[Issuer, ...]:
        """The issuers as a keyring holds them."""
        return tuple(Issuer(id=entry.id, name=entry.name.names) for entry in self.issuers)

    @property
    def programme_entries(self) -> tuple[Programme, ...]:
        """The programmes as a keyring holds them."""
        return tuple(
            Programme(
                code=entry.code,
                name=entry.name.names,
                level=entry.level.names,
                occupation=entry.occupation,
                full_mark=entry.full_mark,
                pass_mark=entry.pass_mark,
                validity_months=entry.validity_months,
                numbering=entry.numbering,
                issuers=entry.issuers,
            )
            for entry in self.programmes
        )

    def check(self, source: Source) -> None:
        """What the single fields do not show. Raises SettingsRefused."""
        if not _QUERY_URL.fullmatch(self.query_url):
            raise source.refusal(("query_url",), _("an address such as https://verify.example.org, without a path"))
        issuers: set[str] = set()
        for index, issuer in enumerate(self.issuers):
            if issuer.id in issuers:
                raise source.refusal(("issuers", index, "id"), _("this issuer is there twice"))
            issuers.add(issuer.id)
        codes: set[str] = set()
        for index, programme in enumerate(self.programmes):
            place = ("programmes", index)
            if programme.code in codes:
                raise source.refusal((*place, "code"), _("this programme is there twice"))
            codes.add(programme.code)
            if programme.pass_mark > programme.full_mark:
                raise source.refusal((*place, "pass_mark"), _("more than the full mark"))
            for issuer_id in programme.issuers:
                if issuer_id not in issuers:
                    reason = _("no issuer has the id “{id}”").format(id=issuer_id)
                    raise source.refusal((*place, "issuers"), reason)
