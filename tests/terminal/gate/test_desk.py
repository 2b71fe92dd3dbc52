"""The supervisor's pages: who is not paired sees one field; who is, acts under their own name."""

import ssl
import threading
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response
from pydantic import ValidationError

from passcard.secret import Secret
from terminal.errors import BackendRefused, JournalError, JournalFault, SettingsError
from terminal.gate.access_list import read_access_list
from terminal.gate.api import Screen, create_app
from terminal.gate.beside import DeskServer
from terminal.gate.certificate import LIFETIME, own_certificate
from terminal.gate.decision import Answer, Detail
from terminal.gate.door.event_book import DoorNews, EventBook
from terminal.gate.events import StateStream
from terminal.gate.list_seal import ListSeal
from terminal.gate.pairing import end_tablet, list_tablets, pair_tablet
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal
from terminal.gate.photos import PhotoShelf
from terminal.gate.state import StateBoard
from terminal.gate.supervision import Supervision
from terminal.gate.supervisor_api import COOKIE, Desk, create_desk_app
from terminal.gate.supervisors import Role, SupervisorBook
from terminal.gate.view import state_json
from terminal.gate_settings import SiblingSettings, SupervisorSettings
from terminal.settings import GateSettings
from tests.terminal.gate.signed_lists import GATE, NOON, Clock, Signer

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the terminal, and so the project, uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

LEA = "00000000-0000-4000-8000-000000000001"
IMAGE = b"\xff\xd8 a small picture \xff\xd9"
NAME = "2c8a4f6f0f4b1f9f5b4e7c3e1c9b8d7a6f5e4d3c2b1a09f8e7d6c5b4a3928170"
OWN = {"X-Pass-Page": "1", "Origin": "http://127.0.0.1"}


@dataclass
class Stand:
    desk: Desk
    client: TestClient
    journal: PassageJournal
    board: StateBoard

    def pair(self, role: Role = Role.SUPERVISOR, name: str = "Mme Roy") -> None:
        code = self.desk.book.offer(name, role)
        answer = self.client.post("/appairage", data={"code": code}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        assert "HttpOnly" in answer.headers["Set-Cookie"]
        assert "SameSite=strict" in answer.headers["Set-Cookie"]

    def act(self, path: str, headers: dict[str, str] | None = None, **body: Any) -> Response:
        answer: Response = self.client.post(f"/actes/{path}", json=body, headers=headers or OWN)
        return answer

    def refuse(self) -> Passage:
        return self.journal.append(
            Passage(
                passage_id=uuid4(),
                occurred_at=NOON,
                uid=b"\x04",
                card_id=LEA,
                service="lunch",
                answer=Answer.SOLDE_INSUFFISANT,
                detail=Detail.NO_MEAL_LEFT,
                list_version=7,
                milliseconds=9,
            )
        )


@pytest.fixture
def stand(
    tmp_path: Path, signer: Signer, payload: Callable[..., dict[str, Any]], clock: Clock
) -> Iterator[Stand]:
    import hashlib  # noqa: PLC0415 - only here

    listed = payload()
    listed["cards"][0] |= {"initial": "M", "photo": hashlib.sha256(IMAGE).hexdigest()}
    board = StateBoard()
    held = read_access_list(signer.sign(listed), signer.key, GATE)
    board.change(access_list=held, confirmed_at=NOON, reader_ready=True)
    journal = open_passage_journal(tmp_path / "passages.db")
    stream = StateStream(board, lambda: state_json(board.current, clock()))
    shelf = PhotoShelf(tmp_path, ListSeal(Secret(b"s" * 32), GATE), board, lambda _: IMAGE)
    screen = Screen(board, journal, stream, clock, "Entrée", (), shelf)
    desk = Desk(
        screen=screen,
        supervision=Supervision(journal, board, now=clock),
        book=SupervisorBook(journal, now=clock),
        stream=stream,
        photos=shelf,
        hosts=("portillon.local",),
    )
    client = TestClient(create_desk_app(desk), base_url="http://127.0.0.1")
    yield Stand(desk, client, journal, board)
    journal.close()


def test_who_is_not_paired_sees_the_field_for_a_code_and_nothing_else(stand: Stand) -> None:
    page = stand.client.get("/")
    assert "Appairer cette tablette" in page.text
    assert "Léa" not in page.text
    wrong = stand.client.post("/appairage", data={"code": "00000000"})
    assert (wrong.status_code, "n’est pas valable" in wrong.text) == (422, True)
    for path in ("/lignes", "/recherche?nom=lea", "/events", "/cuisine", "/cuisine/comptes"):
        answer = stand.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_paired"), path
    assert stand.act("sans-carte", card_id=LEA, reason="carte_oubliee").status_code == 403
    assert stand.journal.list_last() == []


def test_a_supervisor_acts_under_the_name_they_were_paired_with(stand: Stand) -> None:
    stand.pair()
    refused = stand.refuse()
    assert "Surveillance" in stand.client.get("/").text
    [line] = stand.client.get("/lignes").json()["lines"]
    assert (line["name"], line["words"], line["may_let_pass"]) == (
        "Léa M.",
        "Voir avec l’intendance",
        True,
    )
    let = stand.act(
        "laisser-passer", passage_id=str(refused.passage_id), reason="accord_intendance"
    )
    assert let.json()["done"]
    [found] = stand.client.get("/recherche?nom=lea&service=lunch").json()["found"]
    assert (found["name"], found["passed"]) == ("Léa M.", "déjà passé à 12:04")
    assert stand.act("invites", count=2, reason="visiteur", note="Plombier").json()["done"]
    forged = stand.act("invites", count=1, reason="visiteur", supervisor="Proviseur")
    assert forged.status_code == 422
    last = stand.client.get("/lignes").json()["lines"][0]
    assert (last["name"], last["by"], last["why"]) == ("Invité", "Mme Roy", "Visiteur · Plombier")
    cancelled = stand.act("annuler", passage_id=last["passage_id"], reason="pas_passe").json()
    assert "annulé" in cancelled["message"]
    again = stand.act("annuler", passage_id=last["passage_id"], reason="pas_passe")
    assert (again.status_code, again.json()["code"]) == (409, "passage_taken_back")
    assert stand.act("code", code="123456").json()["code"] == "code_wrong"
    lines = stand.journal.list_last()
    signed = {line.intervention.supervisor for line in lines if line.intervention is not None}
    assert signed == {"Mme Roy"}


class Exit:
    """A door that the fire panel may hold."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.panel = False

    def release_for_all(self, supervisor: str) -> None:
        self.said.append(("open", supervisor))

    def end_release(self, supervisor: str) -> bool:
        self.said.append(("close", supervisor))
        return not self.panel


def test_a_supervisor_frees_the_door_with_their_name_and_no_list(
    stand: Stand, clock: Clock
) -> None:
    stand.pair()
    assert "Issue de secours" not in stand.client.get("/").text
    without = stand.act("issue-de-secours", open=True)
    assert (without.status_code, without.json()["code"]) == (409, "no_door")
    door = Exit()
    acts = Supervision(stand.journal, stand.board, now=clock, exit_=door)
    client = TestClient(
        create_desk_app(replace(stand.desk, supervision=acts)), base_url="http://127.0.0.1"
    )
    unpaired = client.post("/actes/issue-de-secours", json={"open": True}, headers=OWN)
    assert (unpaired.status_code, door.said) == (403, [])
    client.cookies.update(stand.client.cookies)
    stand.board.change(access_list=None)
    assert "Issue de secours" in client.get("/").text
    freed = client.post("/actes/issue-de-secours", json={"open": True}, headers=OWN)
    assert freed.json()["done"]
    door.panel = True
    held = client.post("/actes/issue-de-secours", json={"open": False}, headers=OWN)
    assert (held.status_code, held.json()["code"]) == (409, "panel_holds")
    door.panel = False
    assert client.post("/actes/issue-de-secours", json={"open": False}, headers=OWN).json()["done"]
    assert door.said == [("open", "Mme Roy"), ("close", "Mme Roy"), ("close", "Mme Roy")]


def test_what_happened_is_told_with_the_number_and_the_name(stand: Stand) -> None:
    stand.pair()
    book = EventBook(stand.journal.file, names=stand.journal.names)
    book.note(DoorNews.EMERGENCY, NOON)
    book.note(DoorNews.EMERGENCY_OVER, NOON, passages=17, supervisor="Mme Roy")
    said = [each["words"] for each in stand.client.get("/lignes").json()["events"]]
    assert said == [
        "Fin de l’issue de secours · 17 passages, aucun débité · Mme Roy",
        "Issue de secours ouverte par l’alarme incendie",
    ]


def test_no_other_page_acts_in_a_supervisors_name(stand: Stand) -> None:
    stand.pair()
    for headers in (
        {"Origin": "http://127.0.0.1"},
        {"X-Pass-Page": "1", "Origin": "http://ailleurs.example"},
        {"X-Pass-Page": "1", "Origin": "null"},
    ):
        assert (
            stand.act("sans-carte", headers, card_id=LEA, reason="carte_oubliee").status_code == 403
        )
    rebound = stand.client.get("/", headers={"Host": "ailleurs.example"})
    assert rebound.status_code == 400
    assert stand.client.get("/", headers={"Host": "portillon.local"}).status_code == 200
    assert stand.journal.list_last() == []


def test_a_kitchen_sees_numbers_and_may_do_nothing(stand: Stand) -> None:
    stand.pair(Role.KITCHEN, "Cuisine")
    assert stand.client.get("/", follow_redirects=False).headers["Location"] == "/cuisine"
    page = stand.client.get("/cuisine")
    assert "Cuisine" in page.text
    assert "Léa" not in page.text
    counts = stand.client.get("/cuisine/comptes").json()
    assert counts["services"][0] | {"hours": ""} == {
        "service": "lunch",
        "label": "Déjeuner",
        "hours": "",
        "expected": 1,
        "passed": 0,
        "remaining": 1,
    }
    assert stand.client.get("/lignes").status_code == 403
    assert stand.act("sans-carte", card_id=LEA, reason="carte_oubliee").status_code == 403


def test_a_pairing_is_ended_from_the_tablet(stand: Stand) -> None:
    stand.pair()
    stand.client.post("/fin")
    assert "Appairer" in stand.client.get("/").text
    assert stand.desk.book.list_paired() == []


def test_what_cannot_be_written_is_said(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.pair()

    def full(_: Passage) -> Passage:
        raise JournalError(JournalFault.DISK_FULL, "no space left")

    monkeypatch.setattr(stand.journal, "append", full)
    answer = stand.act("sans-carte", card_id=LEA, reason="carte_oubliee")
    assert (answer.status_code, answer.json()["code"]) == (503, "journal_unavailable")


def test_a_photo_is_here_only_while_the_list_names_it(
    stand: Stand, tmp_path: Path, signer: Signer, payload: Callable[..., dict[str, Any]]
) -> None:
    held = stand.board.current.access_list
    assert held is not None
    name = held.cards[bytes.fromhex("04AABBCCDDEE01")].photo
    shelf = stand.desk.photos
    assert name is not None
    assert shelf.find(name) is None
    shelf.tidy()
    shelf.tidy()
    assert shelf.find(name) == IMAGE
    kept = tmp_path / "photos" / name
    assert IMAGE not in kept.read_bytes()
    gate = TestClient(create_app(stand.desk.screen), base_url="http://127.0.0.1")
    assert gate.get(f"/photo/{name}").content == IMAGE
    assert [gate.get(f"/photo/{each}").status_code for each in (NAME, "x")] == [404] * 2
    kept.write_bytes(b"spoilt")
    assert shelf.find(name) is None
    fresh = read_access_list(signer.sign(payload(version=8)), signer.key, GATE)
    stand.board.change(access_list=fresh)
    shelf.tidy()
    assert not kept.exists()


def test_a_photo_withdrawn_meanwhile_or_another_is_not_kept(stand: Stand, tmp_path: Path) -> None:
    def refuse(_: str) -> bytes:
        raise BackendRefused(404, "photo_not_found", "")

    for fetch in (refuse, lambda _: b"another picture"):
        seal = ListSeal(Secret(b"s" * 32), GATE)
        PhotoShelf(tmp_path, seal, stand.board, fetch).tidy()
        assert list((tmp_path / "photos").iterdir()) == []


def test_on_a_network_the_pages_are_encrypted_under_the_gates_own_certificate(
    stand: Stand, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    own = own_certificate(tmp_path, "127.0.0.1", ("localhost",), now)
    assert own_certificate(tmp_path, "127.0.0.1", ("localhost",), now) == own
    assert own.key_file.stat().st_mode & 0o777 == 0o600
    other = own_certificate(tmp_path, "127.0.0.1", (), now)
    late = own_certificate(tmp_path, "127.0.0.1", (), now + LIFETIME)
    assert len({own.fingerprint, other.fingerprint, late.fingerprint}) == 3
    fresh = own_certificate(tmp_path, "127.0.0.1", (), now)
    settings = SupervisorSettings(
        listen_port=free_port(),
        certificate_file=fresh.certificate_file,
        certificate_key_file=fresh.key_file,
    )
    server, stop = DeskServer(stand.desk, settings, tmp_path), threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        trusting = ssl.create_default_context(cafile=str(fresh.certificate_file))
        assert "Appairer" in read(f"{settings.url}/", trusting)
        assert settings.url.startswith("https://")
    finally:
        stop.set()
        server.stop()
        thread.join(20)
    assert not thread.is_alive()


def read(url: str, trusting: ssl.SSLContext) -> str:
    waited = threading.Event()
    for _ in range(400):
        try:
            with urllib.request.urlopen(url, timeout=5, context=trusting) as answer:
                return str(answer.read().decode())
        except OSError:
            waited.wait(0.05)
    raise TimeoutError(url)


def free_port() -> int:
    import socket  # noqa: PLC0415 - only here

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"listen_host": "0.0.0.0"},
        {"listen_host": "8.8.8.8"},
        {"listen_host": "portillon"},
        {"certificate_file": "/x.pem"},
        {"host_names": ["a b"]},
        {"colour": "blue"},
    ],
)
def test_settings_that_would_expose_it_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SupervisorSettings(**wrong)  # type: ignore[arg-type]


def test_an_administrator_pairs_lists_and_ends(tmp_path: Path) -> None:
    plain = {"backend_url": "http://127.0.0.1:1", "state_dir": tmp_path, "reader": "x"}
    assert SiblingSettings().listen_host == "auto"
    with pytest.raises(SettingsError, match="supervisor"):
        pair_tablet(GateSettings(**plain), "Mme Roy", Role.SUPERVISOR, NOON)  # type: ignore[arg-type]
    chosen = SupervisorSettings(listen_host="10.0.0.5")
    settings = GateSettings(**plain, supervisor=chosen)  # type: ignore[arg-type]
    said = pair_tablet(settings, "Mme Roy", Role.SUPERVISOR, NOON)
    assert "https://10.0.0.5:9262" in said
    assert "Empreinte" in said
    with pytest.raises(SettingsError, match="name"):
        pair_tablet(settings, " ", Role.SUPERVISOR, NOON)
    assert list_tablets(settings, NOON) == "Aucune tablette n’est appairée."
    journal = open_passage_journal(tmp_path / "passages.db")
    digits = "".join(letter for letter in said.splitlines()[0].split("code")[1] if letter.isdigit())
    later = NOON + timedelta(minutes=1)
    assert SupervisorBook(journal, now=lambda: later).pair(digits) is not None
    [paired] = SupervisorBook(journal, now=lambda: later).list_paired()
    journal.close()
    assert "Mme Roy" in list_tablets(settings, later)
    assert end_tablet(settings, paired.supervisor_id, later) == "L’appairage est terminé."
    assert "Aucun" in end_tablet(settings, paired.supervisor_id, later)
    assert COOKIE
