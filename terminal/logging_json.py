"""One JSON object a line on stderr, from the standard library's logging.

Promise: time, level, logger, message, the fields given as `extra={"facts": {...}}`, and for an
error its class and message. Never a traceback's local values; nothing is redacted here, so callers
give no body, no APDU and no secret. Libraries speak from WARNING up.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

_OURS = "terminal"
MESSAGE_CHARACTERS_MAX = 2000


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
            line["error_at"] = _place(error)
        return json.dumps(line, ensure_ascii=False, default=str)


def _place(error: BaseException) -> str | None:
    """Return file and line where the error was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return None if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def log_json_lines(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send all logging of this process to stderr; ours from `level`, libraries from WARNING."""
    lines = logging.StreamHandler(stream or sys.stderr)
    lines.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level)
