"""A random life: commands of every kind against a plain model of memory and access rules."""

import copy
import json
import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from simulator.chip.chip import Chip
from simulator.chip.memory import Memory, from_json, to_json
from tests.simulator.chip import model as world
from tests.simulator.chip.cards import MODES, UID, card
from tests.simulator.chip.choices import (
    FIRST,
    OTHER,
    Ending,
    all_rights,
    amounts,
    contents,
    creation,
    endings,
    keys,
    kinds,
    material_of,
    modes,
    more_rights,
    mostly,
    numbers,
    offsets,
    rarely,
    second_application,
    second_files,
    sessions,
    tears,
)
from tests.simulator.chip.host import AID, PICC, Host, number
from tests.simulator.chip.likeness import same_file
from tests.simulator.chip.model import SECOND, Kind, Mode, Model, ModelFile

TM_KEY = bytes(range(16))
STEPS, LIVES = 40, 250
COMMIT, ABORT = 0xC7, 0xA7


class CardLife(RuleBasedStateMachine):
    """The chip beside the model; whatever is sent, both say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Memory] = []
        memory = card().chip.memory.with_application(OTHER, second_application())
        seeded = random.Random(1).randbytes
        self.host = Host(Chip(UID, seeded, memory=memory, committed=self.kept.append))
        self.model = Model(UID, TM_KEY)
        self.model.files |= second_files()
        self._select()
        self.host.records_length = None

    @initialize(chosen=st.lists(st.tuples(modes, all_rights), min_size=5, max_size=5))
    def begin(self, chosen: list[tuple[Mode, int]]) -> None:
        for (kind, at), (mode, rights) in zip(FIRST.items(), chosen, strict=True):
            self.create(at, kind, mode, rights)

    def _select(self) -> None:
        self.host.leave()
        assert self.host.send(0x5A, AID + OTHER) == (0, b"")

    # Comparing.

    def _same(self, why: set[int], status: int) -> bool:
        """Hold the status against the model's; an error ends everything on both sides."""
        if not why:
            assert status == 0
            return True
        assert status in why, (why, hex(status))
        self.model.forget()
        self.host.leave()
        return False

    def _write(self, ins: int, header: bytes, data: bytes, names: str, why: set[int]) -> None:
        mode = self.model.mode(header[0], names)
        self._same(why, self.host.ask(ins, header, data, mode)[0])

    def _enter(self, session: str | None) -> None:
        """Mostly open a session where there is none, so that rights are held and used."""
        if session is not None and self.model.key is None and not self.model.pending:
            how, at = session.split()
            self.authenticate(int(at), how)

    def _end(self, then: Ending) -> None:
        if then is not Ending.LATER and (self.model.pending or self.model.input):
            self._commit({Ending.OLD: False, Ending.NEW: True}.get(then))

    # Sessions.

    @rule(sure=rarely)
    def select(self, *, sure: bool) -> None:
        if not sure:
            return
        self._select()
        self.model.forget()

    @rule(missing=st.booleans(), sure=rarely)
    def select_what_is_not_there_or_reset(self, *, missing: bool, sure: bool) -> None:
        if not sure:
            return
        if missing:
            assert self.host.select(b"\x01\x02\x03") == 0xA0
        else:
            self.host.reset()
            self._select()
        self.model.forget()

    @rule(at=keys, how=st.sampled_from(["ev2", "aes"]))
    def authenticate(self, at: int, how: str) -> None:
        assert getattr(self.host, how)(at, material_of(at)) == 0
        if how == "ev2":
            self.model.abort()
        self.model.key = at

    @precondition(lambda self: hasattr(self.host.session, "ti"))
    @rule(at=keys)
    def go_on_with_another_key(self, at: int) -> None:
        assert self.host.non_first(at, material_of(at)) == 0
        self.model.key = at

    @rule(how=st.sampled_from(["ev2", "aes"]), sure=rarely)
    def authenticate_wrongly(self, how: str, *, sure: bool) -> None:
        if not sure:
            return
        assert getattr(self.host, how)(1, material_of(2)) == 0xAE
        self.model.forget()

    @rule(frame=st.binary(min_size=1, max_size=30), sure=rarely)
    def hear_nonsense(self, frame: bytes, *, sure: bool) -> None:
        if not sure:
            return
        assert self.host.chip.transmit(b"\x99" + frame) == b"\x1c"
        self.model.forget()
        self.host.leave()

    # Files.

    @rule(at=numbers, kind=kinds, mode=modes, rights=all_rights, sure=rarely)
    def create_another(self, at: int, kind: Kind, mode: Mode, rights: int, *, sure: bool) -> None:
        if sure:
            self.create(at, kind, mode, rights)

    def create(self, at: int, kind: Kind, mode: Mode, rights: int) -> None:
        file = ModelFile(kind, mode, rights)
        self._same(self.model.create(at, file), self.host.ask(*creation(at, file))[0])

    @precondition(lambda self: not self.model.counts and hasattr(self.host.session, "ti"))
    @rule(at=numbers)
    def create_transaction_mac(self, at: int) -> None:
        why = self.model.create(at, ModelFile("mac", "plain", 0xEFFE))
        self.model.counter, self.model.input = 0, []
        header = bytes((at, 0)) + number(0xEFFE, 2) + b"\x02"
        self._same(why, self.host.ask(0xCE, header, TM_KEY + b"\x00", "full")[0])

    @rule(at=numbers, sure=rarely)
    def delete(self, at: int, *, sure: bool) -> None:
        if not sure:
            return
        counted = self.model.counts
        why = self.model.delete(at)
        if counted and not self.model.counts:
            self.model.input = []
        self._same(why, self.host.ask(0xDF, bytes((at,)))[0])

    @rule(at=mostly(0, 1, 2), mode=modes, rights=all_rights, more=more_rights, session=sessions)
    def change_settings(
        self, at: int, mode: Mode, rights: int, more: list[int], *, session: str | None
    ) -> None:
        self._enter(session)
        why = self.model.refusals(at, "C")
        file = self.model.files.get(at)
        if file is not None and file.kind == "mac":
            return
        free = file is None or self.model.key_in(at) not in file.nibbles("C")
        body = bytes((MODES[mode] | 0x80 * bool(more),)) + number(rights, 2)
        if more:
            body += bytes((len(more),)) + b"".join(number(one, 2) for one in more)
        status = self.host.ask(0x5F, bytes((at,)), body, "plain" if free else "full")[0]
        if self._same(why, status):
            assert file is not None
            file.mode, file.rights, file.more = mode, rights, more

    # Data.

    @rule(
        at=mostly(0, 1),
        offset=offsets,
        length=offsets,
        ins=st.sampled_from([0xBD, 0xAD]),
        session=sessions,
    )
    def read(self, at: int, offset: int, length: int, ins: int, *, session: str | None) -> None:
        self._enter(session)
        if self.model.files.get(at) and self.model.files[at].kind == "mac":
            return
        header = bytes((at,)) + number(offset) + number(length)
        why, mode = self.model.read(at, offset, length), self.model.mode(at, "R RW")
        status, found = self.host.ask(ins, header, mode=mode)
        if self._same(why, status):
            assert found == self.model.data(ins, at, offset, length)

    @rule(
        at=mostly(0, 1),
        offset=offsets,
        data=contents,
        long=st.booleans(),
        session=sessions,
        then=endings,
    )
    def write(
        self, at: int, offset: int, data: bytes, *, long: bool, session: str | None, then: Ending
    ) -> None:
        self._enter(session)
        if self.model.files.get(at) and self.model.files[at].kind == "mac":
            return
        ins = 0x8D if long else 0x3D
        header = bytes((at,)) + number(offset) + number(len(data))
        mode = self.model.mode(at, "W RW")
        why = self.model.write(ins, at, offset, data)
        self._same(why, self.host.ask(ins, header, data, mode)[0])
        self._end(then)

    # Values.

    @rule(at=mostly(2), session=sessions)
    def see_value(self, at: int, *, session: str | None) -> None:
        self._enter(session)
        why = self.model.value(at)
        status, found = self.host.ask(0x6C, bytes((at,)), mode=self.model.mode(at, "R W RW"))
        if self._same(why, status):
            assert found == self.model.told_value(at)

    @rule(
        at=mostly(2),
        amount=amounts,
        ins=st.sampled_from([0x0C, 0xDC, 0xDC, 0x1C]),
        session=sessions,
        then=endings,
    )
    def move(self, at: int, amount: int, ins: int, *, session: str | None, then: Ending) -> None:
        self._enter(session)
        names = {0x0C: "RW", 0xDC: "R W RW", 0x1C: "W RW"}[ins]
        why = self.model.move(ins, at, amount)
        self._write(ins, bytes((at,)), number(amount, 4), names, why)
        self._end(then)

    # Records.

    @rule(
        at=mostly(3, 4),
        offset=st.sampled_from([0, 0, 0, 1, 2]),
        data=st.binary(min_size=1, max_size=4),
        session=sessions,
        then=endings,
    )
    def write_record(
        self, at: int, offset: int, data: bytes, *, session: str | None, then: Ending
    ) -> None:
        self._enter(session)
        header = bytes((at,)) + number(offset) + number(len(data))
        why = self.model.write_record(0x3B, at, offset, data)
        self._write(0x3B, header, data, "W RW", why)
        self._end(then)

    @rule(
        at=mostly(3, 4),
        record=st.sampled_from([0, 0, 1, 2]),
        data=st.binary(min_size=1, max_size=5),
        session=sessions,
        then=endings,
    )
    def update_record(
        self, at: int, record: int, data: bytes, *, session: str | None, then: Ending
    ) -> None:
        self._enter(session)
        header = bytes((at,)) + number(record) + number(0) + number(len(data))
        why = self.model.update_record(at, record, data)
        self._write(0xDB, header, data, "RW", why)
        self._end(then)

    @rule(
        at=mostly(3, 4), first=st.sampled_from([0, 0, 1]), count=st.integers(0, 2), session=sessions
    )
    def read_records(self, at: int, first: int, count: int, *, session: str | None) -> None:
        self._enter(session)
        why = self.model.read_records(at, first, count)
        self.host.records_length = count * world.RECORD
        header, mode = bytes((at,)) + number(first) + number(count), self.model.mode(at, "R RW")
        status, found = self.host.ask(0xBB, header, mode=mode)
        if self._same(why, status):
            assert found == self.model.records(at, first, count)

    @rule(at=mostly(3, 4), sure=rarely, session=sessions, then=endings)
    def clear(self, at: int, *, sure: bool, session: str | None, then: Ending) -> None:
        self._enter(session)
        if not sure:
            return
        self._same(self.model.clear(at), self.host.ask(0xEB, bytes((at,)))[0])
        self._end(then)

    # Transactions.

    @precondition(lambda self: self.model.pending or self.model.input or len(self.kept) % 7 == 0)
    @rule(torn=tears)
    def commit(self, torn: bool | None) -> None:
        self._commit(torn)

    def _commit(self, torn: bool | None) -> None:
        told = self.model.counts and self.model.touched
        reported = self.model.transaction_mac() if told else b""
        option = b"\x01" if self.model.counts else b""
        if torn is not None and (self.model.pending or self.model.input):
            self._tear(option, applied=torn)
            return
        why = self.model.commit()
        status, answer = self.host.ask(COMMIT, b"", option)
        if self._same(why, status):
            assert answer == reported

    def _tear(self, option: bytes, *, applied: bool) -> None:
        before, writes = self.host.chip.memory, len(self.kept)
        after = copy.deepcopy(self.model)
        assert not after.commit()
        self.host.chip.tear_next_write(applied=applied)
        body = self.host.session.seal(COMMIT, b"", option, "management")
        assert self.host.chip.transmit(bytes((COMMIT,)) + body) == b""
        if applied:
            self.model = after
        else:
            assert self.host.chip.memory is before
            assert len(self.kept) == writes
        self.model.forget()
        self.host.leave()
        self.host.chip.power_on()
        self._select()

    @precondition(lambda self: self.model.pending or self.model.input or len(self.kept) % 7 == 0)
    @rule(sure=rarely)
    def abort(self, *, sure: bool) -> None:
        if not sure:
            return
        why = set() if self.model.pending or self.model.input else {world.NOTHING}
        if self._same(why, self.host.ask(ABORT)[0]):
            self.model.abort()

    @rule()
    def list_files(self) -> None:
        assert self.host.ask(0x6F) == (0, bytes(at for at in self.model.files if at < SECOND))

    # What must always hold.

    @invariant()
    def the_card_holds_what_the_model_holds(self) -> None:
        first, second = (self.host.chip.memory.applications[aid].files for aid in (AID, OTHER))
        held = {**first, **{SECOND | at: file for at, file in second.items()}}
        assert held.keys() == self.model.files.keys()
        for at, file in self.model.files.items():
            same_file(held[at], file, self.model)

    @invariant()
    def the_store_has_the_newest_memory(self) -> None:
        memory = self.host.chip.memory
        assert not self.kept or self.kept[-1] is memory
        assert PICC in memory.applications

    def teardown(self) -> None:
        memory = self.host.chip.memory
        assert from_json(json.loads(json.dumps(to_json(memory)))) == memory


def test_a_random_life() -> None:
    run_state_machine_as_test(
        CardLife, settings=settings(max_examples=LIVES, stateful_step_count=STEPS, deadline=None)
    )
