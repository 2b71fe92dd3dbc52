"""What every driver must do, whichever the pad: the UnifiedPOS life cycle, and no digit anywhere.

A new driver gets a bench of its own in `BENCHES`, and passes this file as it stands.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.pad.cable import PadCable
from simulator.pad.keypad import SimulatedKeypad
from simulator.pad.pad import SimulatedPad
from terminal.errors import PadBusy, PadDisabled, PadError, PadRefused, PadUnplugged
from terminal.pin.dialects import DIALECTS
from terminal.pin.dialogue import PadDialogue
from terminal.pin.key_block import InitialKey
from terminal.pin.key_file import KeypadKeys
from terminal.pin.keypad import open_keypad
from terminal.pin.pad import (
    CodeEntry,
    Completion,
    Display,
    EftContext,
    PinEntry,
    PinEntryStatus,
    PinPad,
    PinProfile,
    PinPrompt,
    PromptCode,
)
from terminal.pin.prompts import BY_LANGUAGE, lines_of, prompt_for
from terminal.pin.serial_link import SerialLink
from terminal.pin.visa_pad import VisaPacketPinPad
from tests.terminal.pin.conftest import CARD_NUMBER, CODE, aes_sealer, never, tdes_sealer

SECONDS_MAX = 10.0
CONTEXT = EftContext(PinPrompt(CARD_NUMBER, "12,50 EUR", "VOTRE CODE:"))


class Desk:
    """A driver, and the real line to a simulated pad whose keys can be pressed."""

    def __init__(self, pad: PinPad, cable: PadCable, profile: PinProfile) -> None:
        self.pad = pad
        self.cable = cable
        self.profile = profile
        self.asked = threading.Event()
        self.over = threading.Event()

    def cancelled(self) -> bool:
        """Is asked by the driver while it waits: from then on keys are heard."""
        self.asked.set()
        return False

    def enter(
        self, keys: str | None, seconds_max: float = SECONDS_MAX, cancel: Callable[[], bool] = never
    ) -> PinEntry:
        """Begin nothing; let somebody press these keys once the pad waits for them."""
        self.asked.clear()
        self.over.clear()
        hand = threading.Thread(target=self._press, args=(keys,))
        hand.start()
        try:
            return self.pad.enter_pin(seconds_max, lambda: self.cancelled() or cancel())
        finally:
            self.over.set()
            hand.join()

    def _press(self, keys: str | None) -> None:
        assert self.asked.wait(SECONDS_MAX)
        if self.pad.caps.display is not Display.NONE:
            while not (self.cable.view().entering or self.over.is_set()):
                self.over.wait(0.005)
        if keys is None:
            self.cable.unplug()
        else:
            self.cable.press(keys)


def packet_desk(dialect: str, profile: PinProfile) -> Callable[[Path, dict[str, Any]], Desk]:
    def lay(folder: Path, vectors: dict[str, Any]) -> Desk:
        aes = profile is PinProfile.AES128_DUKPT_ISO4
        simulated = SimulatedPad((aes_sealer if aes else tdes_sealer)(vectors))
        cable = PadCable(simulated, folder / "pad")
        pad = VisaPacketPinPad(
            lambda: SerialLink(str(cable.link)), DIALECTS[dialect], turnaround_seconds=0.003
        )
        return Desk(pad, cable, profile)

    return lay


def keypad_desk(folder: Path, vectors: dict[str, Any]) -> Desk:
    published = vectors["aes128_dukpt_x9_24_3_2017"]
    key_id = bytes.fromhex(published["initial_key_id"])
    initial = InitialKey(key_id, bytearray.fromhex(published["initial_key"]))
    KeypadKeys(folder).install(initial)
    cable = PadCable(SimulatedKeypad(), folder / "pad")
    pad = open_keypad(str(cable.link), None, folder)
    return Desk(pad, cable, PinProfile.AES128_DUKPT_ISO4)


AES, TDES = PinProfile.AES128_DUKPT_ISO4, PinProfile.TDES_DUKPT_ISO0
BENCHES = {
    "uic-vfi-z62 aes": packet_desk("uic-vfi-z62", AES),
    "uic-vfi-z62 tdes": packet_desk("uic-vfi-z62", TDES),
    "vfi-ipp-z63 aes": packet_desk("vfi-ipp-z63", AES),
    "vfi-ipp-z63 tdes": packet_desk("vfi-ipp-z63", TDES),
    "keypad": keypad_desk,
}


@pytest.fixture(params=sorted(BENCHES))
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, pin_vectors: dict[str, Any]
) -> Iterator[Desk]:
    laid = BENCHES[request.param](tmp_path, pin_vectors)
    with laid.cable:
        yield laid
        laid.pad.release()


@pytest.fixture
def begun(desk: Desk) -> Desk:
    desk.pad.claim()
    desk.pad.begin(CONTEXT)
    return desk


def test_a_code_is_entered_and_the_transaction_ends(begun: Desk) -> None:
    entry = begun.enter(f"{CODE}E")
    assert entry.status is PinEntryStatus.SUCCESS
    assert entry.encrypted_pin_block is not None
    assert entry.encrypted_pin_block.profile is begun.profile
    begun.pad.end(Completion.NORMAL)
    begun.pad.begin(CONTEXT)
    again = begun.enter(f"{CODE}E")
    assert again.encrypted_pin_block is not None
    first, second = entry.encrypted_pin_block, again.encrypted_pin_block
    assert first.key_serial_number < second.key_serial_number
    assert first.reveal() != second.reveal()


def test_the_three_ends(begun: Desk) -> None:
    assert begun.enter("73C") == PinEntry(PinEntryStatus.CANCEL)
    assert begun.enter("73", seconds_max=0.3) == PinEntry(PinEntryStatus.TIMEOUT)
    typing = threading.Event()
    assert begun.enter("739", cancel=lambda: typing.wait(0.1) or True) == PinEntry(
        PinEntryStatus.CANCEL
    )
    # What was typed before is no part of the next entry.
    begun.pad.end(Completion.ABNORMAL)
    begun.pad.begin(CONTEXT)
    assert begun.enter(f"{CODE}E").status is PinEntryStatus.SUCCESS


def test_clear_begins_again_and_too_few_digits_are_no_code(begun: Desk) -> None:
    assert begun.enter(f"11B{CODE}9E").status is PinEntryStatus.SUCCESS
    assert begun.enter("739E", seconds_max=0.3).status is PinEntryStatus.TIMEOUT


def test_entering_before_begin_is_disabled(desk: Desk) -> None:
    for _ in range(2):
        with pytest.raises(PadDisabled):
            desk.pad.enter_pin(1, never)
        with pytest.raises(PadDisabled):
            desk.pad.end(Completion.NORMAL)
        desk.pad.claim()
    desk.pad.release()
    with pytest.raises(PadDisabled):
        desk.pad.begin(CONTEXT)


def test_once_ended_or_released_a_code_is_asked_for_no_more(begun: Desk) -> None:
    begun.pad.end(Completion.NORMAL)
    with pytest.raises(PadDisabled):
        begun.pad.enter_pin(1, never)
    begun.pad.begin(CONTEXT)
    begun.pad.release()
    begun.pad.release()
    begun.pad.claim()
    with pytest.raises(PadDisabled):
        begun.pad.enter_pin(1, never)


def test_twice_is_busy(begun: Desk) -> None:
    with pytest.raises(PadBusy):
        begun.pad.begin(CONTEXT)
    refused: list[type[Exception]] = []

    def ask_everything() -> bool:
        calls: tuple[Callable[[], object], ...] = (
            lambda: begun.pad.enter_pin(1, never),
            lambda: begun.pad.begin(CONTEXT),
            lambda: begun.pad.end(Completion.NORMAL),
            lambda: begun.pad.prompt(PromptCode.APPROVED),
            lambda: begun.pad.show("Bonjour"),
            begun.pad.claim,
        )
        for call in calls if not refused else ():
            try:
                call()
            except PadError as error:
                refused.append(type(error))
        return False

    assert begun.enter(f"{CODE}E", cancel=ask_everything).status is PinEntryStatus.SUCCESS
    assert refused == [PadBusy] * 6


@pytest.mark.parametrize(
    "context",
    [
        EftContext(CONTEXT.prompt, system="M/S"),
        EftContext(replace(CONTEXT.prompt, length_max=13)),
        EftContext(replace(CONTEXT.prompt, length_min=3)),
        EftContext(replace(CONTEXT.prompt, length_min=6, length_max=5)),
        EftContext(CONTEXT.prompt, language="tlh"),
    ],
)
def test_what_a_pad_cannot_do_is_refused_at_begin(desk: Desk, context: EftContext) -> None:
    desk.pad.claim()
    with pytest.raises(ValueError, match="this pad"):
        desk.pad.begin(context)
    desk.pad.begin(CONTEXT)


def test_every_prompt_in_every_language(desk: Desk) -> None:
    desk.pad.claim()
    with pytest.raises(ValueError, match="en, fr"):
        desk.pad.prompt(PromptCode.IDLE, "tlh")
    assert set(desk.pad.caps.languages) == set(BY_LANGUAGE)
    for language, code in (("fr", PromptCode.APPROVED), ("en", PromptCode.DECLINED)):
        desk.pad.prompt(code, language)
        if desk.pad.caps.display is Display.UNRESTRICTED:
            assert desk.cable.view().lines == lines_of(code, language)


def test_free_text_only_where_the_display_takes_it(desk: Desk) -> None:
    desk.pad.claim()
    dialogue = PadDialogue(desk.pad)
    if desk.pad.caps.display is Display.UNRESTRICTED:
        desk.pad.show("Bonjour", "Léa")
        assert desk.cable.view().lines == ("BONJOUR", "LEA")
    else:
        with pytest.raises(PadRefused):
            desk.pad.show("Bonjour", "Léa")
    dialogue.show("PAIEMENT", "ACCEPTE")
    dialogue.show("RIEN DE TEL", "")


def test_a_cable_pulled_during_the_entry_and_put_back(begun: Desk) -> None:
    with pytest.raises(PadUnplugged):
        begun.enter(None)
    with pytest.raises(PadUnplugged):
        begun.pad.claim()
    with pytest.raises(PadDisabled):
        begun.pad.enter_pin(1, never)
    begun.cable.plug()
    begun.pad.claim()
    begun.pad.begin(CONTEXT)
    assert begun.enter(f"{CODE}E").status is PinEntryStatus.SUCCESS


def test_a_sales_dialogue_ends_its_transaction_however_it_ended(desk: Desk) -> None:
    dialogue = PadDialogue(desk.pad)
    dialogue.claim()
    prompt = CONTEXT.prompt
    assert dialogue.enter_pin(prompt, 0.3, never).status is PinEntryStatus.TIMEOUT

    def break_down() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        dialogue.enter_pin(prompt, 5, break_down)
    desk.pad.begin(CONTEXT)  # so none is open
    dialogue.release()


def test_nothing_typed_is_logged_or_shown(begun: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    entry = begun.enter(f"{CODE}E")
    assert entry.encrypted_pin_block is not None
    block = entry.encrypted_pin_block.reveal()
    logged = [f"{record.getMessage()} {record.args}" for record in caplog.records]
    shown = [repr(entry), repr(begun.pad), repr(vars(begun.pad)), *logged]
    assert not [text for text in shown if CODE in text or block in text.upper()]


def test_the_caps_mark_who_encrypts(desk: Desk) -> None:
    is_keypad = desk.pad.caps.display is Display.NONE
    assert desk.pad.caps.keypad_in_clear is is_keypad
    expected = CodeEntry.TERMINAL if is_keypad else CodeEntry.SECURE
    assert desk.pad.caps.code_entry is expected


# --- the fixed prompts ----------------------------------------------------------------------


@pytest.mark.parametrize("language", sorted(BY_LANGUAGE))
def test_every_prompt_has_words_that_fit(language: str) -> None:
    assert set(BY_LANGUAGE[language]) == set(PromptCode)
    for first, second in BY_LANGUAGE[language].values():
        assert 1 <= len(first) <= 16
        assert len(second) <= 16
        assert (first + second).isascii()
        assert (first + second).upper() == first + second


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("PAIEMENT", "ACCEPTE"), PromptCode.APPROVED),
        (("PAIEMENT REFUSE", "SOLDE"), PromptCode.DECLINED),
        (("CODE FAUX", "RESTE 2 ESSAIS"), PromptCode.ENTERVALIDPIN),
        (("CODE BLOQUE", "VOIR COMPTE"), PromptCode.RETRIESEXCEEDED),
        (("PAIEMENT ANNULE", "RIEN DEBITE"), PromptCode.CANCELED),
        (("CHOIX AVANTAGE", "VOIR LA CAISSE"), PromptCode.SELECTCARDTYPE),
        (("RIEN DE TEL", ""), None),
    ],
)
def test_the_prompt_that_says_the_same(lines: tuple[str, str], code: PromptCode | None) -> None:
    assert prompt_for(*lines) is code


def test_the_codes_are_those_of_unifiedpos() -> None:
    """PINPadConst.java of the JavaPOS contracts: PPAD_MSG_*, PPAD_DISP_*, PPAD_EFT_*."""
    assert [code.value for code in PromptCode] == list(range(1, 14))
    assert [one.value for one in Display] == [1, 2, 3, 4, 5]
    assert [one.value for one in Completion] == [1, 2]
