"""Gates of one place tell each other who passed: over a line that loses, doubles and mixes up."""

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from passcard.secret import Secret
from terminal.errors import BackendUnreachable
from terminal.gate.access_list import AccessList, ListedCard, Sibling
from terminal.gate.decision import Answer, Chip, Holder, Hours, Right, Service, Tap, decide
from terminal.gate.gossip.book import GossipBook
from terminal.gate.gossip.line import SiblingLine
from terminal.gate.gossip.packets import (
    PACKET_BYTES_MAX,
)
from terminal.gate.gossip.talk import HEARD_FOR, Talk
from terminal.gate.interventions import CounterEntry, Intervention, InterventionKind
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal
from terminal.gate.state import StateBoard
from terminal.gate_settings import SiblingSettings

NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)
WAIT_SECONDS_MAX = 20.0


def key_of(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32)


def gate_of(number: int) -> str:
    return str(UUID(int=number + 1))


CARDS = [str(UUID(int=1000 + number)) for number in range(40)]


def access_list(own: int, gates: int) -> AccessList:
    cards = {
        number.to_bytes(7): ListedCard(
            number.to_bytes(7),
            Holder(card_id, "Élève", blocked=False, rights=()),
            Secret(b"k" * 16),
        )
        for number, card_id in enumerate(CARDS)
    }
    return AccessList(
        gate=gate_of(own),
        establishment="Lycée",
        version=1,
        issued_at=NOON,
        valid_until=NOON + timedelta(days=2),
        hours=Hours((), ZoneInfo("Europe/Paris")),
        cards=cards,
        uids={card.holder.card_id: uid for uid, card in cards.items()},
        siblings=tuple(
            Sibling(gate_of(each), f"Portillon {each}", key_of(each).public_key())
            for each in range(gates)
            if each != own
        ),
    )


@dataclass
class Station:
    """One gate of the place, without reader or screen."""

    number: int
    journal: PassageJournal
    listed: AccessList
    talk: Talk
    now: Callable[[], datetime]

    def pass_(self, card_id: str | None, at: datetime = NOON) -> Passage:
        guest = Intervention(kind=InterventionKind.GUEST, supervisor="x", reason="visiteur")
        return self.journal.append(
            Passage(
                passage_id=uuid4(),
                occurred_at=at,
                uid=None,
                card_id=card_id,
                service="lunch",
                answer=Answer.OK,
                detail=None,
                list_version=1,
                milliseconds=1,
                intervention=guest if card_id is None else None,
            )
        )

    def take_back(self, passage: Passage) -> None:
        signed = Intervention(
            kind=InterventionKind.CANCEL,
            supervisor="x",
            reason="erreur_de_personne",
            cancels=passage.passage_id,
        )
        self.journal.append(
            replace(
                passage,
                passage_id=uuid4(),
                answer=CounterEntry.ANNULE,
                intervention=signed,
                sequence=0,
            )
        )

    def knows(self, card_id: str) -> int:
        return len(self.journal.list_admissions(card_id, NOON))


@pytest.fixture
def stations(tmp_path: Path) -> Iterator[Callable[..., list[Station]]]:
    with ExitStack() as stack:

        def open_all(count: int, now: Callable[[], datetime] = lambda: NOON) -> list[Station]:
            made = []
            for number in range(count):
                journal = open_passage_journal(tmp_path / f"{number}.db")
                stack.callback(journal.close)
                listed = access_list(number, count)
                talk = restart(number, journal, listed, now)
                made.append(Station(number, journal, listed, talk, now))
            for one in made:
                one.talk.hear_addresses({gate_of(n): f"10.0.0.{n}:9263" for n in range(count)})
            return made

        yield open_all


def restart(
    number: int, journal: PassageJournal, listed: AccessList, now: Callable[[], datetime]
) -> Talk:
    return Talk(gate_of(number), key_of(number), GossipBook(journal), lambda: listed, now)


def address(number: int) -> str:
    return f"10.0.0.{number}:9263"


class Network:
    """Carries datagrams between stations; loses, doubles and delays them by a seed."""

    def __init__(self, stations: list[Station], seed: int, loss: float) -> None:
        self.stations, self.dice, self.loss = stations, random.Random(seed), loss
        self.air: list[tuple[str, bytes, str]] = []
        self.carried: list[bytes] = []

    def send(self, source: str, sent: list[tuple[str, bytes]]) -> None:
        for to, datagram in sent:
            self.carried.append(datagram)
            for _ in range(self.dice.choice((1, 1, 1, 2))):
                if self.dice.random() >= self.loss:
                    self.air.append((to, datagram, source))

    def carry(self, steps: int = 2000) -> None:
        while self.air and steps:
            steps -= 1
            to, datagram, source = self.air.pop(self.dice.randrange(len(self.air)))
            for one in self.stations:
                if address(one.number) == to:
                    self.send(to, one.talk.hear(datagram, source))

    def turn(self) -> None:
        for one in self.stations:
            self.send(address(one.number), one.talk.tell_all())
        self.carry()


@pytest.mark.parametrize("seed", [1, 2])
def test_every_gate_hears_of_every_passage_whatever_the_network_does(
    stations: Callable[..., list[Station]], seed: int
) -> None:
    here = stations(3)
    network = Network(here, seed, loss=0.4)
    passed = [here[at % 3].pass_(card) for at, card in enumerate(CARDS)]
    here[0].pass_(None)
    here[0].take_back(passed[0])
    for _ in range(40):
        network.turn()
    for one in here:
        assert [one.knows(card) for card in CARDS] == [0] + [1] * (len(CARDS) - 1)
        held = one.journal.file.rows("select passage_id from sibling_passage")
        assert len({row[0] for row in held}) == len(held)
    assert all(len(datagram) <= PACKET_BYTES_MAX for datagram in network.carried)
    # At rest each says only that it is there.
    network.loss, network.carried = 0.0, []
    network.turn()
    network.carried = []
    network.turn()
    assert len(network.carried) == 6


LUNCH = Service("lunch", "Déjeuner", frozenset(range(1, 8)), time(11), time(14), passages_max=1)


def answer_at(station: Station, card_id: str) -> Answer:
    """Return what this gate says to a genuine card, from what it has heard."""
    holder = Holder(card_id, "Élève", blocked=False, rights=(Right("lunch"),))
    at = NOON + timedelta(minutes=5)
    admissions = station.journal.list_admissions(card_id, at)
    hours = Hours((LUNCH,), ZoneInfo("Europe/Paris"))
    return decide(Tap(at, Chip.GENUINE, holder, admissions), hours).answer


def test_one_meal_a_service_holds_between_gates_and_one_taken_back_may_be_had_again(
    stations: Callable[..., list[Station]],
) -> None:
    here = stations(2)
    network = Network(here, 3, loss=0.0)
    passed = here[0].pass_(CARDS[0])
    assert answer_at(here[1], CARDS[0]) is Answer.OK, "not heard yet"
    network.turn()
    assert [answer_at(one, CARDS[0]) for one in here] == [Answer.DEJA_PASSE] * 2
    here[0].take_back(passed)
    network.turn()
    assert [answer_at(one, CARDS[0]) for one in here] == [Answer.OK] * 2


def test_a_gate_that_starts_again_is_told_the_day_again(
    stations: Callable[..., list[Station]],
) -> None:
    here = stations(2)
    network = Network(here, 1, loss=0.0)
    for card in CARDS[:12]:
        here[0].pass_(card)
    here[0].pass_(CARDS[20], NOON - timedelta(days=2))
    network.turn()
    assert here[1].knows(CARDS[11]) == 1
    here[1].journal.file.execute("delete from sibling_passage")
    here[1].talk = restart(1, here[1].journal, here[1].listed, here[1].now)
    network.turn()
    network.turn()
    assert [here[1].knows(card) for card in CARDS[:12]] == [1] * 12
    # And the other way: the one that speaks starts again, with all it told long ago behind it.
    here[0].talk = restart(0, here[0].journal, here[0].listed, here[0].now)
    here[0].pass_(CARDS[15])
    network.turn()
    network.turn()
    assert here[1].knows(CARDS[15]) == 1


def test_what_is_replayed_or_unlikely_changes_nothing(
    stations: Callable[..., list[Station]],
) -> None:
    moment = [NOON]
    here = stations(2, lambda: moment[0])
    here[0].pass_(CARDS[0])
    [(_, first)] = here[0].talk.tell_all()
    assert here[1].talk.hear(first, address(0))
    for _ in range(3):
        assert here[1].talk.hear(first, "10.9.9.9:1") == []
    assert here[1].talk.counted.stale == 3
    assert here[1].talk.within_hearing() == (1, 1)
    [(to, _)] = here[1].talk.tell_all()
    assert to == address(0), "a replayed datagram leads nobody astray"
    here[0].pass_(CARDS[1], NOON + timedelta(hours=1))
    here[0].pass_(str(uuid4()))
    [(_, odd)] = here[0].talk.tell_all()
    here[1].talk.hear(odd, "10.0.0.77:9263")
    assert here[1].knows(CARDS[1]) == 0, "a passage of an hour to come"
    assert here[1].talk.counted.news == 1, "nor a card that nobody here knows"
    [(to, _)] = here[1].talk.tell_all()
    assert to == "10.0.0.77:9263", "a sibling that moved is followed"
    assert GossipBook(here[1].journal).addresses() == {gate_of(0): "10.0.0.77:9263"}
    moment[0] += HEARD_FOR * 2
    assert here[1].talk.within_hearing() == (1, 0)


def free_udp_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        opened = [
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            for _ in range(count)
        ]
        for one in opened:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in opened]


def test_two_gates_on_one_network_admit_once_with_no_backend(
    stations: Callable[..., list[Station]],
) -> None:
    here = stations(2)
    ports = free_udp_ports(2)
    for one in here:
        one.talk.hear_addresses({gate_of(n): f"127.0.0.1:{port}" for n, port in enumerate(ports)})
    boards = [StateBoard(), StateBoard()]
    stop, told = threading.Event(), list[str | None]()

    def tell(address: str | None) -> None:
        told.append(address)
        if len(told) == 1:
            raise BackendUnreachable("no answer")

    lines = [
        SiblingLine(
            one.talk,
            board,
            SiblingSettings(listen_host="127.0.0.1", listen_port=port),
            tell_address=tell,
            backend_url="http://127.0.0.1:9",
        )
        for one, board, port in zip(here, boards, ports, strict=True)
    ]
    threads = [threading.Thread(target=line.run, args=(stop,)) for line in lines]
    try:
        for thread in threads:
            thread.start()
        heard = threading.Event()
        boards[1].listen(lambda: heard.set() if is_heard(boards[1]) else None)
        here[0].pass_(CARDS[0])
        lines[0].wake()
        assert heard.wait(WAIT_SECONDS_MAX)
        wait_until(lambda: here[1].knows(CARDS[0]) == 1)
        with pytest.raises(BackendUnreachable):
            lines[0].announce()
        lines[0].announce()
        lines[0].announce()
        assert told == [f"127.0.0.1:{ports[0]}"] * 2
    finally:
        stop.set()
        for line in lines:
            line.wake()
        for thread in threads:
            thread.join(WAIT_SECONDS_MAX)
    assert not any(thread.is_alive() for thread in threads)


def is_heard(board: StateBoard) -> bool:
    seen = board.current.siblings
    return seen is not None and seen.heard == 1


def wait_until(holds: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(int(WAIT_SECONDS_MAX * 50)):
        if holds():
            return
        waited.wait(0.02)
    pytest.fail("not in time")
