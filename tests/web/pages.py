"""The invented site for browser tests: its register, and every page of it that a person can reach."""

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page

from tests import invented_exam as exam
from tests.invented import CERTIFICATE, STATUS, TestKey, resign
from tests.invented_exam import DAY, HOST, Holder
from tests.memory_registry import MemoryRegistry
from verify.core.fields import Names
from verify.core.qr_text import write
from verify.core.statement import Kind


def register(now: int) -> MemoryRegistry:
    """The invented exam, with a notice under objection, a long list and one past its term, as of ``now``."""
    names = ["张伟", "王芳", "李娜", "刘洋", "陈静", "阿依古丽·买买提", "欧阳娜娜", "赵敏", "孙悦", "周杰"]
    people = [exam.holder(n, names[n % 10]) for n in range(100, 340)]
    notice = exam.pass_list(
        *people,
        notice=True,
        exam="CEM-2025-09",
        title=Names(zh="2025年第三次碳排放管理师考试", en="Third Carbon Emission Manager exam of 2025"),
        held_on="2025-09-20",
        planned_on="2025-09-13",
        objections_until=now + 3 * DAY + 7300,
        public_until=now + 60 * DAY,
    )
    gone = exam.pass_list(
        *people[:5],
        exam="CEM-2023-06",
        title=Names(zh="2023年第二次碳排放管理师考试"),
        held_on="2023-06-17",
        planned_on=None,
        public_until=now - 5,
    )
    return MemoryRegistry([*exam.statements(), notice, gone], now)


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
    "unreadable": ("/Q/123", "无法识别", "Cannot be read"),
    "not_yet_valid": (exam.NOT_YET.path, "尚未签发", "Not yet issued"),
    "as_of": (exam.REVOKED.path + "?as_of=2022-06-01", "已撤销", "Revoked"),
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
    "for_programs": ("/api/schema", "程序接口", "For programs"),
    "gone": ("/pass-lists/CEM-2023-06", "名单已不再公开", "List no longer public"),
    "nowhere": ("/nowhere", "没有这个页面", "No such page"),
}


def check(page: Page, site: str, language: str, number: str, name: str = "") -> None:
    """Checks a number and a name by the form."""
    page.goto(f"{site}/check?lang={language}")
    page.fill("#number", number)
    page.fill("#holder", name)
    page.click("form.ask button[type=submit]")


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
}
"""What only a form reaches: how, and the headline in both languages."""
