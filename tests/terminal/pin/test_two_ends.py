"""The terminal's driver against the simulated pad: whatever the line does, an entry is one."""

from typing import Any

import pytest

from simulator import dukpt
from simulator.pad.faults import Fault, Faults
from simulator.pad.pad import DOT
from simulator.pin_block import format4_block
from terminal.errors import PadError, PadGarbled, PadRefused, PadSilent
from terminal.pin.dialects import DIALECTS
from terminal.pin.dialogue import PadDialogue
from terminal.pin.pad import PinEntry, PinEntryStatus, PinProfile, PinPrompt
from terminal.pin.visa_pad import TURNAROUND_SECONDS
from tests.terminal.pin.conftest import (
    CARD_NUMBER,
    CODE,
    Bench,
    aes_sealer,
    never,
    tdes_sealer,
    untouched,
)

Vectors = dict[str, Any]


def _expect(vectors: Vectors, entry: PinEntry, counter: int = 1) -> None:
    published = vectors["aes128_dukpt_x9_24_3_2017"]
    key_id = bytes.fromhex(published["initial_key_id"])
    key = dukpt.aes_pin_key(bytes.fromhex(published["initial_key"]), key_id, counter)
    block = format4_block(key, bytearray(CODE.encode()), CARD_NUMBER, bytes)
    sealed = entry.encrypted_pin_block
    assert entry.status is PinEntryStatus.SUCCESS
    assert sealed is not None
    assert sealed.profile is PinProfile.AES128_DUKPT_ISO4
    assert sealed.key_serial_number == f"1234567890123456{counter:08X}"
    assert sealed.reveal() == block.hex().upper()


def test_an_entry(bench: Bench, pin_vectors: Vectors) -> None:
    bench.press(f"{CODE}E")
    bench.pad.claim()
    _expect(pin_vectors, bench.enter())
    bench.pad.show("Paiement", "accepté")
    assert bench.simulated.lines == ("PAIEMENT", "ACCEPTE")
    bench.pad.release()
    assert bench.closed == 1


def test_the_holder_reads_the_amount_and_sees_dots(bench: Bench) -> None:
    seen: list[tuple[str, str]] = []

    def look() -> bool:
        seen.append(bench.simulated.lines)
        return False

    bench.press("12B73E91E")
    bench.pad.claim()
    assert bench.enter(cancelled=look).status is PinEntryStatus.SUCCESS
    assert ("12,50 EUR", "VOTRE CODE:") in seen
    assert ("12,50 EUR", "VOTRE CODE:••••") in seen
    assert bench.simulated.lines == ("PATIENTEZ", "")


def test_validating_too_soon_is_no_entry(bench: Bench) -> None:
    bench.press("739E")
    bench.pad.claim()
    assert bench.enter(seconds_max=20).status is PinEntryStatus.TIMEOUT
    assert bench.simulated.entry_count == 0


def test_the_red_key_is_a_cancellation(bench: Bench) -> None:
    bench.press("73C")
    bench.pad.claim()
    assert bench.enter() == PinEntry(PinEntryStatus.CANCEL)


@pytest.mark.parametrize("seconds_max", [5, 29.5, 30, 31, 60, 90, 270, 300])
def test_an_absent_holder_is_a_timeout_never_a_cancellation(
    bench: Bench, seconds_max: float
) -> None:
    bench.pad.claim()
    began = bench.seconds
    assert bench.enter(seconds_max=seconds_max) == PinEntry(PinEntryStatus.TIMEOUT)
    assert bench.seconds - began <= min(seconds_max, 270) + 3
    assert not bench.simulated.entering


def test_our_cancellation_ends_the_entry_on_the_pad(bench: Bench) -> None:
    bench.press("73", after=1)
    bench.pad.claim()
    entry = bench.enter(cancelled=lambda: bench.seconds > 4)
    assert entry == PinEntry(PinEntryStatus.CANCEL)
    assert bench.seconds < 5
    assert not bench.simulated.entering


def test_cancelled_before_it_began(bench: Bench) -> None:
    bench.pad.claim()
    assert bench.enter(cancelled=lambda: True) == PinEntry(PinEntryStatus.CANCEL)
    assert not bench.simulated.entering


def test_a_caller_that_breaks_leaves_a_pad_that_can_be_used(
    bench: Bench, pin_vectors: Vectors
) -> None:
    def break_down() -> bool:
        if bench.simulated.lines[1].endswith(DOT * 2):
            raise ZeroDivisionError
        return False

    bench.pad.claim()
    bench.press("73")
    with pytest.raises(ZeroDivisionError):
        bench.enter(cancelled=break_down)
    # The two digits of the entry that broke are not part of the next.
    bench.press(f"{CODE}E")
    _expect(pin_vectors, bench.enter())


def test_a_caller_that_breaks_before_the_pad_has_answered(
    bench: Bench, pin_vectors: Vectors
) -> None:
    def break_down() -> bool:
        if b"Z62" in bench.said_by_host:
            raise ZeroDivisionError
        return False

    bench.pad.claim()
    bench.to_host = lambda _place, byte: bytes((byte,) * (b"Z62" not in bench.said_by_host))
    with pytest.raises(ZeroDivisionError):
        bench.enter(cancelled=break_down)
    bench.to_host = untouched
    bench.press(f"{CODE}E")
    _expect(pin_vectors, bench.enter())


def test_a_pad_is_given_a_breath_and_latecomers_are_not_answers(bench: Bench) -> None:
    bench.pad.claim()
    for late in (b"\x04", b"\x15", b"\x06"):
        bench.said_by_host.clear()
        bench.arrive(late)
        spoke_at = bench.seconds
        bench.pad.show("Bonjour")
        assert bench.said_by_host.count(b"Z2") == 1
        assert bench.seconds - spoke_at > TURNAROUND_SECONDS * 0.99
        assert bench.simulated.lines[0] == "BONJOUR"


def _play(bench: Bench, vectors: Vectors) -> None:
    """A whole sale's use of the pad, twice; both codes arrive, each once."""
    bench.pad.claim()
    for counter in (1, 2):
        bench.press(f"{CODE}E")
        _expect(vectors, bench.enter(), counter)
        bench.pad.show("Paiement", "accepté")
        assert bench.simulated.lines == ("PAIEMENT", "ACCEPTE")
    assert bench.simulated.entry_count == 2


@pytest.mark.parametrize("chunk", range(1, 40))
def test_any_split(pin_vectors: Vectors, chunk: int) -> None:
    _play(Bench(aes_sealer(pin_vectors), chunk=chunk), pin_vectors)


def _healthy(vectors: Vectors) -> Bench:
    bench = Bench(aes_sealer(vectors))
    _play(bench, vectors)
    return bench


@pytest.mark.parametrize("side", ["to_pad", "to_host"])
def test_any_one_byte_lost(pin_vectors: Vectors, side: str) -> None:
    healthy = _healthy(pin_vectors)
    said = {"to_pad": healthy.said_by_host, "to_host": healthy.said_by_pad}[side]
    for lost in range(len(said)):
        bench = Bench(aes_sealer(pin_vectors))
        setattr(bench, side, lambda place, byte, lost=lost: bytes((byte,) * (place != lost)))
        _play(bench, pin_vectors)


@pytest.mark.parametrize("side", ["to_pad", "to_host"])
@pytest.mark.parametrize("bit", range(8))
def test_any_one_bit_turned(pin_vectors: Vectors, side: str, bit: int) -> None:
    healthy = _healthy(pin_vectors)
    said = {"to_pad": healthy.said_by_host, "to_host": healthy.said_by_pad}[side]
    # Every byte of the first entry; the second is there to see that nothing lingers.
    for turned in range(len(said) // 2):
        bench = Bench(aes_sealer(pin_vectors))
        mask = 1 << bit
        setattr(
            bench,
            side,
            lambda place, byte, turned=turned, mask=mask: bytes((byte ^ mask * (place == turned),)),
        )
        _play(bench, pin_vectors)


@pytest.mark.parametrize("side", ["to_pad", "to_host"])
@pytest.mark.parametrize("every", [1, 2, 3, 7, 50, 90])
@pytest.mark.parametrize("kind", ["lost", "turned"])
def test_a_line_that_stays_bad_ends_in_time_and_never_in_a_wrong_entry(
    pin_vectors: Vectors, side: str, every: int, kind: str
) -> None:
    bench = Bench(aes_sealer(pin_vectors))

    def damage(place: int, byte: int) -> bytes:
        if place % every != every - 1:
            return bytes((byte,))
        return b"" if kind == "lost" else bytes((byte ^ 0x10,))

    setattr(bench, side, damage)
    bench.press(f"{CODE}E")
    try:
        bench.pad.claim()
        entry = bench.enter()
    except PadError:
        pass
    else:
        if entry.status is PinEntryStatus.SUCCESS:
            _expect(pin_vectors, entry)
    assert bench.seconds < 150


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("count", [1, 2])
def test_a_pad_that_stumbles(pin_vectors: Vectors, fault: Fault, count: int) -> None:
    _play(Bench(aes_sealer(pin_vectors), faults=Faults({fault: count})), pin_vectors)


def test_an_answer_repeated_later_is_the_same_entry(bench: Bench, pin_vectors: Vectors) -> None:
    """Our ACK is lost: the pad says it again five seconds later, into the next command."""
    bench.to_pad = lambda _place, byte: bytes((byte,) * (bench.simulated.entry_count == 0))
    bench.pad.claim()
    bench.press(f"{CODE}E")
    _expect(pin_vectors, bench.enter())
    assert bench.said_by_host[-1] == 0x06
    bench.to_pad = untouched
    bench.pad.show("Paiement", "accepté")
    assert bench.simulated.lines == ("PAIEMENT", "ACCEPTE")
    bench.press(f"{CODE}E")
    _expect(pin_vectors, bench.enter(), counter=2)


def test_a_mute_pad_is_silent_within_its_limit(pin_vectors: Vectors) -> None:
    bench = Bench(aes_sealer(pin_vectors), faults=Faults(silent=True))
    with pytest.raises(PadSilent) as caught:
        bench.pad.claim()
    assert caught.value.seconds_max == 6
    assert bench.seconds < 7
    assert bench.said_by_host.count(b"72") == 3
    assert bench.closed == 1


def test_a_pad_that_goes_mute_during_the_entry(bench: Bench) -> None:
    bench.pad.claim()

    def hush() -> bool:
        bench.simulated.faults = Faults(silent=bench.simulated.entering)
        return False

    with pytest.raises(PadSilent):
        bench.enter(seconds_max=20, cancelled=hush)
    assert bench.seconds < 30


def test_a_pad_that_cannot_read_us(pin_vectors: Vectors) -> None:
    bench = Bench(aes_sealer(pin_vectors), faults=Faults({Fault.NAK: 3}))
    with pytest.raises(PadGarbled):
        bench.pad.claim()


def test_a_pad_that_cannot_be_read(pin_vectors: Vectors) -> None:
    bench = Bench(aes_sealer(pin_vectors))
    bench.pad.claim()
    bench.simulated.faults = Faults({Fault.SPOIL_CHECK_BYTE: 99})
    bench.press(f"{CODE}E")
    with pytest.raises(PadGarbled):
        bench.enter()


def test_a_pad_without_a_key_left(pin_vectors: Vectors) -> None:
    sealer = tdes_sealer(pin_vectors)
    sealer._counter.keep(0x1FF800)  # type: ignore[attr-defined]
    bench = Bench(sealer)
    bench.pad.claim()
    with pytest.raises(PadRefused) as caught:
        bench.enter()
    assert caught.value.code == "F"


@pytest.mark.parametrize("name", list(DIALECTS))
def test_a_legacy_pad_in_both_dialects(pin_vectors: Vectors, name: str) -> None:
    """The worked example of the reference: KSN …E00001, account 4012345678909, code 1234."""
    bench = Bench(tdes_sealer(pin_vectors), dialect=DIALECTS[name])
    bench.press("1234E")
    bench.pad.claim()
    entry = PadDialogue(bench.pad).enter_pin(
        PinPrompt("4012345678909", "12,50 EUR", "CODE:"), 60, never
    )
    sealed = entry.encrypted_pin_block
    assert sealed is not None
    assert sealed.profile is PinProfile.TDES_DUKPT_ISO0
    assert sealed.key_serial_number == "FFFF9876543210E00001"
    assert sealed.reveal() == "1B9C1845EB993A7A"
    assert b"9876543210E000011B9C1845EB993A7A" in bench.said_by_pad


def test_a_longer_code_goes_through_pad_and_line_whole(bench: Bench, pin_vectors: Vectors) -> None:
    published = pin_vectors["aes128_dukpt_x9_24_3_2017"]
    initial, key_id = (bytes.fromhex(published[name]) for name in ("initial_key", "initial_key_id"))
    six, eight = (
        PinPrompt(CARD_NUMBER, "12,50 EUR", "VOTRE CODE:", length_min=4, length_max=most)
        for most in (6, 8)
    )
    bench.pad.claim()
    # A digit too many is lost on the pad; a shorter code, chosen before, is taken as it is. No
    # scheme's codes are longer than eight.
    typed = ((six, "7391528E", "739152"), (six, "7391E", "7391"), (eight, "739152648E", "73915264"))
    for counter, (prompt, keys, code) in enumerate(typed, 1):
        bench.press(keys)
        entry = PadDialogue(bench.pad).enter_pin(prompt, 60, never)
        key = dukpt.aes_pin_key(initial, key_id, counter)
        block = format4_block(key, bytearray(code.encode()), CARD_NUMBER, bytes)
        assert entry.encrypted_pin_block is not None
        assert entry.encrypted_pin_block.reveal() == block.hex().upper()
