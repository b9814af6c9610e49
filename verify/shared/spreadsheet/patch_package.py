"""An .xlsx file written again with parts changed, added or left out; the others as they are packed, byte for byte.

Names that strict readers do not follow, with backslashes or in another case than what refers to them, are put right.
"""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import unquote

import msgspec

from verify.shared.spreadsheet.parts import Parts, damaged, normal_name
from verify.shared.spreadsheet.splice import Splice
from verify.shared.spreadsheet.unreadable import Unreadable

RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_CONTENT_TYPES: Final = "[content_types].xml"
_NO_RELATIONS: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_UTF8: Final = 0x800
_NO_TIME: Final = (0, 0x21)
"""1980-01-01, as ZIP writes it."""


class _Packed(msgspec.Struct, frozen=True):
    """An entry as it stands in an archive."""

    name: str
    method: int
    flags: int
    time: tuple[int, int]
    crc: int
    size: int
    data: bytes


class Rewrite:
    """Changes to a package, gathered and then written. Raises Unreadable. Parts go by their normal names."""

    def __init__(self, parts: Parts, data: bytes, *, strict: bool) -> None:
        self.parts = parts
        self._data = data
        self._kinds = STRICT_RELATIONS if strict else RELATIONS
        self._changed: dict[str, _Packed] = {}
        self._dropped: set[str] = set()
        self._relations: dict[str, list[tuple[str, str, str]]] = {}
        self._unrelated: dict[str, set[str]] = {}
        self._types: dict[str, str] = {}

    def change(self, part: str, pieces: Iterable[bytes]) -> None:
        """Puts other content in a part, or adds one under a name of small letters."""
        self._changed[part] = _deflated(part, pieces)

    def free_name(self, before: str, after: str) -> str:
        """A name of a part that is not there yet."""
        number = 1
        while f"{before}{number}{after}" in self.parts or f"{before}{number}{after}" in self._changed:
            number += 1
        return f"{before}{number}{after}"

    def add(self, part: str, pieces: Iterable[bytes], content_type: str) -> None:
        """Adds a part."""
        self.change(part, pieces)
        self._types[part] = content_type

    def drop(self, owner: str, key: str, part: str) -> None:
        """Leaves out ``part``, to which the relationship ``key`` of ``owner`` leads, and its relationships."""
        self._unrelated.setdefault(owner, set()).add(key)
        self._dropped |= {part, relations_of(part)}

    def drop_macros(self) -> None:
        """Leaves out every part of macros, whatever leads to it."""
        self._dropped |= {name for name in self.parts.entries if posixpath.basename(name).startswith("vba")}

    def retype(self, part: str, content_type: str) -> None:
        """Says of a part that is there that it is of another kind."""
        self._types[part] = content_type

    def relate(self, owner: str, kind: str, part: str) -> str:
        """Makes a relationship; its id."""
        had = self.parts.related(owner) if owner in self.parts else {}
        ours = self._relations.setdefault(owner, [])
        number = len(ours) + 1
        while f"rIdYj{number}" in had:
            number += 1
        ours.append((f"rIdYj{number}", f"{self._kinds}/{kind}", f"/{part}"))
        return ours[-1][0]

    def written(self) -> bytes:
        """The package."""
        spelling = self._spelling()
        for owner in {*self._relations, *self._unrelated}:
            name = relations_of(owner)
            splice = _Relations(self._relations.get(owner, []), self._unrelated.get(owner, set()))
            self.change(name, splice.run(self._pieces(name) if name in self.parts else [_NO_RELATIONS]))
        names = {name: _spelled(name, entry.filename, spelling) for name, entry in self.parts.entries.items()}
        for name in self.parts.entries:
            if name.endswith(".rels") and name not in self._changed and name not in self._dropped:
                self._straighten(name)
        types = _Types({names.get(part, part): kind for part, kind in self._types.items()}, self._dropped)
        self.change(_CONTENT_TYPES, types.run(self._pieces(_CONTENT_TYPES)))
        packed = [
            msgspec.structs.replace(self._changed[name], name=names[name])
            if name in self._changed
            else self._as_it_was(entry, names[name])
            for name, entry in self.parts.entries.items()
            if name not in self._dropped
        ]
        packed += [entry for name, entry in self._changed.items() if name not in self.parts.entries]
        return _archive(packed)

    def _pieces(self, name: str) -> Iterable[bytes]:
        return pieces(self.parts, name)

    def _straighten(self, name: str) -> None:
        """Writes relationships anew whose targets have backslashes."""
        whole = b"".join(self._pieces(name))
        if b"\\" in whole:
            self.change(name, _Relations([], set()).run([whole]))

    def _spelling(self) -> dict[str, str]:
        """Normal name → the spelling by which relationships refer to a part that the archive spells otherwise."""
        found: dict[str, str] = {}
        for name, entry in self.parts.entries.items():
            if not name.endswith(".rels"):
                continue
            folder = posixpath.dirname(posixpath.dirname(entry.filename.replace("\\", "/").lstrip("/")))
            for relation in self.parts.tree(name):
                if relation.get("TargetMode") == "External":
                    continue
                target = unquote(relation.get("Target", "")).replace("\\", "/").partition("#")[0]
                path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                if normal_name(path) in self.parts.entries:
                    found.setdefault(normal_name(path), path)
        return found

    def _as_it_was(self, entry: zipfile.ZipInfo, name: str) -> _Packed:
        at = entry.header_offset
        with damaged():
            header = _LOCAL.unpack_from(self._data, at)
            begin = at + _LOCAL.size + header[9] + header[10]
            data = self._data[begin : begin + entry.compress_size]
            if header[0] != b"PK\x03\x04" or len(data) != entry.compress_size:
                raise zipfile.BadZipFile
        return _Packed(
            name=name, method=entry.compress_type, flags=entry.flag_bits & 0x6, time=(header[4], header[5]),
            crc=entry.CRC, size=entry.file_size, data=data,
        )  # fmt: skip


def pieces(parts: Parts, name: str) -> Iterable[bytes]:
    """A part, unpacked, in pieces. Raises Unreadable."""
    with damaged(), parts.open(name) as opened:
        while piece := opened.read(1 << 18):
            yield piece


def relations_of(part: str) -> str:
    """The name of the part that holds a part's relationships."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _spelled(name: str, filename: str, spelling: Mapping[str, str]) -> str:
    """How an entry is called in what is written."""
    if name in spelling:
        return spelling[name]
    straight = filename.replace("\\", "/").lstrip("/")
    folder, base = posixpath.split(straight)
    owner = posixpath.join(posixpath.dirname(folder), base.removesuffix(".rels"))
    if posixpath.basename(folder) == "_rels" and normal_name(owner) in spelling:
        return relations_of(spelling[normal_name(owner)])
    return straight


def _deflated(name: str, content: Iterable[bytes]) -> _Packed:
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
    crc = size = 0
    out = bytearray()
    for piece in content:
        crc = zlib.crc32(piece, crc)
        size += len(piece)
        out += squeeze.compress(piece)
    out += squeeze.flush()
    return _Packed(name, zipfile.ZIP_DEFLATED, 0, _NO_TIME, crc, size, bytes(out))


def _archive(entries: list[_Packed]) -> bytes:
    """A ZIP file of the entries (PKWARE APPNOTE 4.3); none is larger than 4 GiB."""
    if len(entries) >= 1 << 16:
        raise Unreadable("too_many_parts")
    out, directory = bytearray(), bytearray()
    for entry in entries:
        name = entry.name.encode()
        flags = entry.flags | (0 if entry.name.isascii() else _UTF8)
        shared = (20, flags, entry.method, *entry.time, entry.crc, len(entry.data), entry.size, len(name), 0)
        directory += _CENTRAL.pack(b"PK\x01\x02", 20, *shared, 0, 0, 0, 0, len(out)) + name
        out += _LOCAL.pack(b"PK\x03\x04", *shared) + name + entry.data
    end = _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), len(out), 0)
    return bytes(out + directory + end)


class _Relations(Splice):
    """Relationships, some added and some left out."""

    def __init__(self, added: list[tuple[str, str, str]], without: set[str]) -> None:
        super().__init__()
        self._added, self._without = added, without

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationships" and self.is_empty():
            self.retag(attributes, content=self._ours())
        elif tag == "Relationship" and attributes.get("Id") in self._without:
            self.hold(self.here)
        elif (
            tag == "Relationship"
            and attributes.get("TargetMode") != "External"
            and "\\" in attributes.get("Target", "")
        ):
            self.retag(attributes | {"Target": attributes["Target"].replace("\\", "/")})

    def closed(self, tag: str) -> None:
        if tag == "Relationships" and not self.was_empty():
            self.put(self.here, self._ours())
        elif self._held is not None:
            self.replace(self._held, self.end(), "")
            self.hold(None)

    def _ours(self) -> str:
        return "".join(
            self.element("Relationship", {"Id": key, "Type": kind, "Target": target})
            for key, kind, target in self._added
        )


class _Types(Splice):
    """[Content_Types].xml with the kinds of added and changed parts."""

    def __init__(self, types: Mapping[str, str], dropped: set[str]) -> None:
        super().__init__()
        self._types = {normal_name(part): (part, kind) for part, kind in types.items()}
        self._dropped = dropped

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        part = normal_name(attributes.get("PartName", ""))
        if tag == "Override" and part in self._dropped:
            self.hold(self.here)
        elif tag == "Override" and part in self._types:
            self.retag(attributes | {"ContentType": self._types.pop(part)[1]})

    def closed(self, tag: str) -> None:
        if tag == "Types":
            for part, kind in self._types.values():
                self.put(self.here, self.element("Override", {"PartName": f"/{part}", "ContentType": kind}))
        elif self._held is not None:
            self.replace(self._held, self.end(), "")
            self.hold(None)
