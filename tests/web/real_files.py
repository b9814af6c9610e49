"""Real files for the fuzzer of test_openapi.py: no JSON schema can say what a picture or a spreadsheet is, nor that a
time has passed.

schemathesis.toml names this module, so that ``st run URL --checks all`` in this folder sends them too.
"""

import csv
import datetime
import functools
import io
from typing import Final

import openpyxl
import schemathesis
from hypothesis import strategies as st

from tests.photos import page
from verify.http.batch.batch_api import TYPES

_TEXTS: Final = st.sampled_from(["HTTPS://VERIFY.EXAMPLE.ORG/Q/123", "https://weixin.qq.com/x", "张三"]) | st.text(
    st.characters(codec="utf-8"), min_size=1, max_size=60
)
_CELLS: Final = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=60)
_ROWS: Final = st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=20)


def _picture(kind: str, texts: list[str]) -> bytes:
    """A page with these QR codes, as PNG, JPEG, WebP or PDF."""
    file = io.BytesIO()
    page(texts, (620, 620)).save(file, kind)
    return file.getvalue()


def _csv(rows: list[tuple[str, str]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("number", "name"), *rows])
    return file.getvalue().encode()


def _xlsx(rows: list[tuple[str, str]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in [("证书编号", "姓名"), *rows]:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


for kind in ("png", "jpeg", "webp", "pdf"):
    pictures = st.lists(_TEXTS, max_size=2).map(functools.partial(_picture, kind))
    schemathesis.openapi.media_type(f"{'application' if kind == 'pdf' else 'image'}/{kind}", pictures)
schemathesis.openapi.media_type(TYPES["csv"], _ROWS.map(_csv))
schemathesis.openapi.media_type(TYPES["xlsx"], _ROWS.map(_xlsx))
_FROM, _TO = -30_000_000_000, 1_767_000_000  # the years 1019 to 2025, in seconds since 1970


def _time(seconds: int) -> str:
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%dT%H:%M:%S}Z"


schemathesis.openapi.format("date-time", st.integers(_FROM, _TO).map(_time))
