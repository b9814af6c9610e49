"""Releases that wait to be published, as the key room can know of them: by their files and the registry."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from keys import forecast
from keys.messages import _
from verify.core import cbor, statement
from verify.core.errors import Unreadable
from verify.core.keyring import Key
from verify.shared.command import Refusal, joined
from verify.shared.toml.settings_file import Source
from verify.shared.whole_files import ending


class _Paths(msgspec.Struct, frozen=True, kw_only=True):
    releases: str = "releases"


class _Settings(msgspec.Struct, frozen=True, kw_only=True):
    paths: _Paths = _Paths()


def releases(centre_file: Path) -> list[Path]:
    """The release files that lie beside ``centre_file``, those that were withdrawn left out."""
    folder = centre_file.absolute().parent / "releases"
    if centre_file.is_file():
        folder = centre_file.absolute().parent / Source.of(centre_file).read(_Settings).paths.releases
    return ending(folder, ".release")


def check_none(files: Sequence[Path], key: Key, url: str | None, *, sure: bool) -> None:
    """That each of the releases ``files`` which hold something of ``key`` is in the registry at ``url``.

    Without a registry somebody must be ``sure`` of it. Raises Refusal, which names those that wait.
    """
    found = {file.name: digests for file in files if (digests := frozenset(_signed(file, key)))}
    if not found:
        return
    if url is None:
        if not sure:
            text = _("whether these releases of key {kid} are published, no registry here can tell: {names}. "
                "--all-published says that they are")  # fmt: skip
            raise Refusal(text.format(kid=key.kid.hex(), names=joined(found)))
        return
    there = _there(url, [digest for digests in found.values() for digest in digests])
    waiting = [name for name, digests in found.items() if not there.issuperset(digests)]
    if waiting:
        text = _("releases of key {kid} wait to be published: {names}. Publish them first, or withdraw them")
        raise Refusal(text.format(kid=key.kid.hex(), names=joined(waiting)))


def _signed(file: Path, key: Key) -> Iterator[bytes]:
    """The SHA-256 of each statement of a release that ``key`` signed. Raises Refusal where the file is damaged."""
    try:
        for item in cbor.split(file.read_bytes()):
            source = statement.envelope(item)
            if source.kid == key.kid and statement.signed_by(source, key.public):
                yield hashlib.sha256(item).digest()
    except Unreadable:
        raise Refusal(_("{file}: damaged, or not a release").format(file=file.name)) from None


def _there(url: str, digests: Sequence[bytes]) -> set[bytes]:
    async def ask(connection: "forecast.Connection") -> set[bytes]:
        rows = await connection.fetch("select digest from registry.statement where digest = any ($1)", digests)
        return {row["digest"] for row in rows}

    return forecast.asked(url, ask)
