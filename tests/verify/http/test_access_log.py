"""The access log: routes and never what stands in them, written beside the requests."""

import io
import json
import logging

import pytest

from verify.http.access_log import Line, Written, as_json

LINE = Line(1_650_000_000.25, "GET", "/Q/{text}", 200, 1.26)


def test_lines_are_written_together_and_in_their_order() -> None:
    """What has come together is one text for each, for people or as JSON."""
    people, programs = io.StringIO(), io.StringIO()
    for stream, log in ((people, Written(people)), (programs, Written(programs, as_json))):
        with log.writing():
            log.note(LINE)
            log.note(Line(1_650_000_001.0, "POST", "/api/v1/verify", 404, 0.04))
        assert len(stream.getvalue().splitlines()) == 2
    assert people.getvalue().splitlines()[0] == "2022-04-15T05:20:00Z info yinjian.access GET /Q/{text} 200 1.3ms"
    first, second = map(json.loads, programs.getvalue().splitlines())
    assert (first["route"], first["status"], first["ms"]) == ("/Q/{text}", 200, 1.3)
    assert first["timestamp"].startswith("2022-04-15T05:20:00.250")
    assert second["method"] == "POST"


def test_what_is_left_out_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    """Who reads too slowly is told how many lines there are not."""
    stream = io.StringIO()
    log = Written(stream, most=2)
    for _ in range(5):
        log.note(LINE)
    with caplog.at_level(logging.WARNING):
        log.write()
    assert len(stream.getvalue().splitlines()) == 2
    assert "3 lines" in caplog.text


class Full(io.StringIO):
    """A stream on a disk that is full for its first writes."""

    failures = 2

    def write(self, text: str) -> int:
        """Takes a text, once there is room."""
        if self.failures:
            self.failures -= 1
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_lines_lost_to_a_full_disk_are_counted_once_there_is_room(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is left out of the log without a word in it."""
    stream = Full()
    log = Written(stream)
    for _ in range(3):
        log.note(LINE)
        log.write()
    assert len(stream.getvalue().splitlines()) == 1
    assert "2 lines of the access log were left out" in caplog.text


def test_the_log_goes_on_after_a_line_that_cannot_be_made(caplog: pytest.LogCaptureFixture) -> None:
    """Its request is answered all the same, and whoever reads the log is told."""
    stream = io.StringIO()

    def render(line: Line) -> str:
        if line.status == 0:
            raise OverflowError
        return as_json(line)

    log = Written(stream, render)
    with log.writing():
        log.note(Line(0.0, "GET", "/", 0, 0.0))
        log.note(LINE)
    assert "was lost (OverflowError)" in caplog.text
    assert len(stream.getvalue().splitlines()) == 1
