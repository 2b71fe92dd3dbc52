"""Plays acts on a running simulator, and at a till beside it.

Promise: acts come in their order, none before its time; one that is refused is counted, and the
next goes on; a sale is rung up when the till is free again; every wait has a limit; what this run
laid is taken away, however it ends.
A code is looked up in what the player was given and goes to the pad alone.
"""

import contextlib
import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from simulator.commands.client import ControlClient
from simulator.commands.outcome import CommandError, Json
from simulator.scenario.script import Act

PAD_SECONDS_MAX = 8.0
LOOK_SECONDS = 0.05
TILL_SECONDS_MAX = 10.0
#: How long a cashier waits for the sale before to end.
BUSY_SECONDS_MAX = 40.0
BUSY = "sale_in_progress"
PAD_QUIET = "pad_did_not_ask"
WRONG_CODE_KEYS = "0000E"
PAD = "pad"


@dataclass(frozen=True, slots=True)
class Till:
    """A till's address, and the token that lets a program sell there (hidden)."""

    url: str
    token: str = field(repr=False)

    def ring(self, amount_cents: int) -> None:
        """Ring up an amount; raise CommandError."""
        self._ask("/sales", {"amount_cents": amount_cents}, http.HTTPStatus.CREATED)

    def cancel(self) -> None:
        """Give up the sale in progress; raise CommandError."""
        self._ask("/sales/current/cancel", {}, http.HTTPStatus.ACCEPTED)

    def _ask(self, path: str, body: Json, wanted: http.HTTPStatus) -> None:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=TILL_SECONDS_MAX
        )
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        try:
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            answer = json.loads(response.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as cause:
            raise CommandError("till_unreachable", "The till does not answer.") from cause
        finally:
            connection.close()
        if response.status != wanted:
            raise CommandError(str(answer.get("code", "refused")), "The till refused.")


@dataclass(slots=True)
class Clock:
    """How time passes; `speed` 2 plays twice as fast."""

    speed: float = 1.0
    pause: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Report:
    """How it went: by kind of act, and by code of what was refused."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    late_milliseconds_max: int = 0

    def as_json(self) -> Json:
        """Return it for a program."""
        return {
            "done": dict(self.done),
            "refused": dict(self.refused),
            "late_milliseconds_max": self.late_milliseconds_max,
        }


class Player:
    """Plays on one simulator. `codes` are by the card's name."""

    def __init__(
        self,
        client: ControlClient,
        *,
        codes: Mapping[str, str],
        till: Till | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._client = client
        self._codes = codes
        self._till = till
        self._clock = clock or Clock()
        self._laid: set[str] = set()

    def play(self, acts: Sequence[Act]) -> Report:
        """Play all acts; return how it went. Raises CommandError if the simulator is gone."""
        report, began = Report(), self._clock.monotonic()
        try:
            for act in acts:
                self._wait_for(began + act.at / self._clock.speed, report)
                self._do_one(act, report)
        finally:
            for reader in sorted(self._laid):
                self._client.take(reader)
        return report

    def _wait_for(self, moment: float, report: Report) -> None:
        left = moment - self._clock.monotonic()
        if left > 0:
            self._clock.pause(left)
        else:
            report.late_milliseconds_max = max(report.late_milliseconds_max, round(-left * 1000))

    def _do_one(self, act: Act, report: Report) -> None:
        try:
            self._obey(act)
        except CommandError as error:
            if error.code == "simulator_unreachable":
                raise
            report.refused[error.code] += 1
            if error.code == PAD_QUIET and self._till is not None:
                # As a cashier would: else the next one's code goes to this one's card.
                with contextlib.suppress(CommandError):
                    self._till.cancel()
        else:
            report.done[act.do] += 1

    def _obey(self, act: Act) -> None:
        match act.do:
            case "lay":
                self._client.lay(str(act.reader), {"card": act.card})
                self._laid.add(str(act.reader))
            case "take":
                self._client.take(str(act.reader))
                self._laid.discard(str(act.reader))
            case "ring" | "cancel":
                if self._till is None:
                    raise CommandError("no_till", "Say where the till is with --till.")
                if act.do == "ring":
                    self._ring(self._till, act.amount_cents or 0)
                else:
                    self._till.cancel()
            case "code" | "wrong_code":
                self._type(act)
            case _:
                self._switch(act)

    def _ring(self, till: Till, amount_cents: int) -> None:
        end = self._clock.monotonic() + BUSY_SECONDS_MAX
        while True:
            try:
                till.ring(amount_cents)
            except CommandError as error:
                if error.code != BUSY or self._clock.monotonic() > end:
                    raise
                self._clock.pause(LOOK_SECONDS)
            else:
                return

    def _type(self, act: Act) -> None:
        keys = WRONG_CODE_KEYS
        if act.do == "code":
            code = self._codes.get(str(act.card).casefold())
            if code is None:
                raise CommandError("code_not_given", "Give the codes with --codes.")
            keys = f"{code}E"
        end = self._clock.monotonic() + PAD_SECONDS_MAX
        while not self._client.pad()["entering"]:
            if self._clock.monotonic() > end:
                raise CommandError(PAD_QUIET, "The pad did not ask for a code.")
            self._clock.pause(LOOK_SECONDS)
        self._client.press(keys)

    def _switch(self, act: Act) -> None:
        if act.do == "paper":
            self._client.ask("PUT", "/printer/paper", {"rows": None if act.plugged else 0})
        elif act.do == "line":
            path = f"/lines/{quote(str(act.thing), safe='')}/faults"
            self._client.ask("PUT", path, {"down": not act.plugged})
        elif act.thing == PAD:
            self._client.plug(plugged=bool(act.plugged))
        else:
            path = f"/readers/{quote(str(act.thing), safe='')}/plug"
            self._client.ask("PUT", path, {"plugged": act.plugged})
