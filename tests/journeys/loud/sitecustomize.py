"""Found by every Python a stage starts: all loggers at one level, and a trace of every crash."""

import faulthandler
import logging
import os
import sys

LEVEL = int(os.environ["PASS_TEST_LOG_LEVEL"])


def _at_our_level(logger: logging.Logger, _wanted: object) -> None:
    logger.level = LEVEL
    logger.manager._clear_cache()  # type: ignore[attr-defined]


logging.Logger.setLevel = _at_our_level  # type: ignore[method-assign, assignment]
logging.getLogger().setLevel(LEVEL)
faulthandler.enable(sys.stderr, all_threads=True)
