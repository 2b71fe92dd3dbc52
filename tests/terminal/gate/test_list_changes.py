"""Changes to a list: followed from exactly the list they were made from, kept, and found again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from passcard.secret import Secret
from terminal.api_values import GateNews, PassageReceipt, PassageReport, SignedList
from terminal.gate import list_store
from terminal.gate.access_list import AccessList, ListFault, ListRefused
from terminal.gate.link import BackendLink
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.passages import PassageJournal, open_passage_journal
from terminal.gate.state import StateBoard
from tests.terminal.gate.signed_lists import GATE, Payload, Signer

LEA_UID, NOAH_UID, NEW_UID = "04AABBCCDDEE01", "04AABBCCDDEE02", "04AABBCCDDEE09"
NOAH = "00000000-0000-4000-8000-000000000002"
FIRST, SECOND, THIRD = "a" * 16, "b" * 16, "c" * 16


Card = Callable[..., dict[str, Any]]


@dataclass
class Bench:
    """Makes lists and changes as the backend does, and keeps them as a gate does."""

    signer: Signer
    payload: Payload
    card: Card
    store: ListStore
    folder: Path

    def whole(self, version: int = 7, digest: str = FIRST, **changes: Any) -> str:
        return self.signer.sign(self.payload(version=version, digest=digest, **changes))

    def changes(self, **more: Any) -> str:
        body = self.payload(version=8, digest=SECOND)
        del body["format"]
        body |= {
            "changes_format": 1,
            "base": 7,
            "base_digest": FIRST,
            "cards": [
                self.card(LEA_UID, "Lea", 1),
                self.card(NEW_UID, "Hugo", 9),
            ],
            "gone": [NOAH],
        }
        return self.signer.sign(body | more)

    def held(self) -> AccessList:
        return self.store.accept(self.whole(), None).access_list

    def again(self) -> ListStore:
        seal = ListSeal(Secret(b"k" * 32), GATE)
        return ListStore(self.folder, self.signer.key, GATE, seal)


@pytest.fixture
def bench(tmp_path: Path, signer: Signer, payload: Payload, card: Card) -> Bench:
    store = ListStore(tmp_path, signer.key, GATE, ListSeal(Secret(b"k" * 32), GATE))
    return Bench(signer, payload, card, store, tmp_path)


def names(held: AccessList | None) -> dict[str, str]:
    assert held is not None
    return {uid.hex().upper(): card.holder.display_name for uid, card in held.cards.items()}


def test_changes_take_the_place_of_a_whole_list(bench: Bench) -> None:
    held = bench.held()
    before = dict(held.cards)
    followed = bench.store.accept(bench.changes(), held)
    fresh = followed.access_list
    assert not followed.is_whole
    assert (fresh.version, fresh.etag) == (8, f'"8-{SECOND}"')
    expected = names(held) | {LEA_UID: "Lea", NEW_UID: "Hugo"}
    del expected[NOAH_UID]
    assert names(fresh) == expected
    assert fresh.card_of(NOAH) is None
    assert fresh.find(bytes.fromhex(NEW_UID)) is not None
    assert held.cards == before, "the list that was held is as it was"


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"base": 6}, ListFault.GAP),
        ({"base_digest": THIRD}, ListFault.GAP),
        ({"gate": "3f0c1df0-5a36-4b6e-9a3c-000000000002"}, ListFault.ANOTHER_GATE),
        ({"version": 7}, ListFault.MALFORMED),
        ({"changes_format": 2}, ListFault.MALFORMED),
        ({"digest": None}, ListFault.MALFORMED),
        ({"gone": ["x"]}, ListFault.MALFORMED),
        ({"gone": ["00000000-0000-4000-8000-000000000001"]}, ListFault.MALFORMED),
        ({"issued_at": "2020-01-01T00:00:00Z"}, None),
    ],
)
def test_changes_that_do_not_fit_are_refused(
    bench: Bench, wrong: dict[str, object], fault: ListFault | None
) -> None:
    held = bench.held()
    if fault is None:  # a later version of an older hour: the clock of the backend was set back
        assert bench.store.accept(bench.changes(**wrong), held).access_list.version == 8
        return
    with pytest.raises(ListRefused) as caught:
        bench.store.accept(bench.changes(**wrong), held)
    assert caught.value.fault is fault


def test_changes_without_a_list_or_of_another_key_are_refused(bench: Bench) -> None:
    held = bench.held()
    with pytest.raises(ListRefused, match="gap"):
        bench.store.accept(bench.changes(), None)
    good = bench.changes()
    head, body, signature = good.split(".")
    for spoilt in (
        f"{head}.{body[:-2]}{'AB' if body[-2:] != 'AB' else 'BA'}.{signature}",
        f"{head}.{body}.{signature[::-1]}",
    ):
        with pytest.raises(ListRefused, match="tampered"):
            bench.store.accept(spoilt, held)
    taken = bench.changes(cards=[bench.card("04AABBCCDDEE03", "Autre", 9)])
    with pytest.raises(ListRefused, match="malformed"):
        bench.store.accept(taken, held)  # the chip of a third card that did not go


def test_what_was_followed_is_found_again_after_a_start(bench: Bench) -> None:
    now = datetime.fromisoformat("2026-11-17T11:04:00+00:00")
    held = bench.held()
    bench.store.keep(bench.whole(), now)
    second = bench.store.accept(bench.changes(), held).access_list
    bench.store.keep(bench.changes(), now, second.version)
    third = bench.changes(version=9, digest=THIRD, base=8, base_digest=SECOND, gone=[], cards=[])
    bench.store.keep(third, now, 9)
    again = bench.again().load()
    assert (again.version if again else 0, names(again)) == (9, names(second))
    kept = sorted(path.name for path in bench.folder.iterdir())
    assert len(kept) == 3
    assert all(b"Hugo" not in path.read_bytes() for path in bench.folder.iterdir())
    # One in between is spoilt: as far as the chain leads, and no further.
    (bench.folder / kept[0]).write_bytes(b"spoilt")
    before = bench.again().load()
    assert before is not None
    assert before.version == 7
    # A whole list sweeps the changes away.
    bench.store.keep(bench.whole(version=10, digest=THIRD), now)
    assert [path.name for path in bench.folder.iterdir()] == ["access-list.sealed"]


def test_changes_that_weigh_more_than_a_list_make_it_ask_for_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.fromisoformat("2026-11-17T11:04:00+00:00")
    assert bench.store.wants_whole(), "there is none yet"
    bench.store.keep(bench.whole(), now)
    bench.store.keep(bench.changes(), now, 8)
    assert not bench.store.wants_whole()
    monkeypatch.setattr(list_store, "CHANGES_BYTES_MIN", 0)
    bench.store.keep(bench.changes(), now, 9)
    assert bench.store.wants_whole()
    monkeypatch.undo()
    monkeypatch.setattr(list_store, "CHANGES_MAX", 2)
    assert bench.store.wants_whole()


@dataclass
class Answering:
    """Gives prepared answers, and notes what it was asked."""

    answers: list[str] = field(default_factory=list)
    asked: list[tuple[str | None, bool]] = field(default_factory=list)

    def fetch_access_list(
        self, etag: str | None = None, *, changes: bool = False
    ) -> SignedList | None:
        self.asked.append((etag, changes))
        return SignedList(jws=self.answers.pop(0), etag="") if self.answers else None

    def fetch_gate_news(self, since: str | None = None) -> GateNews:
        return GateNews(cursor=str(since), blocked=(), passages=())

    def upload_passages(self, passages: list[PassageReport]) -> PassageReceipt:
        raise AssertionError(f"nobody taps here: {passages}")

    def tell_gate_address(self, address: str | None) -> None:
        raise AssertionError(f"siblings speak of addresses, the link does not: {address}")

    def fetch_gate_photo(self, sha256: str) -> bytes:
        raise AssertionError(f"no list here names a photo: {sha256}")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[PassageJournal]:
    journal = open_passage_journal(tmp_path / "passages.db")
    yield journal
    journal.close()


def test_a_gate_asks_for_changes_and_for_a_whole_list_when_they_do_not_fit(
    bench: Bench, journal: PassageJournal
) -> None:
    now = datetime.fromisoformat("2026-11-17T11:04:00+00:00")
    backend, board, moment = Answering(), StateBoard(), [now]
    link = BackendLink(backend, bench.store, journal, board, now=lambda: moment[0])  # type: ignore[arg-type]

    def turn(*answers: str) -> int:
        backend.answers, backend.asked = list(answers), []
        moment[0] += timedelta(minutes=2)
        assert link.turn()
        held = board.current.access_list
        assert held is not None
        return held.version

    assert turn(bench.whole()) == 7
    assert backend.asked == [(None, False)]
    assert turn(bench.changes()) == 8
    assert backend.asked == [(f'"7-{FIRST}"', True)]
    assert board.current.list_fault is None
    gap = bench.changes(version=10, digest=THIRD, base=9, base_digest=THIRD)
    assert turn(gap, bench.whole(version=10, digest=THIRD)) == 10
    assert backend.asked == [(f'"8-{SECOND}"', True), (None, False)]
    assert board.current.list_fault is None
