"""What a QR code is, from its text: one of our certificates, or something else that people photograph by mistake.

The text of a code that is not ours never goes further than here: it may be somebody's payment code or health data.
"""

import re
from typing import Final, Literal

import msgspec

from verify.core import qr_text

CodeKind = Literal[
    "certificate",
    "payment_weixin",
    "payment_alipay",
    "payment_unionpay",
    "health_certificate",
    "contact",
    "wifi",
    "link",
    "other",
]

_OTHERS: Final[tuple[tuple[CodeKind, str], ...]] = (
    # What WeChat, Alipay and UnionPay print for payees, and the numbers they show for payers.
    ("payment_weixin", r"(wxp|weixin)://|https?://payapp\.(weixin\.qq\.com|wechatpay\.cn)/|1[0-5][0-9]{16}$"),
    ("payment_alipay", r"https?://qr\.alipay\.com/|alipays?://|(2[5-9]|30)[0-9]{14,22}$"),
    ("payment_unionpay", r"https?://qr\.95516\.com/|62[0-9]{17}$"),
    ("health_certificate", r"HC1:"),  # EU health certificate (HCERT), its context identifier
    ("contact", r"BEGIN:VCARD|MECARD:"),
    ("wifi", r"WIFI:"),
    ("link", r"https?://"),
)
_FIRST_BYTE: Final = 0x84
"""An array of four: what every COSE_Sign1 statement begins with."""


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """One code of a file. ``text`` is a certificate's QR text, None for every other kind."""

    kind: CodeKind
    text: str | None
    page: int
    """The page or frame it is on, from 1."""
    source: Literal["picture", "attachment"]


def read(text: str, page: int) -> Code:
    """The code of a QR code's ``text``."""
    kind = _kind(text)
    return Code(kind=kind, text=text if kind == "certificate" else None, page=page, source="picture")


def read_attachment(data: bytes) -> Code | None:
    """The code that a file attached to a PDF stands for: a signed statement's bytes; None for anything else."""
    if not data or data[0] != _FIRST_BYTE:
        return None
    digits = str(int.from_bytes(data)) if len(data) * 2.41 < qr_text.MAX_DIGITS else ""
    return Code(kind="certificate", text=digits, page=1, source="attachment") if digits else None


def _kind(text: str) -> CodeKind:
    if qr_text.is_ours(text):
        return "certificate"
    for kind, pattern in _OTHERS:
        if re.match(pattern, text.strip(), re.IGNORECASE | re.ASCII):
            return kind
    return "other"
