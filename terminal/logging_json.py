"""One JSON object a line on stderr, from the standard library's logging.

Promise: time, level, logger, message, the fields given as `extra={"facts": {...}}`, and for an
error its class, message and places. Never a value from a frame; nothing is redacted here, so
callers give no body, no APDU and no secret. Libraries speak from WARNING up.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

_OURS = "terminal"
MESSAGE_CHARACTERS_MAX = 2000
FRAMES_MAX = 20


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:MESSAGE_CHARACTERS_MAX],
        }
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line["facts"] = facts
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = type(error).__name__
            line["error_message"] = str(error)[:MESSAGE_CHARACTERS_MAX]
            line["error_at"] = _places(error)
        return json.dumps(line, ensure_ascii=False, default=str)


def _places(error: BaseException) -> list[str]:
    """Return file, line and function from the outermost call to where the error was raised."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def log_json_lines(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send all logging of this process to stderr; ours from `level`, libraries from WARNING."""
    lines = logging.StreamHandler(stream or sys.stderr)
    lines.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level)
