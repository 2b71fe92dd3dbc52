"""What stands beside a gate: the supervisor's pages, the siblings, the photos. All by settings.

Promise: none of it holds a tap up, and a failure of any is said and tried again while the gate goes
on admitting. Not here: what they do.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import uvicorn

from terminal.gate.api import Screen
from terminal.gate.certificate import own_certificate
from terminal.gate.door.keeper import DoorKeeper
from terminal.gate.events import StateStream
from terminal.gate.gossip.book import GossipBook
from terminal.gate.gossip.line import SiblingLine
from terminal.gate.gossip.talk import Talk
from terminal.gate.link import BackendLink, GateBackend
from terminal.gate.photos import PhotoShelf
from terminal.gate.supervision import Supervision
from terminal.gate.supervisor_api import Desk, create_desk_app
from terminal.gate.supervisors import SupervisorBook
from terminal.gate.view import state_json
from terminal.gate_settings import SiblingSettings, SupervisorSettings
from terminal.identity import Identity
from terminal.loopback import REQUESTS_WAITING_MAX, STREAMS_END_SECONDS_MAX

LOG = logging.getLogger(__name__)

RETRY_SECONDS: Final = 10.0
Work = Callable[[threading.Event], None]


@dataclass(frozen=True, slots=True)
class Beside:
    """Work for threads of their own, by name; `stop` wakes what would wait."""

    works: dict[str, Work] = field(default_factory=dict)
    stops: list[Callable[[], None]] = field(default_factory=list)

    def stop(self) -> None:
        """Wake everything, so that it sees that it is to stop."""
        for each in self.stops:
            each()


class DeskServer:
    """Serves the supervisor's pages from a thread of its own."""

    def __init__(self, desk: Desk, settings: SupervisorSettings, folder: Path) -> None:
        self._desk, self._settings, self._folder = desk, settings, folder
        self._server: uvicorn.Server | None = None

    def run(self, stop: threading.Event) -> None:
        """Serve until stopped; a port that is taken is tried again."""
        while not stop.is_set():
            self._server = uvicorn.Server(self._config())
            try:
                self._server.run()
            except SystemExit:
                LOG.error("the supervisor's pages cannot listen at %s", self._settings.url)  # noqa: TRY400 - uvicorn has said why
            except OSError as error:
                LOG.error("the supervisor's pages: %s", error)  # noqa: TRY400 - its message says it all
            if not stop.is_set():
                stop.wait(RETRY_SECONDS)

    def stop(self) -> None:
        """End the streams and the server."""
        self._desk.stream.close()
        if self._server is not None:
            self._server.should_exit = True

    def _config(self) -> uvicorn.Config:
        chosen = self._settings
        certificate, key = chosen.certificate_file, chosen.certificate_key_file
        if certificate is None and chosen.is_on_network:
            own = own_certificate(
                self._folder, chosen.listen_host, chosen.host_names, self._desk.screen.now()
            )
            certificate, key = own.certificate_file, own.key_file
        return uvicorn.Config(
            create_desk_app(self._desk),
            host=chosen.listen_host,
            port=chosen.listen_port,
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=REQUESTS_WAITING_MAX,
            timeout_graceful_shutdown=STREAMS_END_SECONDS_MAX,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )


def seat_supervisor(
    screen: Screen,
    link: BackendLink,
    photos: PhotoShelf,
    settings: SupervisorSettings,
    *,
    keeper: DoorKeeper | None,
) -> Desk:
    """Put the supervisor's desk together."""
    journal, board, now = screen.journal, screen.board, screen.now
    return Desk(
        screen=screen,
        supervision=Supervision(
            journal, board, now=now, doorway=keeper, exit_=keeper, after=link.wake
        ),
        book=SupervisorBook(journal, now=now),
        stream=StateStream(board, lambda: state_json(board.current, now())),
        photos=photos,
        hosts=(settings.listen_host, *settings.host_names),
        is_secure=settings.is_on_network or settings.certificate_file is not None,
    )


def open_sibling_line(
    identity: Identity,
    screen: Screen,
    link: BackendLink,
    backend: GateBackend,
    settings: SiblingSettings,
) -> SiblingLine:
    """Put the talk with siblings together, and let the link know of it."""
    board = screen.board
    now: Callable[[], datetime] = screen.now
    talk = Talk(
        identity.terminal_id,
        identity.private_key,
        GossipBook(screen.journal),
        lambda: board.current.access_list,
        now,
    )
    line = SiblingLine(
        talk,
        board,
        settings,
        tell_address=backend.tell_gate_address,
        backend_url=identity.backend_url,
    )
    link.hear_addresses = talk.hear_addresses
    link.woken_too.append(line.wake)
    link.chores.append(line.announce)
    return line
