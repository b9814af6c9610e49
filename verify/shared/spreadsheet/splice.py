"""An XML part copied byte for byte, but for the places that are changed.

expat tells where each tag begins in the bytes that it was given; what is not changed is copied from there. So prefixes,
unknown elements, white space, comments and whatever a later version of the format brings come out as they went in.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from verify.shared.spreadsheet.parts import damaged
from verify.shared.spreadsheet.unreadable import Unreadable


def parser() -> expat.XMLParserType:
    """A parser of strangers' XML: it takes no document type, which could multiply its text."""
    made = expat.ParserCreate()
    made.StartDoctypeDeclHandler = _no_doctype
    return made


def _no_doctype(*_declaration: object) -> None:
    raise Unreadable("damaged_file")


_MOST_HELD: Final = 16 << 20
"""Bytes of one tag, or of one cell that is replaced."""
_TOP: Final = 200
"""Bytes in which a part says its encoding."""
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Splice:
    """Passes a part through; subclasses say in ``opened`` and ``closed`` what is put in, replaced or left out."""

    def __init__(self) -> None:
        self._reader = parser()
        self._reader.StartElementHandler = self._start
        self._reader.EndElementHandler = self._end
        self._buffer = bytearray()
        self._base = 0
        self._changes: list[tuple[int, int, bytes]] = []
        self._held: int | None = None
        self._just_opened: int | None = None
        self._tag = ""
        self.depth = 0
        """How many elements are open, the one that begins or ends among them."""
        self.prefix: str | None = None
        """The prefix of the root element, with its colon; empty where there is none."""
        self.space = ""
        """The namespace of the root element."""

    def run(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The part with its changes. Raises Unreadable."""
        with damaged():
            for piece in utf8(pieces):
                self._buffer += piece
                self._reader.Parse(piece, False)
                yield self._ready(self._reader.CurrentByteIndex)
                if len(self._buffer) > _MOST_HELD + len(piece):
                    raise Unreadable("damaged_file")
            self._reader.Parse(b"", True)
        self._held = None
        yield self._ready(self._base + len(self._buffer))

    def whole(self, data: bytes) -> bytes:
        """The same for a part that is in memory."""
        return b"".join(self.run([data]))

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins; ``tag`` is its local name, and ``here`` the place of its start tag."""

    def closed(self, tag: str) -> None:
        """An element ends; ``here`` is the place of its end tag, or the end of an empty element's only one."""

    @property
    def here(self) -> int:
        """The place in the part, in bytes."""
        return self._reader.CurrentByteIndex

    def text(self, start: int, end: int) -> bytes:
        """Bytes of the part, of what is at hand."""
        return bytes(self._buffer[max(start - self._base, 0) : end - self._base])

    def tag_end(self, start: int) -> int:
        """Where the tag that begins at ``start`` ends: a > may stand in an attribute."""
        quote = 0
        for at in range(start - self._base, len(self._buffer)):
            character = self._buffer[at]
            if quote:
                quote = 0 if character == quote else quote
            elif character in b"\"'":
                quote = character
            elif character == 0x3E:
                return at + 1 + self._base
        raise Unreadable("damaged_file")

    def was_empty(self) -> bool:
        """In ``closed``: whether the element is one empty tag."""
        start = self._just_opened
        return (
            start is not None
            and start >= self._base
            and self.text(self.here - 2, self.here) == b"/>"
            and self.tag_end(start) == self.here
        )

    def end(self) -> int:
        """In ``closed``: where the element ends."""
        return self.here if self.was_empty() else self.tag_end(self.here)

    def put(self, at: int, xml: str) -> None:
        """Puts XML in before what stands at ``at``."""
        self.replace(at, at, xml)

    def replace(self, start: int, end: int, xml: str) -> None:
        """Puts XML in the place of what stands there. Changes are made in their order."""
        self._changes.append((start, end, xml.encode()))

    def hold(self, start: int | None) -> None:
        """Keeps everything from ``start`` at hand, until None is held."""
        self._held = start

    def is_empty(self) -> bool:
        """In ``opened``: whether the element is one empty tag."""
        end = self.tag_end(self.here)
        return self.text(end - 2, end) == b"/>"

    def retag(self, attributes: Mapping[str, str], *, content: str | None = None) -> None:
        """In ``opened``: gives the element other attributes; an empty one gets ``content``, if there is any."""
        name, end = self._tag, self.tag_end(self.here)
        tag = f"<{name}{written(attributes)}"
        if self.text(end - 2, end) != b"/>":
            tag += ">"
        elif content:
            tag += f">{content}</{name}>"
        else:
            tag += "/>"
        self.replace(self.here, end, tag)

    def element(self, tag: str, attributes: Mapping[str, str], content: str | None = None) -> str:
        """An element with the root's prefix."""
        name = f"{self.prefix}{tag}"
        return f"<{name}{written(attributes)}" + (f">{content}</{name}>" if content is not None else "/>")

    def skip_to_end(self, tag: str) -> None:
        """Nothing is told any more before the element ``tag`` ends."""
        name = f"{self.prefix}{tag}"

        def ended(found: str) -> None:
            if found == name:
                self._reader.StartElementHandler = self._start
                self._reader.EndElementHandler = self._end
                self._end(found)

        self._just_opened = None
        self._reader.StartElementHandler = None
        self._reader.EndElementHandler = ended

    def _start(self, tag: str, attributes: dict[str, Any]) -> None:
        if self.prefix is None:
            self.prefix = tag[: -len(local(tag))]
            self.space = attributes.get(f"xmlns:{self.prefix[:-1]}" if self.prefix else "xmlns", "")
        self.depth += 1
        self._tag = tag
        self._just_opened = self._reader.CurrentByteIndex
        self.opened(local(tag), attributes)

    def _end(self, tag: str) -> None:
        self.closed(local(tag))
        self.depth -= 1
        self._just_opened = None

    def _ready(self, until: int) -> bytes:
        """What will not change any more of the part before ``until``."""
        until = min([until, *([] if self._held is None else [self._held])])
        ready, at = bytearray(), self._base
        made = 0
        for start, end, xml in self._changes:
            if end > until:
                break
            made += 1
            ready += self._buffer[at - self._base : start - self._base] + xml
            at = end
        del self._changes[:made]
        until = max(at, min([until, *(start for start, _, _ in self._changes[:1])]))
        ready += self._buffer[at - self._base : until - self._base]
        del self._buffer[: until - self._base]
        self._base = until
        return bytes(ready)


def local(tag: str) -> str:
    """A tag's name without its prefix."""
    return tag.rpartition(":")[2]


def written(attributes: Mapping[str, str]) -> str:
    """Attributes as they stand in a tag."""
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())


def escaped(text: str) -> str:
    """A text as it stands in an element, without the characters that XML does not take."""
    return escape("".join(character for character in text if _may_stand(character)))


def _may_stand(character: str) -> bool:
    if character < " ":
        return character in "\t\n"
    return character > "\uffff" or not ("\ud800" <= character <= "\udfff" or character >= "\ufffe")


def utf8(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The part in UTF-8, which nearly every one is."""
    following = iter(pieces)
    first = b""
    while len(first) < _TOP and (piece := next(following, b"")):
        first += piece
    encoding = _encoding(first[:_TOP])
    if encoding is None:
        yield first
        yield from following
        return
    try:
        text = b"".join([first, *following]).decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise Unreadable("damaged_file") from None
    yield _DECLARATION + text.lstrip("\ufeff").partition("?>")[2].encode() if "<?xml" in text[:9] else text.encode()


def _encoding(top: bytes) -> str | None:
    """The encoding that a part begins to say; None for UTF-8."""
    if top[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if top[:2] in (b"<\0", b"\0<"):
        return "utf-16-le" if top[:1] == b"<" else "utf-16-be"
    declaration = top.lstrip(b"\xef\xbb\xbf").partition(b"?>")[0]
    if not declaration.startswith(b"<?xml"):
        return None
    said = declaration.partition(b"encoding")[2].replace(b"'", b'"').partition(b'"')[2].partition(b'"')[0]
    name = said.decode("ascii", "replace").strip().casefold()
    return None if name in ("", "utf-8", "utf8", "us-ascii", "ascii") else name
