"""The exams of centre.toml as the public service may show them before they have a list: a plan, and unsigned.

The file is JSON, read by verify.shared.planned (docs/adr).
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from signing.centre.centre_toml import Centre
from verify.shared import whole_files
from verify.shared.planned import PlannedExam, Plans


def planned(centre: Centre) -> tuple[PlannedExam, ...]:
    """Every exam of centre.toml, by date."""
    exams = [
        PlannedExam(
            code=exam.code,
            programme=exam.programme,
            title=exam.title.names,
            held_on=exam.held_on.isoformat(),
            planned_on=None if exam.planned_on is None else exam.planned_on.isoformat(),
        )
        for exam in centre.exams
    ]
    return tuple(sorted(exams, key=lambda exam: (exam.held_on, exam.code)))


def write(path: Path, exams: Sequence[PlannedExam], now: int) -> None:
    """Replaces the file at ``path`` whole. Raises Refusal."""
    data = msgspec.json.format(msgspec.json.encode(Plans(written_at=now, exams=tuple(exams))), indent=1)
    whole_files.write(path, data + b"\n")
