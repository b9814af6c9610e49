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
