"""Checking a workbook: every row judged, nothing written but a marked copy."""

from pathlib import Path

from signing.centre.centre_toml import Centre
from signing.workbook import judging
from signing.workbook.judging import Judged
from signing.workbook.strikes import Strikes
from verify.core.china_time import local_day
from verify.shared.progress import Progress


def check(book: Path, centre: Centre, strikes: Strikes, report: Path | None, *, now: int, progress: Progress) -> Judged:
    """The workbook judged by the centre's rules, and its marked copy at ``report``. Raises Refusal."""
    judged = judging.read(book, centre, strikes, local_day(now), progress)
    if report is not None:
        from signing.workbook import report as reports  # takes long to load

        reports.write(report, book, judged, progress)
    return judged
