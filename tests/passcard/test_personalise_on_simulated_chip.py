"""Personalisation against the simulated chip, which shares no code with this side.

The card is torn away at every n-th command, before and after its answer, and within every write;
then it is presented again until it is done.
"""

import pytest

from passcard.apdu import StatusWord
from passcard.errors import (
    AnotherCard,
    CardNotGenuine,
    CardRefused,
    KeysUnknown,
    NotAPassCard,
    PassCardError,
    UnsuitableCard,
)
from passcard.layout import ACCESS_AID, BENEFITS_AID, PICC_AID, Application
from passcard.personalise import (
    APPLICATION_SETTINGS,
    PICC_SETTINGS,
    MasterKeys,
    PersonalisationKeys,
    personalise,
)
from passcard.secret import Secret
from passcard.session import AuthenticatedSession, authenticate, run
from simulator.chip.chip import Chip
from simulator.chip.keys import KeySettings, aes_key, des_key
from simulator.chip.memory import Memory
from simulator.chip.other_cards import BankCard, clone_of, foreign_desfire, memory_with
from tests.passcard.field import (
    UID,
    WRITES,
    Card,
    CardGone,
    Field,
    blank,
    seeded,
)

MASTERS = MasterKeys(*(Secret(seeded(f"master {purpose}")(16)) for purpose in range(5)))
KEYS = MASTERS.for_card(UID)


def present(chip: Card, *, cut_at: int | None = None, heard: bool = True) -> Field:
    """Put a card on the desk and personalise it."""
    field = Field(chip, cut_at=cut_at, heard=heard)
    run(personalise(UID, KEYS, seeded("host")), field.transmit)
    return field


def assert_pass_card(chip: Chip) -> None:
    """See, in the chip's own memory, that nothing is missing."""
    memory = chip.memory.applications
    assert set(memory) == {PICC_AID, BENEFITS_AID, ACCESS_AID}
    assert memory[PICC_AID].settings == KeySettings(PICC_SETTINGS)
    assert memory[PICC_AID].keys == (aes_key(KEYS.picc.reveal(), KEYS.version),)
    for application in Application:
        settled = memory[application.aid]
        assert settled.settings == KeySettings(APPLICATION_SETTINGS)
        assert settled.keys == (
            aes_key(KEYS.master(application), KEYS.version),
            aes_key(KEYS.authenticate(application), KEYS.version),
        )


def test_a_factory_blank_becomes_a_pass_card_whose_keys_prove() -> None:
    chip = blank()
    field = present(chip)
    assert_pass_card(chip)
    for application in Application:
        key = KEYS.authenticate(application)
        authenticate(Field(chip).transmit, application, key, seeded("gate")(16))
    assert field.instructions[-3:] == [0x5A, 0x71, 0xAF]
    assert len(field.sent) == 42


def test_a_finished_card_is_recognised_without_a_write() -> None:
    chip = blank()
    present(chip)
    before = chip.memory
    field = present(chip)
    assert not WRITES & set(field.instructions)
    assert chip.memory is before


def test_format_and_configuration_are_never_sent() -> None:
    assert not {0xFC, 0x5C, 0xDA} & set(present(blank()).instructions)


@pytest.mark.parametrize("heard", [False, True], ids=["command lost", "answer lost"])
def test_a_card_torn_away_at_any_command_is_finished_by_presenting_it_again(heard: bool) -> None:
    whole = len(present(blank()).sent)
    for cut_at in range(whole):
        chip = blank()
        with pytest.raises(CardGone):
            present(chip, cut_at=cut_at, heard=heard)
        present(chip)
        assert_pass_card(chip)


def test_a_dropped_talk_is_started_again_with_the_card_still_in_the_field() -> None:
    whole = len(present(blank()).sent)
    for dropped_after in range(whole):
        chip = blank()
        field = Field(chip)
        talk = personalise(UID, KEYS, seeded("host"))
        command = next(talk)
        for _ in range(dropped_after):
            command = talk.send(field.transmit(command))
        talk.close()
        run(personalise(UID, KEYS, seeded("again")), field.transmit)
        assert_pass_card(chip)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_a_card_torn_away_within_any_write_is_finished_too(applied: bool) -> None:
    writes = sum(ins in WRITES for ins in present(blank()).instructions)
    for torn in range(writes):
        chip, seen = blank(), 0
        field = Field(chip)

        def transmit(command: bytes) -> bytes:
            nonlocal seen
            if command[1] in WRITES:
                if seen == torn:  # noqa: B023 - used at once, within the loop
                    chip.tear_next_write(applied=applied)  # noqa: B023
                seen += 1
            return field.transmit(command)  # noqa: B023

        with pytest.raises(CardGone):
            run(personalise(UID, KEYS, seeded("host")), transmit)
        present(chip)
        assert_pass_card(chip)


@pytest.mark.parametrize("every", range(4, 13))
def test_a_nervous_hand_gets_there_in_the_end(every: int) -> None:
    """The card leaves after every n commands, each presentation going a little further."""
    chip = blank()
    for presented in range(60):
        try:
            present(chip, cut_at=every + presented, heard=presented % 2 == 0)
        except CardGone:
            continue
        break
    assert_pass_card(chip)


def test_any_damaged_answer_is_a_typed_error_and_the_card_can_be_finished() -> None:
    whole = len(present(blank()).sent)
    for damaged in range(whole):
        chip = blank()
        field = Field(chip)

        def transmit(command: bytes) -> bytes:
            answer = field.transmit(command)  # noqa: B023
            if len(field.sent) - 1 != damaged:  # noqa: B023
                return answer
            return bytes((answer[0] ^ 1,)) + answer[1:]

        # A flip in GetVersion's batch or in a challenge of a lost try is harmless; all else is not.
        try:
            run(personalise(UID, KEYS, seeded("host")), transmit)
        except PassCardError:
            present(chip)
        assert_pass_card(chip)


def test_another_uid_is_refused_before_anything_is_written() -> None:
    chip = Chip(bytes.fromhex("04000000000001"), seeded("chip"))
    before = chip.memory
    with pytest.raises(AnotherCard):
        present(chip)
    assert chip.memory is before


def test_a_chip_that_lies_in_get_version_is_caught_by_get_card_uid() -> None:
    """Another chip, already under our PICC key, hides behind the announced UID."""
    chip = Chip(bytes.fromhex("04000000000001"), seeded("chip"))
    chip = Chip(chip.uid, seeded("chip"), memory=memory_with(aes_key(KEYS.picc.reveal()), {}))
    field = Field(chip)

    def transmit(command: bytes) -> bytes:
        return field.transmit(command).replace(chip.uid, UID)

    before = chip.memory
    with pytest.raises(AnotherCard):
        run(personalise(UID, KEYS, seeded("host")), transmit)
    assert chip.memory is before


def test_a_blank_delivered_with_an_aes_key_of_zeros_works_too() -> None:
    chip = Chip(UID, seeded("chip"), memory=memory_with(aes_key(bytes(16)), {}, settings=0x0F))
    present(chip)
    assert_pass_card(chip)


@pytest.mark.parametrize("applications", [{}, {BENEFITS_AID: [bytes(16), bytes(16)]}])
def test_loose_settings_are_hardened(applications: dict[bytes, list[bytes]]) -> None:
    chip = Chip(UID, seeded("chip"), memory=memory_with(None, applications, settings=0x0F))
    present(chip)
    assert_pass_card(chip)


def test_another_issuers_card_is_left_alone_after_three_tries() -> None:
    chip = foreign_desfire(UID, seeded("foreign"))
    before = chip.memory
    field = Field(chip)
    with pytest.raises(KeysUnknown) as refused:
        run(personalise(UID, KEYS, seeded("host")), field.transmit)
    assert refused.value.level == "the PICC"
    assert refused.value.status is StatusWord.AUTHENTICATION_ERROR
    assert sum(ins in {0x71, 0x1A} for ins in field.instructions) == 3
    assert chip.memory is before


def test_a_des_key_that_is_not_the_factorys_is_unknown() -> None:
    memory = memory_with(des_key(bytes(range(16))), {})
    with pytest.raises(KeysUnknown):
        present(Chip(UID, seeded("chip"), memory=memory))


def test_an_application_under_anothers_keys_is_unknown_after_two_tries() -> None:
    ours = aes_key(KEYS.picc.reveal(), KEYS.version)
    memory = memory_with(ours, {BENEFITS_AID: [bytes(range(16))] * 2})
    field = Field(Chip(UID, seeded("chip"), memory=memory))
    with pytest.raises(KeysUnknown, match="benefits"):
        run(personalise(UID, KEYS, seeded("host")), field.transmit)
    assert field.instructions.count(0x71) == 3  # one for the PICC, two for the application


def test_an_application_of_another_layout_is_unsuitable() -> None:
    memory = memory_with(None, {BENEFITS_AID: [bytes(16)] * 3})
    with pytest.raises(UnsuitableCard, match="other keys"):
        present(Chip(UID, seeded("chip"), memory=memory))


def test_a_key_1_that_only_claims_our_version_is_found_out() -> None:
    chip = blank()
    present(chip)
    application = chip.memory.applications[ACCESS_AID]
    wrong = application.with_key(1, aes_key(bytes(range(16)), KEYS.version))
    memory = chip.memory.with_application(ACCESS_AID, wrong)
    with pytest.raises(CardNotGenuine):
        present(Chip(UID, seeded("chip"), memory=memory))


def test_a_full_chip_keeps_its_status() -> None:
    with pytest.raises(CardRefused) as refused:
        present(Chip(UID, seeded("chip"), memory=Memory(free_bytes=0)))
    assert refused.value.status is StatusWord.OUT_OF_EEPROM


def test_a_bank_card_is_unsuitable() -> None:
    with pytest.raises(UnsuitableCard):
        present(BankCard(UID))


@pytest.mark.parametrize(
    ("at", "octet", "fact"), [(1, 0x08, "no DESFire"), (10, 0x01, "older than EV2")]
)
def test_a_chip_of_another_kind_is_unsuitable(at: int, octet: int, fact: str) -> None:
    version = bytearray.fromhex("0401011200180504010102001805") + UID + bytes(7)
    version[at] = octet

    def transmit(command: bytes) -> bytes:
        return (bytes(version) if command[1] == 0x60 else b"") + b"\x91\x00"

    with pytest.raises(UnsuitableCard, match=fact):
        run(personalise(UID, KEYS, seeded("host")), transmit)


def test_a_card_that_proves_nothing_is_not_offered_another_key() -> None:
    """A fake that accepts any answer and sends noise back is refused at once."""
    chip = blank()
    present(chip)
    field = Field(chip)

    def transmit(command: bytes) -> bytes:
        if command[1] == 0x71:
            return bytes(16) + b"\x91\xaf"
        if command[1] == 0xAF and len(command) > 5:
            return bytes(32) + b"\x91\x00"
        return field.transmit(command)

    with pytest.raises(CardNotGenuine) as refused:
        run(personalise(UID, KEYS, seeded("host")), transmit)
    assert refused.value.status is None


def test_an_8_byte_fake_of_the_des_handshake_is_refused_at_once() -> None:
    field = Field(blank())

    def transmit(command: bytes) -> bytes:
        if command[1] == 0xAF and len(command) == 22:
            return bytes(8) + b"\x91\x00"
        return field.transmit(command)

    with pytest.raises(CardNotGenuine) as refused:
        run(personalise(UID, KEYS, seeded("host")), transmit)
    assert refused.value.status is None


def test_a_uid_of_another_length_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="7 bytes"):
        next(personalise(UID[:4], KEYS, seeded("host")))


def test_the_gate_tells_strangers_clones_and_blanks_apart() -> None:
    genuine = blank()
    present(genuine)
    key, rnd_a = KEYS.authenticate(Application.ACCESS), seeded("gate")(16)
    strangers: list[Card] = [blank(), foreign_desfire(UID, seeded("foreign")), BankCard(UID)]
    for stranger in strangers:
        with pytest.raises(NotAPassCard):
            authenticate(Field(stranger).transmit, Application.ACCESS, key, rnd_a)
    clone = clone_of(genuine, seeded("clone"))
    with pytest.raises(CardNotGenuine):
        authenticate(Field(clone).transmit, Application.ACCESS, key, rnd_a)


def test_a_strangers_reader_learns_nothing_by_listing_but_a_master_does() -> None:
    chip = blank()
    present(chip)
    field = Field(chip)
    assert field.transmit(bytes.fromhex("906A000000")) == b"\x91\xae"
    session = AuthenticatedSession(
        field.transmit, PICC_AID, key_number=0, key=KEYS.picc.reveal(), rnd_a=seeded("desk")(16)
    )
    assert session.get_application_ids() == (BENEFITS_AID, ACCESS_AID)
    assert session.get_card_uid() == UID


def test_every_card_and_purpose_has_its_own_key() -> None:
    other = MASTERS.for_card(bytes.fromhex("04A1B2C3D4E5F7"))
    names = [name for name in PersonalisationKeys.__slots__ if name != "version"]
    keys = [getattr(set_, name).reveal() for set_ in (KEYS, other, MASTERS) for name in names]
    assert len(set(keys)) == 15
    assert "hidden" in repr(KEYS)
    assert not any(key.hex() in repr((KEYS, MASTERS)) for key in keys)
