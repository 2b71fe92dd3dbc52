"""Each kind of card: how it begins, and how it comes back from its memory.

Not done here: names, faults, files (`drawer.py`).
"""

from collections.abc import Callable

from simulator.cards.errors import (
    CardFileBroken,
    OriginalMissing,
    OriginalNotDesfire,
    TraceMissing,
    TraceRefused,
    UidRefused,
)
from simulator.cards.iso7816_card import Iso7816Card
from simulator.cards.played_back import PlayedBackCard
from simulator.cards.record import CardKind, CardRecord, NewCard
from simulator.cards.trace_text import read_recorded_card
from simulator.chip.chip import Chip
from simulator.chip.configuration import RANDOM_ID
from simulator.chip.generation import EV1, EV2, EV3
from simulator.chip.memory import Configuration, Memory, from_json, to_json
from simulator.chip.other_cards import BankCard, Phone, clone_of, foreign_desfire
from simulator.vpcd import VirtualCard

UID_BYTES = 7
NXP = 0x04  # ISO/IEC 7816-6: the maker's number a DESFire UID begins with

Random = Callable[[int], bytes]
Committed = Callable[[Memory], None]

# What is a DESFire, and of which generation.
DESFIRES = {
    CardKind.BLANK: EV2,
    CardKind.FOREIGN: EV2,
    CardKind.CLONE: EV2,
    CardKind.RANDOM_UID: EV2,
    CardKind.EV1: EV1,
    CardKind.EV3: EV3,
}
_OWN_UID = frozenset({CardKind.PHONE, CardKind.CLONE, CardKind.TRACE})


def begin_record(wanted: NewCard, original: VirtualCard | None, random: Random) -> CardRecord:
    """Return the record of a new card; `original` is the card that `of` names.

    Raises UidRefused, OriginalMissing, OriginalNotDesfire, TraceMissing or TraceRefused.
    """
    if wanted.uid is not None and wanted.kind in _OWN_UID:
        raise UidRefused
    if (wanted.trace is not None) != (wanted.kind is CardKind.TRACE):
        raise TraceMissing
    uid, memory = _first_state(wanted, original, random)
    if wanted.trace is not None:
        uid = read_recorded_card(wanted.trace).uid
    return CardRecord(
        name=wanted.name,
        kind=wanted.kind,
        uid=None if uid is None else uid.hex().upper(),
        of=wanted.of if wanted.kind is CardKind.CLONE else None,
        colour=wanted.colour,
        note=wanted.note,
        faults=wanted.faults,
        memory=None if memory is None else to_json(memory),
        trace=wanted.trace,
    )


def _first_state(
    wanted: NewCard, original: VirtualCard | None, random: Random
) -> tuple[bytes | None, Memory | None]:
    uid = bytes.fromhex(wanted.uid) if wanted.uid else bytes((NXP,)) + random(UID_BYTES - 1)
    match wanted.kind:
        case CardKind.BLANK | CardKind.EV1 | CardKind.EV3:
            return uid, Memory()
        case CardKind.RANDOM_UID:
            return uid, Memory().with_configuration(Configuration(flags=RANDOM_ID))
        case CardKind.FOREIGN:
            return uid, foreign_desfire(uid, random).memory
        case CardKind.CLONE:
            # The number that the original was made with, even if it hides it.
            shown = Chip(_checked_original(original).true_uid, random)
            return shown.uid, clone_of(shown, random).memory
        case CardKind.BANK | CardKind.ISO7816:
            return uid, None
        case CardKind.PHONE | CardKind.TRACE:
            return None, None


def _checked_original(original: VirtualCard | None) -> Chip:
    if original is None:
        raise OriginalMissing
    if not isinstance(original, Chip):
        raise OriginalNotDesfire
    return original


def card_of(record: CardRecord, random: Random, committed: Committed) -> VirtualCard:
    """Return the card of this record; raise CardFileBroken for one that cannot be.

    `committed` is called with each new memory before the card answers.
    """
    uid = bytes.fromhex(record.uid or "")
    if (record.memory is not None) != (record.kind in DESFIRES):
        raise CardFileBroken(f"{record.name}: a memory is for a DESFire, and each has one.")
    if (record.uid is None) != (record.kind is CardKind.PHONE):
        raise CardFileBroken(f"{record.name}: a UID is for all cards but a phone.")
    if (record.trace is not None) != (record.kind is CardKind.TRACE):
        raise CardFileBroken(
            f"{record.name}: a trace is for a card of that kind, and each has one."
        )
    match record.kind:
        case CardKind.TRACE:
            return _played_back(record)
        case CardKind.BANK:
            return BankCard(uid)
        case CardKind.ISO7816:
            return Iso7816Card(uid)
        case CardKind.PHONE:
            return Phone(random)
        case _:
            generation = DESFIRES[record.kind]
            memory = _memory(record)
            return Chip(uid, random, memory=memory, committed=committed, generation=generation)


def _played_back(record: CardRecord) -> PlayedBackCard:
    try:
        return PlayedBackCard(read_recorded_card(record.trace or ""))
    except TraceRefused as refusal:
        raise CardFileBroken(f"{record.name}: its trace is none. {refusal}") from None


def _memory(record: CardRecord) -> Memory:
    assert record.memory is not None
    try:
        return from_json(record.memory)
    except ValueError:
        raise CardFileBroken(f"{record.name}: its memory is not a DESFire's.") from None
