"""Serve the application until told to stop."""

import uvicorn
from fastapi import FastAPI

from backend.settings import Settings

STOP_SECONDS_MAX = 5


def serve(app: FastAPI, settings: Settings) -> None:
    """Listen where the settings say; return after SIGTERM or SIGINT.

    No access log: an activation link is a secret that stands in a path.
    """
    uvicorn.run(
        app,
        host=settings.listen_host,
        port=settings.listen_port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
    )
