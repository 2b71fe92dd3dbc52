"""Key sets (EV2): prepare another set of keys, finalise it, and roll to it in one step.

Measured on an EV3: a set of another kind than the application can be prepared and never rolled to;
rolling to the active set is 9E, under another key than the roll key AE.
Chosen: the master key prepares sets; a finalised set cannot be changed; the set that is rolled to
becomes the active one and the old keys are gone; the status that refuses another kind.
"""

from dataclasses import replace

from simulator.chip.keys import kind_from_bits
from simulator.chip.memory import PROXIMITY_KEY, Application, KeySet, KeySetRules
from simulator.chip.state import SECONDARY, ChipState
from simulator.chip.status import Status, require

VERSION_OF_ALL = 0x80
_OF_A_SET, _NUMBER_BITS = 0x40, 0x3F


def _rules(state: ChipState) -> KeySetRules:
    require(not state.at_picc_level, Status.PERMISSION_DENIED)
    rules = state.application.key_set_rules
    require(rules is not None, Status.PERMISSION_DENIED)
    assert rules is not None
    return rules


def key_set(state: ChipState, number: int) -> KeySet:
    """Return one of the other key sets of the selected application, or refuse."""
    require(0 < number < _rules(state).count, Status.PARAMETER_ERROR)
    require(number in state.application.key_sets, Status.PERMISSION_DENIED)
    return state.application.key_sets[number]


def initialize_key_set(state: ChipState, body: bytes) -> bytes:
    """InitializeKeySet: set, kind of keys; all become the default key."""
    rules = _rules(state)
    state.require_master()
    require(0 < body[0] < rules.count, Status.PARAMETER_ERROR)
    kind = kind_from_bits(body[1])
    require(kind.key_length <= rules.key_length_max, Status.PARAMETER_ERROR)
    made = KeySet(kind, (state.default_key(kind),) * len(state.application.keys))
    state.write_application(state.application.with_key_set(body[0], made))
    return b""


def finalize_key_set(state: ChipState, body: bytes) -> bytes:
    """FinalizeKeySet: set, its version; from now on it may be rolled to."""
    state.require_master()
    finalised = replace(key_set(state, body[0]), version=body[1], finalised=True)
    state.write_application(state.application.with_key_set(body[0], finalised))
    return b""


def roll_key_set(state: ChipState, body: bytes) -> bytes:
    """RollKeySet: set; under the roll key. The answer is bare and the session gone."""
    rules, session = _rules(state), state.session
    opened = session is not None and session.key_number == rules.roll_key
    require(opened, Status.AUTHENTICATION_ERROR)
    rolled = key_set(state, body[0])
    require(rolled.finalised, Status.PERMISSION_DENIED)
    require(rolled.kind is state.application.kind, Status.PARAMETER_ERROR)
    application = _rolled(state.application, body[0], rolled)
    state.end_session()
    state.write_application(application)
    return b""


def _rolled(application: Application, number: int, rolled: KeySet) -> Application:
    kept = {other: held for other, held in application.key_sets.items() if other != number}
    return replace(
        application,
        keys=rolled.keys,
        key_set_version=rolled.version,
        key_sets=kept,
    )


def get_key_version(state: ChipState, body: bytes) -> bytes:
    """GetKeyVersion: KeyNo; with its bit 6, a key set, or 80 for the versions of all sets."""
    if not body[0] & _OF_A_SET:
        require(len(body) == 1, Status.LENGTH_ERROR)
        return bytes((_version_of_key(state, body[0]),))
    require(state.generation.knows_ev2 and not body[0] & SECONDARY, Status.NO_SUCH_KEY)
    require(len(body) == 2, Status.LENGTH_ERROR)
    number = body[0] & _NUMBER_BITS
    application, wanted = state.application, body[1]
    if wanted == VERSION_OF_ALL:
        _rules(state)
        others = (held.version for held in application.key_sets.values())
        return bytes((application.key_set_version, *others))
    keys = application.keys if wanted == 0 else key_set(state, wanted).keys
    require(number < len(keys), Status.NO_SUCH_KEY)
    return bytes((keys[number].version,))


def _version_of_key(state: ChipState, number: int) -> int:
    if number == PROXIMITY_KEY and state.at_picc_level and state.generation.knows_ev2:
        return state.configuration.proximity_key_or_zero.version
    return state.key(number).version
