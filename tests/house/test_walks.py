"""What a release and a judged workbook walk through: the files of the signing room whose functions are handed them."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from signing.commands.publish import _publish
from signing.ledger.values import Given, Job, ListedRow, ListHead
from signing.release import into_log, log_state, release_file
from signing.steps import issue, publish
from signing.steps.making import prepare
from signing.workbook import judging
from tests import PROJECT, signing_room
from tests.conftest import Urls
from tests.workbooks import person, write
from verify.core.statement import Statement

ROOM = str(PROJECT / "signing") + "/"
RELEASE = (
    Statement,
    release_file.Entry,
    release_file.Release,
    release_file.Certified,
    release_file.Listed,
    release_file.Indexed,
    publish.Waiting,
    into_log.Named,
    log_state.Line,
)
"""A release, what it is read into, and what the log's file keeps of it; its path and its bytes besides."""
JUDGED = (
    judging.Judged,
    judging.Candidate,
    prepare.Request,
    prepare.ExamPlan,
    prepare.Person,
    Job,
    Given,
    ListHead,
    ListedRow,
)
"""What a judged workbook becomes on its way into a release."""
PUBLISH = [
    "commands/publish.py",
    "steps/publish.py",
    "release/into_registry.py",
    "release/release_file.py",
    "release/rules_alone.py",
    "release/registered.py",
    "release/rules_registered.py",
    "release/into_log.py",
    "release/log_state.py",
]
"""In the order in which a release comes through them; a snapshot through its own rules too."""


def walked(do: Callable[[], Any], carries: Callable[[Any], bool]) -> list[str]:
    """The files of the signing room of which a function was handed what ``carries``, in order."""
    found: dict[str, None] = {}

    def look(frame: FrameType, event: str, _what: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(ROOM) and code.co_filename not in found:
            names = inspect.getargs(code)
            values = [frame.f_locals.get(name) for name in (*names.args, names.varargs, names.varkw) if name]
            parts = [part for value in values for part in (value if isinstance(value, tuple | list) else [value])]
            if any(map(carries, parts)):
                found[code.co_filename] = None

    sys.setprofile(look)
    try:
        do()
    finally:
        sys.setprofile(None)
    return [name.removeprefix(ROOM) for name in found]


def test_a_release_and_a_workbook_walk_through_few_files(
    registry_urls: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issuing hands what was judged through fewer files than 15, publishing a release through fewer than 11."""
    place = signing_room.make(tmp_path / "centre")
    session = place.session()
    with session.ledger:
        judged = judging.read(write(place.folder / "b.xlsx", [person(1), person(2)]), session.room.centre, {})
        issued = walked(
            lambda: issue.issue(session, judged, "2022-04", early="a test", agreed=True),
            lambda value: isinstance(value, JUDGED),
        )
    (path,) = (place.folder / "releases").glob("*.release")
    data, keyring = path.read_bytes(), (place.root, place.keys.keyring())
    monkeypatch.setenv("YINJIAN_DATABASE_URL", registry_urls.signer)
    waiting = publish.Waiting(path=path, room=place.room)
    log = place.log
    published = walked(
        lambda: _publish(waiting, keyring, log, True),
        lambda value: isinstance(value, RELEASE) or value in (path, data),
    )
    assert len(["commands/lists.py", *issued]) < 15
    assert published == PUBLISH
