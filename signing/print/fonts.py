"""Which installed fonts print a text: found before anything is set, so that no box is ever printed.

Typst is then given exactly these families and no others. Those in the folders of YINJIAN_FONTS (separated as in PATH)
are seen beside the system's, for machines on which nobody may install any.
"""

import functools
import os
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import typst
from fontTools.ttLib import TTFont

from signing.messages import _
from verify.shared.command import Refusal, joined

FAMILIES: Final = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Serif SC",
    "Songti SC",
    "STSong",
    "SimSun",
)
"""Song typefaces for Chinese: Debian's, Adobe's, Google's, those of macOS and of Windows."""
RARE: Final = (
    "SimSun-ExtB",
    "SimSun-ExtG",
    "BabelStone Han",
    "HanaMinA",
    "HanaMinB",
    "Noto Sans CJK SC",
    "Noto Serif",
    "DejaVu Serif",
)
"""Where a character is looked for that the first font lacks."""
PACKAGE: Final = "fonts-noto-cjk"
"""The Debian package with the first of FAMILIES."""

_HAN: Final = ((0x2E80, 0x2FDF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """One family as it is installed here."""

    family: str
    path: str
    index: int
    """Within a collection file."""
    characters: frozenset[int]

    def __repr__(self) -> str:
        return f"Face({self.family!r}, {self.path!r})"


class FontMissing(Refusal):
    """No installed font can print this; the message names the font package that can."""


def folders() -> list[Path]:
    """The folders of fonts beside the system's. Raises Refusal where one that YINJIAN_FONTS names is not there."""
    named = [Path(folder) for folder in os.environ.get("YINJIAN_FONTS", "").split(os.pathsep) if folder]
    for folder in named:
        if not folder.is_dir():
            raise Refusal(_("YINJIAN_FONTS: there is no folder {}.").format(folder))
    return named


@functools.cache
def _installed() -> dict[str, tuple[str, int]]:
    """File and index of each family's face that is nearest to regular."""
    best: dict[str, tuple[int, str, int]] = {}
    for font in typst.Fonts(include_embedded_fonts=False, font_paths=folders()).fonts():
        if font.path is None:
            continue
        distance = abs(font.weight - 400) + (0 if font.style == "normal" else 1000)
        best[font.family] = min(best.get(font.family, (9999, "", 0)), (distance, font.path, font.index))
    return {family: (path, index) for family, (_distance, path, index) in best.items()}


@functools.cache
def _characters(path: str, index: int) -> frozenset[int]:
    with TTFont(path, fontNumber=index, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


def _face(family: str) -> Face | None:
    found = _installed().get(family)
    if found is None:
        return None
    path, index = found
    return Face(family=family, path=path, index=index, characters=_characters(path, index))


class FontBook:
    """The families that one job prints with, in the order in which each character is looked for."""

    def __init__(self, faces: Sequence[Face]) -> None:
        self._faces = tuple(faces)

    @classmethod
    def find(cls, wanted: Sequence[str] = ()) -> "FontBook":
        """The fonts ``wanted`` (the centre's choice, all of which must be there) or the first of FAMILIES, then RARE.

        Raises FontMissing.
        """
        for family in wanted:
            if family not in _installed():
                raise FontMissing(_("The font “{}”, which centre.toml asks for, is not installed here.").format(family))
        main = wanted or next(([family] for family in FAMILIES if family in _installed()), ())
        if not main:
            raise FontMissing(
                _(
                    "No Chinese Song font is installed here. On Debian: apt-get install {} (or any of: {}). Where "
                    "nothing may be installed, YINJIAN_FONTS names a folder of font files."
                ).format(PACKAGE, joined(FAMILIES))
            )
        faces = (_face(family) for family in dict.fromkeys([*main, *RARE]))
        return cls([face for face in faces if face is not None])

    def families(self, text: Iterable[str]) -> list[str]:
        """The families that print all of ``text``, the first always among them. Raises FontMissing."""
        needed = {self._faces[0].family: None}
        for character in sorted(set(text)):
            if not character.isspace():
                needed[self._of(character).family] = None
        return [face.family for face in self._faces if face.family in needed]

    def face(self, text: str) -> Face:
        """The one face that has all of ``text``, the first where none does."""
        return next((face for face in self._faces if all(ord(one) in face.characters for one in text)), self._faces[0])

    def _of(self, character: str) -> Face:
        if unicodedata.category(character) == "Co":
            # Each font may draw it as it likes, and PDF/A forbids it.
            raise FontMissing(
                _("U+{:04X} is a private-use character, which no font can be asked for.").format(ord(character))
            )
        for face in self._faces:
            if ord(character) in face.characters:
                return face
        raise FontMissing(
            _("No font here has the character {} (U+{:04X}). On Debian: apt-get install {}.").format(
                character, ord(character), self._package(ord(character))
            )
        )

    def _package(self, character: int) -> str:
        if not any(first <= character <= last for first, last in _HAN):
            return "fonts-noto-core"
        if self._faces[0].family == FAMILIES[0]:
            return "fonts-babelstone-han"
        return PACKAGE

    def taken(self, families: Iterable[str]) -> list[str]:
        """Each family and the file it comes from, to be said."""
        return [f"{face.family} ({face.path})" for face in self._faces if face.family in families]
