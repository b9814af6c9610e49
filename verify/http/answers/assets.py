"""The files of the pages: read once at start, named by their content, and so cacheable for ever."""

import asyncio
import gzip
import hashlib
import mimetypes
import threading
from pathlib import Path
from typing import Final

import brotli
import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from verify.http.asked.bodies import AnyRequest
from verify.service.site import Logo

FOLDER: Final = Path(__file__).parents[1] / "static"
_STYLE: Final = Path(__file__).parents[1] / "style"
"""The style by subject, in the order of the files' names; pages get it as one file, ``site.css``."""
_SVG_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""An SVG opened by its address is a document: it runs nothing, loads nothing, and is of no origin."""
_LARGE: Final = 100 << 10
_CODINGS: Final = frozenset(("br", "gzip"))
_ENCODED: Final[dict[str, dict[str, bytes]]] = {}
"""By version."""
_COMPRESSING: Final = threading.Lock()
_TYPES: Final = {".svg": "image/svg+xml", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm"}


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it is sent."""

    data: bytes
    media_type: str
    version: str
    """The beginning of its SHA-256, in hex."""

    async def best(self, accepted: str) -> tuple[str | None, bytes]:
        """What to send who accepts these codings (RFC 9110 section 12.5.3), and its coding."""
        wanted = (part.replace(" ", "").lower().partition(";q=") for part in accepted.split(","))
        codings = {coding for coding, _, quality in wanted if quality.strip("0.") or not quality}
        if not codings & _CODINGS:
            return None, self.data
        # The first who asks waits for a thread, and the start waits for nobody.
        encoded = _ENCODED.get(self.version)
        if encoded is None:
            encoded = await asyncio.to_thread(self.encoded)
        return next(((coding, data) for coding, data in encoded.items() if coding in codings), (None, self.data))

    def encoded(self) -> dict[str, bytes]:
        """The same compressed, by content coding, the best first, and only where that makes it shorter.

        Once in a process: the little for good, the scanner's megabyte in some hundredths of a second.
        """
        with _COMPRESSING:
            if self.version not in _ENCODED:
                quality = 11 if len(self.data) < _LARGE else 5
                made = {
                    "br": brotli.compress(self.data, quality=quality),
                    "gzip": gzip.compress(self.data, 9, mtime=0),
                }
                _ENCODED[self.version] = {name: data for name, data in made.items() if len(data) < len(self.data)}
            return _ENCODED[self.version]


class Files:
    """Every file below a folder, by its path with slashes."""

    def __init__(self, folder: Path = FOLDER, logo: Logo | None = None) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _file(path.name, path.read_bytes())
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        style = b"\n".join(path.read_bytes() for path in sorted(_STYLE.glob("*.css")))
        self._files["site.css"] = _file("site.css", style)
        if logo is not None:
            self._files[f"site/{logo.name}"] = _file(logo.name, logo.data)

    def url(self, name: str) -> str:
        """The address of a file, which changes when the file does."""
        return f"/static/{name}?v={self._files[name].version}"

    def version(self, name: str) -> str:
        """The beginning of a file's SHA-256, in hex."""
        return self._files[name].version

    def below(self, folder: str) -> list[str]:
        """The names that begin with ``folder``."""
        return [name for name in self._files if name.startswith(folder)]

    def text(self, name: str) -> str:
        """A file's text."""
        return self._files[name].data.decode()

    def file(self, name: str) -> File:
        """A file that there is."""
        return self._files[name]

    def has(self, name: str) -> bool:
        """Whether there is such a file; the scripts are only there when they have been built."""
        return name in self._files

    def handler(self) -> HTTPRouteHandler:
        """The route that sends the files."""

        @get("/static/{name:path}")
        async def static_file(
            request: AnyRequest, name: FromPath[str], v: FromQuery[str | None] = None
        ) -> Response[bytes]:
            file = self._files.get(name.lstrip("/"))
            if file is None:
                raise NotFoundException
            lasting = "public, max-age=31536000, immutable" if v == file.version else "public, no-cache"
            coding, data = await file.best(request.headers.get("accept-encoding", ""))
            tag = f"{file.version}-{coding}" if coding else file.version
            headers = {"Cache-Control": lasting, "ETag": f'"{tag}"', "Vary": "Accept-Encoding"}
            if coding:
                headers["Content-Encoding"] = coding
            if file.media_type == "image/svg+xml":
                headers["Content-Security-Policy"] = _SVG_POLICY
            return Response(data, media_type=file.media_type, headers=headers)

        return static_file


def _file(name: str, data: bytes) -> File:
    suffix = Path(name).suffix
    guessed = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return File(data=data, media_type=guessed, version=hashlib.sha256(data).hexdigest()[:12])
