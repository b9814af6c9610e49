"""Certificates on paper: what is printed, what it looks like to a reader, a scanner and an archive."""

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from signing.print import paper as certificate
from signing.print import press, qr
from signing.print.paper import Printable
from tests.invented import CEM, ISSUED_AT, ISSUERS, chain, keyring
from tests.paper import codes, gap, picture, printable, printed, text, words
from verify.core import qr_text, verdict
from verify.core.certificate import default_number
from verify.core.offline import Knowledge
from verify.shared.command import Refusal

RARE = "𠮷䶮㛃𰻝"
NUMBER = default_number("CEM", "2022-04", 1)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> tuple[Printable, bytes]:
    """A certificate of somebody with rare characters, and its PDF."""
    source = printable("买买提·" + RARE)
    return source, printed(source, tmp_path_factory.mktemp("paper"))


def test_says_everything(paper: tuple[Printable, bytes]) -> None:
    """Holder, number in groups, programme, level, code, dates, both issuing bodies and the query address are there."""
    shown = text(paper[1])
    for words_ in (
        "买买提·" + RARE,
        "CEM 2204 000001 " + NUMBER[-1],
        "碳排放管理师（高级）",
        "Carbon Emission Manager (Senior)",
        "4-09-07-04",
        "2022年4月23日",
        "2022年4月15日",
        "15 April 2022",
        "002X",
        *(name for issuer in ISSUERS for name in (issuer.name.zh, issuer.name.en)),
        "https://verify.example.org",
    ):
        assert words_ is not None
        assert words_ in shown


def test_scans_and_verifies(paper: tuple[Printable, bytes]) -> None:
    """At 150 dpi the QR code is read, and what it says is a genuine statement."""
    source, pdf = paper
    (read,) = codes(picture(pdf, 150))
    assert read == qr_text.write(source.statement, "VERIFY.EXAMPLE.ORG")
    seen = verdict.read_qr(read, chain(), ISSUED_AT + 60)
    judged = verdict.judge(seen, None, chain=chain(), now=ISSUED_AT + 60, offline=Knowledge(chain=chain()))
    assert judged.outcome == "valid"


@pytest.mark.parametrize(
    "holder",
    [
        "王莉",
        RARE,
        "Maximiliana Wolfeschlegelsteinhausenbergerdorff Jr",
        "Wolfeschlegelsteinhausenbergerdorffwelchevoraltern",
        "欧" * 50,
        "古丽·" * 16 + "阿依",
        "\ufa19\u2f08王",  # NFC or NFKC would change them
        "O'Neill-李",
    ],
)
def test_names_copy_out_and_are_not_cut(holder: str, tmp_path: Path) -> None:
    """Every name copies out character for character, and no character of the page leaves the frame."""
    pdf = printed(printable(holder), tmp_path)
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        copied = page.get_textpage()
        # A name on two lines has a line's end in it.
        assert holder.replace(" ", "") in "".join(copied.get_text_bounded().split())
        width, height = page.get_size()
        frame = 19.3 * 72 / 25.4
        for index in range(copied.count_chars()):
            left, bottom, right, top = copied.get_charbox(index)
            if right > left:
                assert frame <= left < right <= width - frame
                assert frame <= bottom < top <= height - frame


def test_one_issuer_and_no_occupation(tmp_path: Path) -> None:
    """A programme of one body, without an occupation code or English, prints nothing in their place."""
    from msgspec.structs import replace

    from verify.core.fields import Names

    bare = replace(CEM, issuers=("centre",), occupation=None, name=Names(zh="管理师"), level=Names(zh="高级"))
    said = replace(words(), keyring=keyring(programmes=(bare,)))
    shown = text(printed(printable("王莉", expires_at=ISSUED_AT + 86400 * 365), tmp_path, said))
    assert ISSUERS[1].name.zh not in shown
    assert "职业编码" not in shown
    assert "has passed" not in shown
    assert "有效期至" in shown


def test_archive(paper: tuple[Printable, bytes]) -> None:
    """The file declares PDF/A-3a and PDF/UA-1 and has what they want: fonts, colours, language, title, tags."""
    with pikepdf.open(io.BytesIO(paper[1])) as pdf:
        with pdf.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "3"
            assert metadata["pdfaid:conformance"] == "A"
            assert metadata["pdfuaid:part"] == "1"
            title = "证书 CEM 2204 000001 " + NUMBER[-1]
            assert metadata["dc:title"] == title
        assert str(pdf.docinfo["/Title"]) == title
        assert str(pdf.Root.Lang).lower().startswith("zh")
        assert bool(pdf.Root.MarkInfo.Marked)
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        fonts = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/FontFile3")]
        assert fonts
        assert all(str(font.FontName)[7] == "+" for font in fonts)  # six letters and a plus: a subset
        figures = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/S") == "/Figure"]
        assert any("QR code" in str(figure.get("/Alt")) for figure in figures)


def test_statement_is_attached(paper: tuple[Printable, bytes]) -> None:
    """The signed statement itself is in the file, as data that belong to it."""
    source, data = paper
    with pikepdf.open(io.BytesIO(data)) as pdf:
        attached = pdf.attachments[f"{NUMBER}.cose"]
        assert attached.get_file().read_bytes() == source.statement
        assert attached.get_file().mime_type == "application/cose"
        assert attached.relationship == "/Data"
        assert len(pdf.Root.AF) == 1


def test_same_bytes(paper: tuple[Printable, bytes], tmp_path: Path) -> None:
    """The same certificate gives the same file again, alone or by other processes among others."""
    source, data = paper
    assert printed(source, tmp_path) == data
    others = [printable(f"王{serial}", serial) for serial in range(2, 24)]
    plan, _fonts = press.plan(words(), tmp_path, [source, *others])
    done: list[int] = []
    press.print_each(plan, [*others, source], tmp_path / "many", done.append, workers=2)
    assert sum(done) == 23
    assert (tmp_path / "many" / f"{NUMBER}.pdf").read_bytes() == data


def test_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file has all pages in the given order and one title; it is PDF/A-3b and carries no statements."""
    monkeypatch.setattr(press, "_VOLUME", 2)
    sources = [printable(f"王{'〇一二三四'[serial]}", 9 - serial) for serial in range(5)]
    plan, _fonts = press.plan(words(), tmp_path, sources)
    for name in ("a.pdf", "b.pdf"):
        press.print_batch(plan, sources, tmp_path / name, lambda _count: None)
    data = (tmp_path / "a.pdf").read_bytes()
    assert data == (tmp_path / "b.pdf").read_bytes()
    for place, source in enumerate(sources):
        assert f"王{'〇一二三四'[place]}" in text(data, place)
        assert codes(picture(data, 150, place)) == [qr_text.write(source.statement, "VERIFY.EXAMPLE.ORG")]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert not pdf.attachments
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
            assert "000009" in metadata["dc:title"]
            assert "000005" in metadata["dc:title"]


@pytest.mark.parametrize("holder", ["王莉", "欧" * 50])
@pytest.mark.parametrize("level", ["M", "Q"])
def test_modules_are_never_too_small(holder: str, level: str) -> None:
    """A module measures at least 0.4 mm, whatever the name's length and the level asked for."""
    said = words(qr_level=level)
    page = certificate.page(printable(holder), said)
    source = qr_text.write(printable(holder).statement, said.host)
    taken = "Q" if level == "Q" and len(holder) < 50 else "M"
    assert page["qr"]["svg"] == qr.svg(source, taken).decode()  # type: ignore[arg-type]  # one of the two levels
    assert page["qr"]["width"] / qr.symbol(source, taken).width >= 0.4


def test_small_size_gives_way() -> None:
    """A size that would make modules too small is not kept to."""
    source = printable("欧" * 50)
    wide = qr.symbol(qr_text.write(source.statement, "VERIFY.EXAMPLE.ORG")).width
    assert wide * 0.4 > 30
    assert certificate.page(source, words(qr_size=20))["qr"]["width"] == pytest.approx(wide * 0.4)


@pytest.mark.parametrize(
    ("number", "groups"),
    [
        ("CEM2204000123X", "CEM 2204 000123 X"),
        ("Y000011260001214000001", "Y000 0112 6000 1214 0000 01"),
        ("ABCD1", "ABCD1"),
    ],
)
def test_groups(number: str, groups: str) -> None:
    """Numbers are printed in groups: those of the default scheme by their parts, others in fours."""
    assert certificate.grouped(number, ["CEM"]) == groups


def test_wording(tmp_path: Path) -> None:
    """Title and sentence are the centre's own; a placeholder that is none is refused with those that are."""
    said = words(title={"zh": "培训合格证书"}, text={"zh": "{programme}培训考试合格。", "en": None})
    shown = text(printed(printable("王莉"), tmp_path, said))
    assert "培训合格证书" in shown
    assert "碳排放管理师培训考试合格。" in shown
    assert "CERTIFICATE" not in shown
    with pytest.raises(Refusal, match=r"\{name\}.*\{programme\}"):
        printed(printable("王莉"), tmp_path, words(text={"zh": "{name}合格。"}))


def test_seal(tmp_path: Path) -> None:
    """A seal is printed in red over its issuer, and nowhere without one; a seal of nobody's is refused."""
    (tmp_path / "seal.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4.5" cy="4.5" r="4" fill="#f00"/></svg>'
    )
    plain, sealed = (
        picture(printed(printable("王莉"), tmp_path, words(seals=seals)), 60) for seals in ({}, {"centre": "seal.svg"})
    )
    reds = [sum(1 for pixel in shown.get_flattened_data() if pixel == (255, 0, 0)) for shown in (plain, sealed)]
    assert reds[0] == 0
    assert reds[1] > 1000
    for seals in ({"nobody": "seal.svg"}, {"centre": "nowhere.png"}, {"centre": "seal.pdf"}):
        with pytest.raises(Refusal, match=r"nobody|nowhere|seal\.pdf"):
            press.plan(words(seals=seals), tmp_path, [])


def test_an_apostrophe_in_a_latin_name_is_no_wider_than_letters(tmp_path: Path) -> None:
    """A Chinese face alone would leave the room of a character behind it."""
    assert gap(printed(printable("Siobhán O’Sample"), tmp_path), "O’", "Sample") < 4
