"""What cannot be printed, and what is said of it."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from signing.print import fonts, photos, press
from signing.print.fonts import Face, FontBook, FontMissing
from signing.print.photos import PhotoRefused
from signing.print.typesetter import OWN, TemplateRefused
from tests.paper import picture, printable, printed, text, words
from verify.shared.command import Refusal


def template(folder: Path, change: Callable[[str], str]) -> str:
    """A changed copy of the certificate's template, as [print] names it."""
    source = (OWN / "certificate.typ").read_text("utf-8")
    changed = change(source)
    assert changed != source
    (folder / "own.typ").write_text(changed, "utf-8")
    return "own.typ"


def test_a_designer_changes_the_template(tmp_path: Path) -> None:
    """A template of the centre's own, with a picture beside it, is set without a change in Python."""
    (tmp_path / "crest.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'
    )
    crest = '#place(image("crest.svg", width: 5mm, alt: "crest"))\n#for (index'
    own = template(tmp_path, lambda source: source.replace("兹证明", "谨此证明").replace("#for (index", crest))
    assert "谨此证明" in text(printed(printable("王莉"), tmp_path, words(template=own)))


@pytest.mark.parametrize("path", ["keys/lookup-secret", "ledger.sqlite", "keys/logo.svg", "../NAME/ledger.sqlite"])
def test_a_template_reads_nothing_else(path: str, tmp_path: Path) -> None:
    """A template cannot print what lies beside it and is no picture, such as the ledger or the keys."""
    (tmp_path / "keys").mkdir()
    for name in ("keys/lookup-secret", "ledger.sqlite", "keys/logo.svg"):
        (tmp_path / name).write_text("secret")
    own = template(tmp_path, lambda source: source + f'\n#read("{path.replace("NAME", tmp_path.name)}")\n')
    with pytest.raises(TemplateRefused, match=r"not found|outside|escape"):
        printed(printable("王莉"), tmp_path, words(template=own))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("#let data = json", "#let data = jason", "unknown variable: jason"),
        ("it.holder, 28pt", "it.bearer, 28pt", "bearer"),
        ("  set align(center)\n  set par", "  set align(center\n  set par", "delimiter|comma"),
        ("兹证明", "兹证明 \U0001f0a1", "could not be displayed with font"),
        ('alt: "查验二维码', 'nothing: "', "nothing|unexpected"),
    ],
)
def test_template_error_names_its_line(old: str, new: str, reason: str, tmp_path: Path) -> None:
    """An error in a template is refused with the template's name, the line and Typst's reason."""
    own = template(tmp_path, lambda source: source.replace(old, new, 1))
    with pytest.raises(TemplateRefused, match=reason) as caught:
        printed(printable("王莉"), tmp_path, words(template=own))
    wanted = (tmp_path / "own.typ").read_text("utf-8").partition(new)[0].count("\n") + 1
    assert caught.value.line is not None
    assert wanted - 1 <= caught.value.line <= wanted + 2
    assert "own.typ" in str(caught.value)


def test_template_refusal_comes_out_of_a_worker() -> None:
    """The refusal is the same when another process has met it."""
    refusal = TemplateRefused("own.typ", 12, "unclosed delimiter")
    again = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - our own bytes
    assert (str(again), again.line) == (str(refusal), 12)


def test_template_that_is_not_there(tmp_path: Path) -> None:
    """A template that is missing is named, before any work."""
    with pytest.raises(Refusal, match=r"nowhere\.typ"):
        press.plan(words(template="nowhere.typ"), tmp_path, [printable("王莉")])


def test_refusal_in_a_worker_stops_the_job(tmp_path: Path) -> None:
    """A template error met by workers is refused once, with its line."""
    own = template(tmp_path, lambda source: source.replace("it.holder, 28pt", "it.bearer, 28pt"))
    sources = [printable(f"王{serial}", serial) for serial in range(1, 30)]
    plan, _fonts = press.plan(words(template=own), tmp_path, sources)
    with pytest.raises(Refusal, match=r"own\.typ, line \d+"):
        press.print_each(plan, sources, tmp_path / "out", lambda _count: None, workers=1)


# Fonts.


def test_glyph_that_no_font_has() -> None:
    """A character without a glyph is refused with its code point and a package that has it, never printed as a box."""
    with pytest.raises(FontMissing, match=r"ༀ \(U\+0F00\).*fonts-noto-core"):
        FontBook([Face(family="Noto Serif CJK SC", path="", index=0, characters=frozenset())]).families("ༀ")
    with pytest.raises(FontMissing, match=r"𰻝 \(U\+30EDD\).*fonts-babelstone-han"):
        FontBook([Face(family="Noto Serif CJK SC", path="", index=0, characters=frozenset())]).families("𰻝")
    with pytest.raises(FontMissing, match=r"𠮷 \(U\+20BB7\).*fonts-noto-cjk"):
        FontBook([Face(family="Noto Serif SC", path="", index=0, characters=frozenset())]).families("𠮷")


def test_private_use_character(tmp_path: Path) -> None:
    """A private-use character has no meaning on paper, and no font for it is looked for in vain."""
    with pytest.raises(FontMissing, match=r"U\+E863"):
        printed(printable("王\ue863"), tmp_path)


def test_fallback_font_is_taken_and_said() -> None:
    """A rare character comes from the next font that has it, and both fonts are said."""
    main = Face(family="A", path="/a.ttc", index=0, characters=frozenset(map(ord, "王")))
    rare = Face(family="B", path="/b.ttf", index=0, characters=frozenset(map(ord, "王𰻝")))
    book = FontBook([main, rare])
    assert book.families("王") == ["A"]
    assert book.families("王 𰻝") == ["A", "B"]
    assert book.taken(["A", "B"]) == ["A (/a.ttc)", "B (/b.ttf)"]


def test_no_font_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Chinese fonts is told which package to install."""
    monkeypatch.setattr(fonts, "_installed", dict)
    with pytest.raises(FontMissing, match="fonts-noto-cjk"):
        FontBook.find()


def test_font_that_the_centre_asks_for() -> None:
    """A font named in centre.toml that is not installed is refused by its name."""
    with pytest.raises(FontMissing, match="Nobody's Song"):
        FontBook.find(["Nobody's Song"])


# Photos.


def photo(path: Path, size: tuple[int, int] = (413, 579), mode: str = "RGB", **saving: object) -> Path:
    """A picture whose upper half is red (or dark) and lower half white."""
    image = Image.new(mode, size, "white" if mode != "CMYK" else (0, 0, 0, 0))
    image.paste("red" if mode != "CMYK" else (0, 255, 255, 0), (0, 0, size[0], size[1] // 2))
    image.save(path, **saving)  # type: ignore[arg-type]  # options of the writers
    return path


def is_red(pixel: object) -> bool:
    """Whether a pixel is red, as near as JPEG keeps it."""
    assert isinstance(pixel, tuple)
    return bool(pixel[0] > 200 and pixel[1] < 60 and pixel[2] < 60)


def opened(path: Path) -> Image.Image:
    """The photo as it is printed."""
    return Image.open(io.BytesIO(photos.ready(path)))


def test_cmyk_photo(tmp_path: Path) -> None:
    """A CMYK photo is printed in its own colours."""
    made = opened(photo(tmp_path / "a.jpg", mode="CMYK"))
    assert made.mode == "RGB"
    assert is_red(made.getpixel((200, 100)))


def test_forty_megapixels(tmp_path: Path) -> None:
    """A photo of 40 megapixels is taken and made small."""
    made = opened(photo(tmp_path / "a.jpg", size=(5200, 7700)))
    assert max(made.size) == photos.LONGEST
    assert is_red(made.getpixel((200, 100)))


def test_more_than_anybody_needs(tmp_path: Path) -> None:
    """A picture beyond the limit is refused before its pixels are read."""
    Image.new("1", (20_000, 10_000)).save(tmp_path / "a.png")
    with pytest.raises(PhotoRefused, match=r"megapixels|damaged"):
        photos.ready(tmp_path / "a.png")


def test_rotated_by_exif(tmp_path: Path) -> None:
    """A photo that its camera marks as turned is printed upright, and nothing of its metadata is printed."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to see it upright
    exif[0x010F] = "Camera of somebody"
    sideways = Image.new("RGB", (579, 413), "white")
    sideways.paste("red", (0, 0, 289, 413))  # the left side is the top
    sideways.save(tmp_path / "a.jpg", exif=exif)
    data = photos.ready(tmp_path / "a.jpg")
    made = Image.open(io.BytesIO(data))
    assert made.size == (413, 579)
    assert is_red(made.getpixel((200, 100)))
    assert not made.getexif()
    assert b"Camera" not in data


def test_transparent_photo(tmp_path: Path) -> None:
    """What is transparent is printed white."""
    Image.new("RGBA", (413, 579), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert opened(tmp_path / "a.png").getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7\n", "is a PDF file"),
        (b"GIF89a", "damaged"),
        (b"", "damaged"),
        (b"\xff\xd8\xff\xe0" + b"x" * 100, "damaged"),
    ],
)
def test_not_a_photo(data: bytes, reason: str, tmp_path: Path) -> None:
    """A file that is no photo is refused by name, whatever its extension says."""
    (tmp_path / "CEM1.jpg").write_bytes(data)
    with pytest.raises(PhotoRefused, match=rf"CEM1\.jpg.*{reason}"):
        photos.ready(tmp_path / "CEM1.jpg")


def test_too_small(tmp_path: Path) -> None:
    """A thumbnail is no photo to print."""
    with pytest.raises(PhotoRefused, match="too small"):
        photos.ready(photo(tmp_path / "a.jpg", size=(60, 80)))


def test_photo_is_printed(tmp_path: Path) -> None:
    """The photo is on the paper, 35 by 49 mm."""
    shown = picture(printed(printable("王莉", photo=photo(tmp_path / "a.jpg")), tmp_path), 60)
    pixels = sum(is_red(shown.getpixel((x, y))) for x in range(shown.width) for y in range(shown.height))
    assert pixels == pytest.approx(35 * 24.5 * (60 / 25.4) ** 2, rel=0.05)
