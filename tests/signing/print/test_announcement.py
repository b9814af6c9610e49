"""The announcement: its words, the order and place of names, as PDF and as DOCX."""

import io
import zipfile
from pathlib import Path
from typing import Any

import docx
import pikepdf
from docx.styles.style import ParagraphStyle
from msgspec.structs import replace

from signing.centre.print_settings import PrintSettings
from signing.print import announcement, announcement_docx, labels
from signing.print.announcement import compose
from signing.print.names_order import by_pinyin
from tests.invented import CEM, ISSUED_AT, ISSUERS, keyring
from tests.paper import codes, gap, picture, printable, text, words
from verify.core import qr_text
from verify.core.fields import Names
from verify.core.pass_list import PassList, Row

SITE = "https://verify.example.org"
NAMES = (
    "王莉",
    "张伟",
    "买买提·吐尔逊江",
    "单明",
    "𰻝𠮷",
    "张伟",
    "Maximiliana Wolfeschlegelsteinhausenbergerdorff Jr",
    "曾敏",
    "欧阳若兰",
    "仇英",
)


def listed(*names: str, **changes: Any) -> PassList:
    """A notice of these people."""
    rows = tuple(Row(serial=place, name=name, id=f"＊{place:04}") for place, name in enumerate(names, 1))
    one = PassList(
        exam="CEM-2022-04",
        programme="CEM",
        stage="notice",
        revision=1,
        objections_until=1_651_248_000,  # 2022-04-30 00:00 in Shanghai: the 29th is the last day
        contact="示例人才交流中心考务部，objections@example.org",
        public_until=None,
        rows=rows,
        title=Names(zh="2022年第三次碳排放管理师（高级）考试"),
        held_on="2022-04-23",
        planned_on="2022-03-19",
        issued_at=ISSUED_AT,
    )
    return replace(one, **changes)


def paper(*lists: PassList, **settings: Any) -> announcement.Announcement:
    """The announcement of these lists, or of everybody."""
    return compose(lists or [listed(*NAMES)], keyring(), PrintSettings(**settings), SITE)


def flat(copied: str) -> str:
    """A text without the ends of its lines and the gaps in names."""
    return "".join(copied.split())


def test_says_everything(tmp_path: Path) -> None:
    """Title, dates, count, every name, objections, the list's address, the issuers and the date are on the paper."""
    shown = flat(text(announcement.pdf(paper(), PrintSettings(), tmp_path)))
    for part in (
        "关于2022年第三次碳排放管理师（高级）考试合格人员名单的公示",
        "2022年4月23日（原定2022年3月19日）",
        "10名",
        *(flat(name) for name in NAMES),
        "公示期至2022年4月29日止",
        "objections@example.org",
        f"{SITE}/pass-lists/CEM-2022-04",
        *(issuer.name.zh for issuer in ISSUERS),
        "2022年4月15日",
    ):
        assert part in shown


def test_deadline_and_contact_come_before_the_names(tmp_path: Path) -> None:
    """Whoever reads the first page knows until when and to whom; a name is named by the number before it."""
    shown = flat(text(announcement.pdf(paper(), PrintSettings(), tmp_path)))
    assert shown.index("公示期至") < shown.index("objections@example.org") < shown.index("1王莉")
    assert "3买买提·吐尔逊江" in shown


def test_addresses_are_never_broken(tmp_path: Path) -> None:
    """Wherever it falls on the line, an address stays in one piece, to be copied."""
    for length in range(0, 60, 7):
        contact = "考" * length + "objections-of-the-third-exam@example.org"
        copied = text(announcement.pdf(paper(listed("王莉", contact=contact)), PrintSettings(), tmp_path))
        assert "objections-of-the-third-exam@example.org" in copied
        assert f"{SITE}/pass-lists/CEM-2022-04" in copied


def test_english_where_it_is_wanted(tmp_path: Path) -> None:
    """The centre may have date, count, deadline and contact in English, too."""
    one = listed(*NAMES, title=Names(zh="第三次考试", en="Third exam"))
    assert not any("Third exam" in said for said in paper(one).lead)
    made = compose([one], keyring(), PrintSettings(english=True), SITE)
    shown = text(announcement.pdf(made, PrintSettings(english=True), tmp_path))
    assert "Third exam, held on 23 April 2022" in " ".join(shown.split())
    assert "bjections until 29 April 2022" in shown
    unnamed = compose([replace(one, title=Names(zh="第三次考试"))], keyring(), PrintSettings(english=True), SITE)
    assert any(said.startswith("CEM-2022-04, held on") for said in unnamed.lead)


def test_people_of_one_name_are_told_apart() -> None:
    """Where two people have one name, each is shown with what the list shows of the ID; nobody else is."""
    names = [one.name for one in paper().sections[0].names]
    assert [name for name in names if "（" in name] == ["张伟（＊0002）", "张伟（＊0006）"]
    hidden = tuple(replace(row, id="＊") for row in listed(*NAMES).rows)
    assert "张伟" in [one.name for one in paper(replace(listed(), rows=hidden)).sections[0].names]


def test_a_final_list_is_proclaimed() -> None:
    """A final list asks for no objections."""
    rows = tuple(replace(row, certificate=bytes(16)) for row in listed("王莉").rows)
    made = paper(listed(stage="final", objections_until=None, rows=rows))
    assert "".join(made.title).endswith("公告")
    assert not any("异议" in said for said in (*made.lead, *made.close))
    assert [one.serial for one in made.sections[0].names] == [None]


def test_two_exams_on_one_paper(tmp_path: Path) -> None:
    """Lists of two programmes are two sections of one announcement, each with its address."""
    cam = replace(CEM, code="CAM", name=Names(zh="碳资产管理师"))
    other = listed("李四", exam="CAM-2022-04", programme="CAM", title=Names(zh="碳资产管理师考试"))
    made = compose([listed("王莉"), other], keyring(programmes=(CEM, cam)), PrintSettings(), SITE)
    assert [[one.name for one in part.names] for part in made.sections] == [["王莉"], ["李四"]]
    assert any(line.endswith("/pass-lists/CAM-2022-04") for line in made.close)
    assert len([line for line in made.lead if "公示期至" in line]) == 1
    assert "李四" in flat(text(announcement.pdf(made, PrintSettings(), tmp_path)))


def test_pinyin_order() -> None:
    """Names stand by pinyin with the readings of surnames, not of the characters: 单 is Shàn, 仇 Qiú, 曾 Zēng."""
    names = ["曾敏", "单明", "仇英", "区明", "欧阳若兰", "查良", "解放", "Alexander", "安安", "张三", "张", "尉迟恭"]
    assert by_pinyin((name, name) for name in names) == [
        "Alexander", "安安", "区明", "欧阳若兰", "仇英", "单明", "解放", "尉迟恭", "曾敏", "查良", "张", "张三",
    ]  # fmt: skip
    surnames = ["粘国", "藏明", "贠晓", "佴强", "乜丽", "炅文", "能静"]
    assert by_pinyin((name, name) for name in surnames) == ["炅文", "能静", "佴强", "粘国", "乜丽", "贠晓", "藏明"]
    assert paper(names="pinyin").sections[0].names[0].name == "𰻝𠮷"


def test_archive_and_same_bytes(tmp_path: Path) -> None:
    """The PDF is PDF/A-3a with title and language, the same each time; so is the DOCX."""
    data = announcement.pdf(paper(), PrintSettings(), tmp_path)
    assert data == announcement.pdf(paper(), PrintSettings(), tmp_path)
    with pikepdf.open(io.BytesIO(data)) as pdf, pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert "公示" in metadata["dc:title"]
        assert str(pdf.Root.Lang).lower().startswith("zh")
    assert announcement_docx.docx(paper()) == announcement_docx.docx(paper())


def test_columns(tmp_path: Path) -> None:
    """Names of three characters stand in the columns that were asked for; none leaves the page."""
    many = [f"王小{chr(0x4E00 + place)}" for place in range(400)]
    made = paper(listed(*many, *NAMES), columns=7)
    data = announcement.pdf(made, PrintSettings(), tmp_path)
    copied = "".join(text(data, page) for page in range(2))
    (line,) = (line for line in copied.splitlines() if many[14] in line)
    assert line.split() == [word for place in range(14, 21) for word in (str(place + 1), many[place])]


def test_docx_is_editable() -> None:
    """The DOCX has the same words; names stand in lines between tab stops, long ones over more than one."""
    document = docx.Document(io.BytesIO(announcement_docx.docx(paper(columns=6))))
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    assert paragraphs[0] == "".join(paper().title)
    names = [
        name
        for line in document.paragraphs
        if line.style and line.style.name == "List"
        for name in line.text.split("\u2002\t")
    ]
    said = [f"{one.serial} {one.name}" for one in paper().sections[0].names]
    assert [name.replace("\u3000", "") for name in names] == said
    assert "1 王\u3000莉" in names
    assert paragraphs[-1] == "2022年4月15日"
    assert any("公示期至2022年4月29日止" in line for line in paragraphs)
    assert document.core_properties.author == "、".join(issuer.name.zh for issuer in ISSUERS)


def test_names_in_the_docx_run_into_none() -> None:
    """Behind the longest serial a name of three ends before its tab stop, in fewer columns than were asked for."""
    many = [f"王小{chr(0x4E00 + place)}" for place in range(1200)]
    document = docx.Document(io.BytesIO(announcement_docx.docx(paper(listed(*many)))))
    style = document.styles["List"]
    assert isinstance(style, ParagraphStyle)
    first = style.paragraph_format.tab_stops[0].position
    assert first.pt > (4 * 0.5 + 0.25 + 3 + 0.5) * 10.5  # digits, space, characters and the gap, in the type's size
    lines = [line.text for line in document.paragraphs if line.style and line.style.name == "List"]
    assert {line.count("\u2002\t") + 1 for line in lines[:-1]} == {int(158 / first.mm + 0.5)}


def test_docx_holds_no_trace_of_its_making() -> None:
    """No entry of the ZIP has the time at which it was written."""
    with zipfile.ZipFile(io.BytesIO(announcement_docx.docx(paper()))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_labels(tmp_path: Path) -> None:
    """A sheet has 24 labels; each code reads back beside its own name, the longest too."""
    holders = ["王莉", "欧" * 50, "Wolfeschlegelsteinhausenbergerdorffwelchevoraltern"]
    sources = [printable(holders[place % 3], place + 1) for place in range(25)]
    data = labels.pdf(sources, words(), tmp_path)
    found = {code for page in range(2) for code in codes(picture(data, 200, page))}
    assert found == {qr_text.write(source.statement, "VERIFY.EXAMPLE.ORG") for source in sources}
    assert "000025" in text(data, 1)
    assert flat(text(data, 0)).count("王莉") == 8


def test_an_apostrophe_in_a_latin_name_is_no_wider_than_letters(tmp_path: Path) -> None:
    """On the announcement, too."""
    made = announcement.pdf(paper(listed("Siobhán O’Sample", *NAMES)), PrintSettings(), tmp_path)
    assert gap(made, "O’", "Sample") < 2
