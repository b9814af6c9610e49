"""Setting a Typst template with data: PDF bytes out, or a refusal that names the template's line."""

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import typst

from signing.messages import _
from signing.print import fonts
from verify.shared.command import Refusal

OWN: Final = Path(__file__).parent
"""Where the templates of this package are."""
ARCHIVE: Final[tuple["typst.PDFStandard", ...]] = ("a-3a", "ua-1")
"""PDF/A-3a (ISO 19005-3: archival, with attachments, tagged) and PDF/UA-1 (ISO 14289-1: for readers' aids).

Typst checks both, and refuses what does not conform.
"""
PRESS: Final[tuple["typst.PDFStandard", ...]] = ("a-3b",)
"""For files of many pages that go to a printer: nothing hidden in them, and a third of the memory."""

_TEMPLATE: Final = "template"
_FILES: Final = "files"
_SEEN: Final = (".typ", ".svg", ".png", ".jpg", ".jpeg", ".webp", ".gif")
_PLACE: Final = re.compile(r"┌─ (?P<file>.+?):(?P<line>\d+):(?P<column>\d+)")


class TemplateRefused(Refusal):
    """A template that cannot be set; ``line`` is where, None where Typst does not say."""

    def __init__(self, template: str, line: int | None, reason: str) -> None:
        place = _("{}, line {}").format(template, line) if line else template
        super().__init__(_("The template {}: {}").format(place, reason))
        self.line = line
        self._parts = (template, line, reason)

    def __reduce__(self) -> tuple[type[Self], tuple[str, int | None, str]]:
        return type(self), self._parts  # so that it comes whole from a worker process


class Typesetter:
    """A template, ready to be set again and again; a context manager, because pictures wait in a temporary folder.

    The template sees the templates and pictures beside it and those given to ``add``, nothing else of this machine.
    """

    def __init__(self, template: Path, root: Path) -> None:
        self._template = template
        self._root = root
        # Not the folder itself: the ledger and the keys may lie in it, and a template comes from anybody.
        (root / _TEMPLATE).mkdir()
        for beside in template.absolute().parent.iterdir():
            if beside.suffix.lower() in _SEEN and beside.is_file():
                try:
                    (root / _TEMPLATE / beside.name).symlink_to(beside)
                except OSError:  # Windows wants a right for that
                    shutil.copyfile(beside, root / _TEMPLATE / beside.name)
        (root / _FILES).mkdir()
        # Typst wants its first file itself to be in the root, not behind a link.
        first = root / "first.typ"
        first.write_text(f"#include {json.dumps(f'/{_TEMPLATE}/{template.name}', ensure_ascii=False)}\n", "utf-8")
        self._compiler = typst.Compiler(first, root=root, font_paths=fonts.folders())

    @classmethod
    @contextlib.contextmanager
    def open(cls, template: Path) -> Iterator[Self]:
        """The typesetter of ``template``. Raises TemplateRefused where there is none."""
        if not template.is_file():
            raise TemplateRefused(str(template), None, _("there is no such file"))
        with tempfile.TemporaryDirectory(prefix="yinjian-") as root:
            yield cls(template, Path(root))

    def add(self, name: str, data: bytes) -> str:
        """Lays a picture down and gives the path by which the template finds it."""
        (self._root / _FILES / name).write_bytes(data)
        return f"/{_FILES}/{name}"

    def drop(self, name: str) -> None:
        """Takes a picture away again."""
        (self._root / _FILES / name).unlink(missing_ok=True)

    def pdf(self, data: Mapping[str, Any], at: int, standards: Sequence["typst.PDFStandard"] = ARCHIVE) -> bytes:
        """The PDF of ``data``, said to be made ``at`` (seconds since 1970); the same input gives the same bytes.

        Raises TemplateRefused.
        """
        text = json.dumps(data, ensure_ascii=False)
        try:
            made = self._compiler.compile(
                format="pdf",
                sys_inputs={"data": text},
                pdf_standards=list(standards),
                timestamp=at,
                pdf_tags=standards is not PRESS,
            )
        except typst.TypstError as error:
            raise self._refusal(error) from None
        if not isinstance(made, bytes):
            raise TypeError("Typst gave no single file")
        return made

    def _refusal(self, error: typst.TypstError) -> TemplateRefused:
        diagnostic = str(getattr(error, "diagnostic", "") or "")
        reason = "; ".join([error.message, *error.hints])
        place = _PLACE.search(diagnostic)
        if place is None:
            return TemplateRefused(self._template.name, None, reason)
        return TemplateRefused(Path(place["file"]).name, int(place["line"]), reason)
