"""One JSON object a line, and no value from a frame."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from terminal.logging_json import MESSAGE_CHARACTERS_MAX, log_json_lines


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    known = (root.handlers[:], root.level, logging.getLogger("terminal").level)
    written = io.StringIO()
    log_json_lines(written)
    yield written
    root.handlers[:], level, ours = known
    root.setLevel(level)
    logging.getLogger("terminal").setLevel(ours)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_line(stream: io.StringIO) -> None:
    log = logging.getLogger("terminal.counter")
    log.info("sale %s\nended", "s-1", extra={"facts": {"state": "approved", "été": 1}})
    (line,) = lines(stream)
    assert line["message"] == "sale s-1\nended"
    assert (line["level"], line["logger"]) == ("info", "terminal.counter")
    assert line["facts"] == {"state": "approved", "été": 1}
    assert line["at"].endswith("+00:00")


def test_libraries_speak_from_warning_up(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server that another test started in this process with uvicorn's own settings silenced it.
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "propagate", True)
    for name in ("httpx", "uvicorn.access", "smartcard"):
        logging.getLogger(name).info("HTTP Request: POST /v1/payments")
        logging.getLogger(name).warning("worth it")
    assert [line["message"] for line in lines(stream)] == ["worth it"] * 3


def test_an_error_has_places_and_no_values(stream: io.StringIO) -> None:
    def fail(secret: str) -> None:
        held = {"block": secret}
        raise ValueError(len(held))

    try:
        fail("A1B2C3D4")
    except ValueError:
        logging.getLogger("terminal").exception("stopped")
    (line,) = lines(stream)
    assert (line["error"], line["error_message"]) == ("ValueError", "1")
    assert line["error_at"][-1].endswith(" fail")
    assert "A1B2C3D4" not in stream.getvalue()


def test_a_long_message_is_cut(stream: io.StringIO) -> None:
    logging.getLogger("terminal").info("x" * 10_000)
    assert len(lines(stream)[0]["message"]) == MESSAGE_CHARACTERS_MAX
