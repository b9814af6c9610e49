"""The invented site for browser tests: its register, and every page of it that a person can reach."""

import io
from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page

from tests import invented_exam as exam
from tests.invented import CERTIFICATE, SECRET, STATUS, TestKey, resign
from tests.invented_exam import DAY, HOST, Holder
from tests.memory_registry import MemoryRegistry
from tests.photos import page as paper
from tests.photos import qr_image
from verify.core import identity
from verify.core.fields import Names
from verify.core.lookup_index import LookupIndex
from verify.core.qr_text import write
from verify.core.statement import Kind

GONE: Final = "CEM-2023-06"
"""The exam whose list is past its term."""
WIDE_NAMES: Final = ("阿卜杜拉·" * 10, "Wolfeschlegelsteinhausenbergerdorffvorderungsgesel")
"""Names of 50 characters, with and without a place to break the line."""


def register(now: int) -> MemoryRegistry:
    """The invented exam, with a long list under objection, one of long words and one past its term, as of ``now``."""
    wide = [exam.holder(n, name) for n, name in enumerate(WIDE_NAMES, 400)]
    names = ["张伟", "王芳", "李娜", "刘洋", "陈静", "阿依古丽·买买提", "欧阳娜娜", "赵敏", "孙悦", "周杰"]
    people = [exam.holder(n, names[n % 10]) for n in range(100, 340)]
    notice = exam.pass_list(
        *people,
        notice=True,
        exam="CEM-2025-09",
        title=Names(zh="2025年第三次碳排放管理师考试", en="Third Carbon Emission Manager exam of 2025"),
        held_on="2025-09-20",
        planned_on="2025-09-13",
        objections_until=now + 3 * DAY + 9000,
        public_until=now + 60 * DAY,
    )
    gone = exam.pass_list(
        exam=GONE,
        title=Names(zh="2023年第二次碳排放管理师考试"),
        held_on="2023-06-17",
        planned_on=None,
        public_until=now - 5,
    )
    wordy = exam.pass_list(
        *wide,
        notice=True,
        exam="CEM-2024-12",
        title=Names(
            zh="2024年新能源汽车动力电池全生命周期碳足迹核算与碳资产管理师全国统一考试（补考）",
            en="Kraftfahrzeugantriebsbatterielebenszykluskohlenstofffußabdruckbilanzierungsprüfung of 2024",
        ),
        held_on="2024-12-21",
        contact="示例人才交流中心 010-00000000；objections-and-complaints@certification-centre.example.org",
        objections_until=now - DAY,
    )
    # "Nobody" is answered only where each final list is covered; this one names none.
    covering = LookupIndex(exam=GONE, revision=1, secret_id=identity.secret_id(SECRET), rows=(), issued_at=now - 10)
    index = CERTIFICATE.sign(covering.draft(CERTIFICATE.kid))
    return MemoryRegistry([*exam.statements(), notice, gone, index, wordy, *(person.data for person in wide)], now)


def path(data: bytes) -> str:
    """The address that a QR code of these bytes opens."""
    return "/Q/" + write(data, HOST).rpartition("/")[2]


def _forged(person: Holder) -> str:
    changed = bytearray(person.data)
    changed[-1] ^= 1
    return path(bytes(changed))


_STRANGER: Final = TestKey("stranger")
_DRAFT: Final = exam.VALID.certificate
_MALFORMED: Final = resign(
    CERTIFICATE,
    {6: exam.ISSUED, 7: exam.VALID.number.encode(), Kind.CERTIFICATE.claim: {1: "", 2: "1234", 3: "CEM", 4: "2022-04"}},
)

VERDICTS: Final[dict[str, tuple[str, str, str]]] = {
    "valid": (exam.VALID.path, "真实有效", "Genuine and valid"),
    "revoked": (exam.REVOKED.path, "已撤销", "Revoked"),
    "suspended": (exam.SUSPENDED.path, "已暂停效力", "Suspended"),
    "replaced": (exam.REPLACED.path, "已换发新证", "Replaced by a new certificate"),
    "expired": (exam.EXPIRED.path, "证书真实，但已过有效期", "Genuine, but expired"),
    "withdrawn": (exam.WITHDRAWN.path, "已撤回", "Withdrawn"),
    "unregistered": (exam.UNLISTED.path, "登记册中无此证书", "Not in the register"),
    "forged": (_forged(exam.VALID), "伪造或被改动", "Forged or altered"),
    "unknown_key": (path(_STRANGER.sign(_DRAFT.draft(_STRANGER.kid))), "不是本中心签发", "Not from this centre"),
    "key_not_trusted": (
        path(STATUS.sign(_DRAFT.draft(STATUS.kid))),
        "签名密钥不可信",
        "Signed with a key that is not trusted",
    ),
    "malformed": (path(_MALFORMED), "不是合格的证书", "Not a proper certificate"),
    "unreadable": ("/Q/none", "无法识别", "Cannot be read"),
    "altered": (exam.VALID.path[:9] + "0" + exam.VALID.path[10:], "被改动或不完整", "Altered or incomplete"),
    "not_yet_valid": (exam.NOT_YET.path, "尚未签发", "Not yet issued"),
    "as_of": (
        exam.REVOKED.path + "?as_of=2022-06-01",
        "2022年6月1日：真实有效",
        "On 1 June 2022: Genuine and valid",
    ),
    "long_name": (exam.holder(400, WIDE_NAMES[0]).path, "登记册中无此证书", "Not in the register"),
    "unbroken_name": (exam.holder(401, WIDE_NAMES[1]).path, "登记册中无此证书", "Not in the register"),
}
"""By outcome: the address, and its headline in both languages."""

PAGES: Final[dict[str, tuple[str, str, str]]] = {
    "home": ("/", "查验证书", "Check a certificate"),
    "check": ("/check", "按编号查验", "Check by number"),
    "lookup": ("/lookup", "按姓名和证件号码查询", "Look up by name and ID number"),
    "upload": ("/upload", "查验照片或 PDF", "Check a photo or PDF"),
    "scan": ("/scan", "扫描二维码", "Scan the code"),
    "batch": ("/batch", "批量查验", "Check a whole list"),
    "pass_lists": ("/pass-lists", "合格名单", "Pass lists"),
    "notice": ("/pass-lists/CEM-2025-09", "2025年第三次碳排放管理师考试", "Third Carbon Emission Manager exam of 2025"),
    "final": ("/pass-lists/CEM-2022-04", "2022年第三次碳排放管理师考试", "Third Carbon Emission Manager exam of 2022"),
    "about": ("/about", "关于本站", "About this site"),
    "help": ("/help", "帮助", "Help"),
    "privacy": ("/privacy", "隐私", "Privacy"),
    "of_a_number": (f"/c/{exam.SUSPENDED.number}", "已暂停效力", "Suspended"),
    "of_nobody": ("/c/Z123456", "查无此编号的证书", "No certificate with this number"),
    "for_programs": ("/api/schema", "程序接口", "For programs"),
    "wordy": (
        "/pass-lists/CEM-2024-12",
        "2024年新能源汽车动力电池全生命周期碳足迹核算与碳资产管理师全国统一考试（补考）",
        "Kraftfahrzeugantriebsbatterielebenszykluskohlenstofffußabdruckbilanzierungsprüfung of 2024",
    ),
    "no_list": ("/pass-lists/CEM-2001-01", "没有这份名单", "No such list"),
    "bad_cursor": ("/pass-lists/CEM-2025-09?cursor=elsewhere", "这一页已不存在", "Page no longer there"),
    "future": (exam.VALID.path + "?as_of=2999-01-01", "时间在未来", "Time in the future"),
    "gone": ("/pass-lists/CEM-2023-06", "名单已不再公开", "List no longer public"),
    "nowhere": ("/nowhere", "没有这个页面", "No such page"),
}


def check(page: Page, site: str, language: str, number: str, name: str = "") -> None:
    """Checks a number and a name by the form."""
    page.goto(f"{site}/check?lang={language}")
    page.fill("#number", number)
    page.fill("#holder", name)
    page.click("form.ask button[type=submit]")


def search(page: Page, site: str, language: str, name: str) -> None:
    """Looks for a name in the long list."""
    page.goto(f"{site}/pass-lists/CEM-2025-09?lang={language}")
    page.fill("#find", name)
    page.click("form.find button")


def send_text(page: Page, site: str, language: str) -> None:
    """Sends a file that is no picture."""
    page.goto(f"{site}/upload?lang={language}")
    page.set_input_files("#file", {"name": "scan.png", "mimeType": "image/png", "buffer": b"no picture"})
    page.wait_for_selector("#fault")


FORMS: Final[dict[str, tuple[Callable[[Page, str, str], None], str, str]]] = {
    "mismatch": (
        lambda page, site, language: check(page, site, language, exam.VALID.number, "王丽"),
        "编号与姓名不符",
        "Number and name do not belong together",
    ),
    "not_found": (
        lambda page, site, language: check(page, site, language, "Z123456"),
        "查无此编号的证书",
        "No certificate with this number",
    ),
    "slip": (
        lambda page, site, language: check(page, site, language, exam.VALID.number[:-1] + "A"),
        "编号有误",
        "The number has a slip in it",
    ),
    "by_number": (
        lambda page, site, language: check(page, site, language, exam.NEW.number),
        "真实有效",
        "Genuine and valid",
    ),
    "by_name": (
        lambda page, site, language: check(page, site, language, exam.REPLACED.number, "李雷"),
        "已换发新证",
        "Replaced by a new certificate",
    ),
    "no_number": (
        lambda page, site, language: check(page, site, language, " "),
        "按编号查验",
        "Check by number",
    ),
    "personal_number": (
        lambda page, site, language: check(page, site, language, "990101199001010015", "王丽"),
        "按编号查验",
        "Check by number",
    ),
    "searched_in_vain": (
        lambda page, site, language: search(page, site, language, "王丽丽"),
        "2025年第三次碳排放管理师考试",
        "Third Carbon Emission Manager exam of 2025",
    ),
    "searched": (
        lambda page, site, language: search(page, site, language, "阿依"),
        "2025年第三次碳排放管理师考试",
        "Third Carbon Emission Manager exam of 2025",
    ),
}
"""What only a form reaches: how, and the headline in both languages."""


def look_up(page: Page, site: str, language: str, name: str, id_number: str) -> None:
    """Looks a person up, with the page's proof of work."""
    page.goto(f"{site}/lookup?lang={language}")
    page.fill("#person", name)
    page.fill("#id-number", id_number)
    page.click("form.ask button[type=submit]")
    page.wait_for_selector(".verdict, #fault", timeout=20_000)


def check_rows(page: Page, site: str, language: str) -> None:
    """Checks a pasted list with something wrong in it."""
    page.goto(f"{site}/batch?lang={language}")
    rows = ((exam.VALID, "王莉"), (exam.VALID, "王丽"), (exam.EXPIRED, "韩梅梅"), (exam.REVOKED, WIDE_NAMES[1]))
    page.fill("#rows", "\n".join(f"{person.number}\t{name}" for person, name in rows))
    page.click("form.ask button[type=submit]")
    page.wait_for_selector("#done")


def send_several(page: Page, site: str, language: str) -> None:
    """Sends a scan of two certificates beside a payment code."""
    sheet = paper([exam.VALID.qr, exam.EXPIRED.qr], size=(1240, 700))
    sheet.paste(qr_image("https://qr.alipay.com/fkx0", 5), (40, 40))
    file = io.BytesIO()
    sheet.save(file, "PNG")
    page.goto(f"{site}/upload?lang={language}")
    with page.expect_navigation():
        page.set_input_files("#file", {"name": "scan.png", "mimeType": "image/png", "buffer": file.getvalue()})


SCRIPTED: Final[dict[str, tuple[Callable[[Page, str, str], None], str, str]]] = {
    "found": (
        lambda page, site, language: look_up(page, site, language, exam.REPLACED.name, exam.REPLACED.id_number),
        "查到 1 份证书",
        "1 certificate found",
    ),
    "nobody": (
        lambda page, site, language: look_up(page, site, language, "王丽", exam.VALID.id_number),
        "没有查到证书",
        "No certificate found",
    ),
    "id_slip": (
        lambda page, site, language: look_up(page, site, language, "王丽", "990101199002010011"),
        "按姓名和证件号码查询",
        "Look up by name and ID number",
    ),
    "rows_checked": (check_rows, "批量查验", "Check a whole list"),
    "no_picture": (send_text, "查验照片或 PDF", "Check a photo or PDF"),
    "several_codes": (send_several, "文件查验结果", "Result for the file"),
}
"""What is reached by a page's script: how, and the headline in both languages."""
