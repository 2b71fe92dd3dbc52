"""The control API from the outside: one request, one answer.

Promise: it speaks to this machine only, through no proxy, and waits a bounded time; a refusal or
silence is a `CommandError`. Standard library alone, so that a command starts at once.
"""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

from simulator.commands.outcome import EXIT_UNREACHABLE, CommandError, Json, WrongUse

DEFAULT_CONTROL = "http://127.0.0.1:9260"
ANSWER_SECONDS_MAX = 15.0
ANSWER_BYTES_MAX = 4 * 1024 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
HTTP_OK_MAX = 299


class ControlClient:
    """A running simulator, at the address it printed as `control`."""

    def __init__(self, control: str = DEFAULT_CONTROL) -> None:
        self.control = control
        self._host, self._port = _address(control)

    def cards(self) -> list[Json]:
        """Return every card."""
        found: list[Json] = self.ask("GET", "/cards")
        return found

    def card(self, name: str) -> Json:
        """Return one card."""
        return self._one("GET", f"/cards/{quote(name, safe='')}")

    def add_card(self, wanted: Json) -> Json:
        """Make a card."""
        return self._one("POST", "/cards", wanted)

    def delete_card(self, name: str) -> None:
        """Throw a card away."""
        self.ask("DELETE", f"/cards/{quote(name, safe='')}")

    def set_faults(self, name: str, faults: Json) -> Json:
        """Replace what is wrong with a card."""
        return self._one("PUT", f"/cards/{quote(name, safe='')}/faults", faults)

    def readers(self) -> list[Json]:
        """Return every reader and what lies on it."""
        found: list[Json] = self.ask("GET", "/readers")
        return found

    def lay(self, reader: str, wanted: Json) -> Json:
        """Lay a card on a reader."""
        return self._one("PUT", f"/readers/{quote(reader, safe='')}/card", wanted)

    def take(self, reader: str) -> Json:
        """Take away what lies on a reader."""
        return self._one("DELETE", f"/readers/{quote(reader, safe='')}/card")

    def pad(self) -> Json:
        """Look at the pad."""
        return self._one("GET", "/pad")

    def press(self, keys: str) -> Json:
        """Press keys of the pad."""
        return self._one("POST", "/pad/keys", {"keys": keys})

    def plug(self, *, plugged: bool) -> Json:
        """Put the pad's cable in, or pull it out."""
        return self._one("PUT", "/pad/plug", {"plugged": plugged})

    def turnstile(self) -> Json:
        """Look at the turnstile."""
        return self._one("GET", "/turnstile")

    def change_turnstile(self, method: str, part: str, wanted: Json) -> Json:
        """Move or break a part of the turnstile."""
        return self._one(method, f"/turnstile/{part}", wanted)

    def spoil_pad(self, faults: Json) -> Json:
        """Replace what goes wrong on the pad's line."""
        return self._one("PUT", "/pad/faults", faults)

    def _one(self, method: str, path: str, body: Json | None = None) -> Json:
        answer: Json = self.ask(method, path, body)
        return answer

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """Send one request; return the answer's JSON, None for none; raise CommandError."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_SECONDS_MAX)
        try:
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            received = response.read(ANSWER_BYTES_MAX)
            answer = json.loads(received) if received else None
        except (OSError, http.client.HTTPException, ValueError) as cause:
            raise self._unreachable() from cause
        finally:
            connection.close()
        if response.status > HTTP_OK_MAX:
            raise self._refusal(answer)
        return answer

    def _refusal(self, answer: Any) -> CommandError:
        try:
            return CommandError(str(answer["code"]), str(answer["message"]))
        except (TypeError, KeyError):
            return self._unreachable()

    def _unreachable(self) -> CommandError:
        return CommandError(
            "simulator_unreachable",
            f"No simulator answers at {self.control}: start one with `pass-simulator serve`, or "
            "say where it is with --control.",
            EXIT_UNREACHABLE,
        )


def _address(control: str) -> tuple[str, int]:
    try:
        parts = urlsplit(control)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host not in _LOOPBACK or port is None or parts.scheme != "http":
        raise WrongUse("--control is http://127.0.0.1:PORT, as `pass-simulator serve` printed it.")
    return host, port
