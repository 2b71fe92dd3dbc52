"""Ask a program on this machine over HTTP.

One client for all: each `httpx.get` would read every certificate authority of the machine anew,
40 ms for a question that takes one. No connection is kept: programs are stopped and started
between two questions.
"""

from typing import Any, Final

import httpx

SECONDS_MAX: Final = 10.0

_client: Final = httpx.Client(
    timeout=SECONDS_MAX, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
)


def ask(method: str, url: str, **options: Any) -> httpx.Response:
    """Return the answer, whatever its status; raise httpx.HTTPError if none comes in time."""
    return _client.request(method, url, **options)


def answers(url: str) -> bool:
    """Say whether something there is well."""
    try:
        return ask("GET", url, timeout=1.0).status_code == 200
    except httpx.HTTPError:
        return False
