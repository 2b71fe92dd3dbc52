"""Retirement on the simulated chip: nothing of ours stays, whenever the chip is torn away."""

import pytest

from passcard.card_keys import PersonalisationKeys
from passcard.errors import AnotherCard, KeysUnknown, PassCardError, UnsuitableCard
from passcard.issuing import KEY_VERSIONS_MAX
from passcard.layout import ACCESS_AID, BENEFITS_AID, PICC_AID
from passcard.personalise import personalise
from passcard.retire import FACTORY_PICC_SETTINGS, retire
from passcard.session import AuthenticatedSession, run
from simulator.chip.chip import Chip
from simulator.chip.keys import KeySettings, aes_key
from simulator.chip.other_cards import BankCard, foreign_desfire, memory_with
from tests.passcard.field import UID, WRITES, Card, CardGone, Field, blank, keys_of, seeded

OLD, NEW = (keys_of(version) for version in (1, 2))
OTHER_AID = bytes.fromhex("F48120")


def issued(keys: PersonalisationKeys = OLD) -> Chip:
    chip = blank()
    run(personalise(UID, keys, seeded("host")), Field(chip).transmit)
    return chip


def present(chip: Card, *, cut_at: int | None = None, heard: bool = True) -> Field:
    field = Field(chip, cut_at=cut_at, heard=heard)
    run(retire(UID, (NEW, OLD), seeded("host")), field.transmit)
    return field


def assert_bare(chip: Chip) -> None:
    """See, in the chip's own memory, that it is as a blank with AES is delivered."""
    picc = chip.memory.applications[PICC_AID]
    assert set(chip.memory.applications) == {PICC_AID}
    assert picc.settings == KeySettings(FACTORY_PICC_SETTINGS)
    assert picc.keys == (aes_key(bytes(16), 0),)


@pytest.mark.parametrize("keys", [OLD, NEW], ids=["older", "current"])
def test_a_retired_chip_is_as_delivered(keys: PersonalisationKeys) -> None:
    chip = issued(keys)
    field = present(chip)
    assert_bare(chip)
    assert field.instructions.count(0xDA) == 2
    assert not {0xFC, 0x5C} & set(field.instructions)


def test_a_retired_chip_becomes_a_card_again() -> None:
    chip = issued()
    present(chip)
    run(personalise(UID, NEW, seeded("again")), Field(chip).transmit)
    assert chip.memory.applications[PICC_AID].keys == (aes_key(NEW.picc.reveal(), 2),)


def test_a_retired_chip_is_recognised_without_a_write() -> None:
    chip = issued()
    present(chip)
    before = chip.memory
    field = present(chip)
    assert not WRITES & set(field.instructions)
    assert chip.memory is before


@pytest.mark.parametrize("heard", [False, True], ids=["command lost", "answer lost"])
def test_torn_away_at_any_command_it_is_finished_by_presenting_it_again(heard: bool) -> None:
    whole = len(present(issued()).sent)
    for cut_at in range(whole):
        chip = issued()
        with pytest.raises(CardGone):
            present(chip, cut_at=cut_at, heard=heard)
        present(chip)
        assert_bare(chip)


def test_a_half_made_card_can_be_given_up() -> None:
    for cut_at in range(10, 42, 4):
        chip = blank()
        field = Field(chip, cut_at=cut_at)
        with pytest.raises(CardGone):
            run(personalise(UID, OLD, seeded("host")), field.transmit)
        present(chip)
        assert_bare(chip)


def test_a_half_retired_card_can_be_made_a_card_again() -> None:
    whole = len(present(issued()).sent)
    for cut_at in range(whole):
        chip = issued()
        with pytest.raises(CardGone):
            present(chip, cut_at=cut_at)
        run(personalise(UID, OLD, seeded("again")), Field(chip).transmit)
        assert len(chip.memory.applications) == 3


def test_what_is_not_ours_stays() -> None:
    ours = aes_key(OLD.picc.reveal(), OLD.version)
    memory = memory_with(ours, {OTHER_AID: [bytes(range(16))]})
    chip = Chip(UID, seeded("chip"), memory=memory)
    present(chip)
    assert set(chip.memory.applications) == {PICC_AID, OTHER_AID}


@pytest.mark.parametrize(
    ("chip", "error"),
    [
        (blank(), KeysUnknown),  # its key is DES: it was never one of ours
        (foreign_desfire(UID, seeded("foreign")), KeysUnknown),
        (Chip(bytes(7), seeded("other")), AnotherCard),
        (BankCard(UID), UnsuitableCard),
    ],
    ids=["blank", "foreign", "other", "bank"],
)
def test_a_chip_that_is_not_ours_is_left_alone(chip: Card, error: type[PassCardError]) -> None:
    before = chip.memory if isinstance(chip, Chip) else None
    with pytest.raises(error):
        present(chip)
    assert not isinstance(chip, Chip) or chip.memory is before


def test_a_chip_that_keeps_an_application_is_unsuitable() -> None:
    """A fake under the factory key that says yes to everything and deletes nothing."""
    chip = Chip(UID, seeded("chip"), memory=issued().memory)
    run(retire(UID, (OLD,), seeded("host")), Field(chip).transmit)
    kept = chip.memory.with_application(BENEFITS_AID, issued().memory.applications[BENEFITS_AID])
    sly = _Deaf(UID, seeded("sly"), memory=kept)
    with pytest.raises(UnsuitableCard, match="keeps an application"):
        present(sly)


class _Deaf(Chip):
    """Gives back the application that was just deleted, before the next listing."""

    def transmit(self, command: bytes) -> bytes:
        kept = self.memory.applications
        answer = super().transmit(command)
        if command[1] == 0xDA:
            self._state.memory = self.memory.with_application(BENEFITS_AID, kept[BENEFITS_AID])
        return answer


def test_a_session_deletes_an_application() -> None:
    chip = issued()
    key, rnd_a = OLD.picc.reveal(), seeded("desk")(16)
    session = AuthenticatedSession(
        Field(chip).transmit, PICC_AID, key_number=0, key=key, rnd_a=rnd_a
    )
    session.delete_application(BENEFITS_AID)
    assert session.get_application_ids() == (ACCESS_AID,)
    with pytest.raises(ValueError, match="3 bytes"):
        session.delete_application(bytes(2))


@pytest.mark.parametrize("versions", [0, KEY_VERSIONS_MAX + 1])
def test_the_versions_are_some_and_few(versions: int) -> None:
    known = [keys_of(1 + n) for n in range(versions)]
    with pytest.raises(ValueError, match="key versions"):
        next(retire(UID, known, seeded("host")))


def test_a_uid_of_another_length_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="7 bytes"):
        next(retire(UID[:4], (OLD,), seeded("host")))
