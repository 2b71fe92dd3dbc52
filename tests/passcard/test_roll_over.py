"""From one version of the masters to the next, on the simulated chip, torn at every command."""

import pytest

from passcard.card_keys import FACTORY_KEY, PersonalisationKeys
from passcard.errors import CardNotGenuine, CardRefused, KeysUnknown
from passcard.issuing import KEY_VERSIONS_MAX
from passcard.layout import ACCESS_AID, BENEFITS_AID, PICC_AID, Application
from passcard.personalise import personalise
from passcard.session import authenticate, run
from passcard.status_word import StatusWord
from simulator.chip.chip import Chip
from simulator.chip.keys import aes_key
from tests.passcard.field import UID, WRITES, CardGone, Field, blank, keys_of, seeded

OLD, NEW, NEWER = (keys_of(version) for version in (1, 2, 3))


def present(
    chip: Chip,
    keys: PersonalisationKeys,
    *older: PersonalisationKeys,
    cut_at: int | None = None,
    heard: bool = True,
) -> Field:
    field = Field(chip, cut_at=cut_at, heard=heard)
    run(personalise(UID, keys, seeded("host"), older=older), field.transmit)
    return field


def issued(keys: PersonalisationKeys = OLD) -> Chip:
    chip = blank()
    present(chip, keys)
    return chip


def assert_holds(chip: Chip, keys: PersonalisationKeys) -> None:
    """See, in the chip's own memory, that every key is of this version and no other."""
    memory = chip.memory.applications
    assert set(memory) == {PICC_AID, BENEFITS_AID, ACCESS_AID}
    assert memory[PICC_AID].keys == (aes_key(keys.picc.reveal(), keys.version),)
    for application in Application:
        assert memory[application.aid].keys == (
            aes_key(keys.master(application), keys.version),
            aes_key(keys.authenticate(application), keys.version),
        )


def test_a_card_of_an_older_version_is_moved_to_the_wanted_one() -> None:
    chip = issued()
    field = present(chip, NEW, OLD)
    assert_holds(chip, NEW)
    assert field.instructions.count(0xC4) == 5
    assert not {0xCA, 0x54} & set(field.instructions)


def test_its_version_says_which_key_to_try_so_none_is_tried_in_vain() -> None:
    chip = issued()
    field = present(chip, NEWER, NEW, OLD)
    # PICC and each key 0 once under the old key and once under the new; two proofs.
    assert field.instructions.count(0x71) == 8
    assert 0x1A not in field.instructions


def test_a_card_of_the_wanted_version_is_recognised_without_a_write() -> None:
    chip = issued(NEW)
    before = chip.memory
    field = present(chip, NEW, OLD, NEWER)
    assert not WRITES & set(field.instructions)
    assert chip.memory is before


@pytest.mark.parametrize("heard", [False, True], ids=["command lost", "answer lost"])
def test_torn_away_at_any_command_it_is_finished_by_presenting_it_again(heard: bool) -> None:
    whole = len(present(issued(), NEW, OLD).sent)
    for cut_at in range(whole):
        chip = issued()
        with pytest.raises(CardGone):
            present(chip, NEW, OLD, cut_at=cut_at, heard=heard)
        present(chip, NEW, OLD)
        assert_holds(chip, NEW)


def test_a_chip_that_will_not_say_a_keys_version_is_tried_key_by_key() -> None:
    chip = issued()
    field = Field(chip)

    def transmit(command: bytes) -> bytes:
        outside_a_session = command[1] == 0x64 and len(command) == 7
        return b"\x91\xae" if outside_a_session else field.transmit(command)

    run(personalise(UID, NEWER, seeded("host"), older=(NEW, OLD)), transmit)
    assert_holds(chip, NEWER)


def test_torn_between_two_versions_it_is_finished_under_a_third() -> None:
    whole = len(present(issued(), NEW, OLD).sent)
    for cut_at in range(whole):
        chip = issued()
        with pytest.raises(CardGone):
            present(chip, NEW, OLD, cut_at=cut_at)
        present(chip, NEWER, OLD, NEW)
        assert_holds(chip, NEWER)


def test_a_blank_torn_under_the_old_masters_is_finished_under_the_new() -> None:
    whole = len(present(blank(), OLD).sent)
    for cut_at in range(whole):
        chip = blank()
        with pytest.raises(CardGone):
            present(chip, OLD, cut_at=cut_at)
        present(chip, NEW, OLD)
        assert_holds(chip, NEW)


def test_without_the_older_keys_the_card_is_unknown_and_untouched() -> None:
    chip = issued()
    before = chip.memory
    with pytest.raises(KeysUnknown, match="PICC"):
        present(chip, NEW)
    assert chip.memory is before


def test_the_old_key_no_longer_opens_a_moved_card() -> None:
    chip = issued()
    present(chip, NEW, OLD)
    for application in Application:
        old = OLD.authenticate(application)
        with pytest.raises(CardNotGenuine):
            authenticate(Field(chip).transmit, application, old, seeded("gate")(16))
        new = NEW.authenticate(application)
        authenticate(Field(chip).transmit, application, new, seeded("gate")(16))


def with_key_1(chip: Chip, material: bytes, version: int) -> Chip:
    application = chip.memory.applications[ACCESS_AID].with_key(1, aes_key(material, version))
    memory = chip.memory.with_application(ACCESS_AID, application)
    return Chip(UID, seeded("chip"), memory=memory)


def test_a_key_1_that_only_claims_an_older_version_is_refused_by_change_key() -> None:
    liar = with_key_1(issued(), bytes(range(16)), OLD.version)
    with pytest.raises(CardRefused) as refused:
        present(liar, NEW, OLD)
    assert refused.value.status is StatusWord.INTEGRITY_ERROR


def test_a_key_1_of_a_version_nobody_has_is_unknown() -> None:
    with pytest.raises(KeysUnknown, match="key 1 of application access"):
        present(with_key_1(issued(), bytes(range(16)), 9), NEW, OLD)


def test_the_versions_are_few_and_each_once() -> None:
    many = [keys_of(2 + n) for n in range(KEY_VERSIONS_MAX)]
    for older in ([OLD], many):
        with pytest.raises(ValueError, match="key versions"):
            next(personalise(UID, OLD, seeded("host"), older=older))


@pytest.mark.parametrize("version", [0, 256, -1])
def test_a_version_is_a_byte_that_is_not_the_factorys(version: int) -> None:
    with pytest.raises(ValueError, match="1 to 255"):
        PersonalisationKeys(OLD.picc, OLD.picc, OLD.picc, OLD.picc, OLD.picc, version=version)


def test_a_key_on_its_way_to_the_card_does_not_print_itself() -> None:
    assert "00" not in repr(FACTORY_KEY)
    assert OLD.picc.reveal().hex() not in repr(OLD.picc_key())
