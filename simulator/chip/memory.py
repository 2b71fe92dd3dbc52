"""What survives without power. Frozen: a write replaces the whole, so nothing is ever half done.

`to_json` and `from_json` carry it to a store and back: versioned, and strict on reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

from simulator.chip.files import FILE_NUMBER_MAX, File, check
from simulator.chip.json_values import FormatError, Json, decode, encode
from simulator.chip.keys import Key, KeyKind, KeySettings, zero_key

PICC_AID = bytes(3)
PICC_NAME = bytes.fromhex("D2760000850100")
FACTORY_KEY_SETTINGS = KeySettings(0x0F)
FACTORY_FREE_BYTES = 7936
KEYS_MAX = 14
KEY_SETS_MAX = 16
APPLICATION_NAME_LENGTH_MAX = 16
# Rounded from what cards show; only that it shrinks, and never grows again, is a fact.
APPLICATION_BYTES = 64
KEY_BYTES = 32
FILE_BYTES = 32  # the size of a file is rounded up to whole blocks of this
FACTORY_ATS = bytes.fromhex("067577810280")
SAK_LENGTH = 2
FACTORY_SAK = bytes.fromhex("2420")  # of both cascade levels
DEFAULT_KEY_LENGTH = 24
ATS_LENGTH_MAX = 20
CAPABILITIES_LENGTH = 6
JSON_FORMAT, JSON_VERSION = "desfire-memory", 2
_ADDED_IN_2: dict[str, dict[str, Json]] = {
    "Head": {"additional": []},
    "Configuration": {"proximity_key": None},
}
# VCProximityKey, a key of the level of the card beside its master key.
PROXIMITY_KEY = 0x21


@dataclass(frozen=True, slots=True)
class KeySet:
    """A set of keys that an application may roll to; usable once it is finalised."""

    kind: KeyKind
    keys: tuple[Key, ...]
    version: int = 0
    finalised: bool = False

    def __post_init__(self) -> None:
        check(all(key.kind is self.kind for key in self.keys), "the keys of a set are of a kind")
        check(0 <= self.version <= 0xFF, "a key set's version has one byte")


@dataclass(frozen=True, slots=True)
class KeySetRules:
    """What CreateApplication said of key sets: how many, how long a key, which key rolls."""

    count: int
    key_length_max: int
    settings: int

    @property
    def roll_key(self) -> int:
        """Return the number of the key that rolls to another set."""
        return self.settings & 0x0F


@dataclass(frozen=True, slots=True)
class Application:
    """One application: its settings and its keys, key 0 being the master."""

    settings: KeySettings
    kind: KeyKind
    keys: tuple[Key, ...]
    iso_file_ids: bool = False
    name: bytes = b""
    iso_file_id: bytes = b""
    key_set_version: int = 0
    key_set_rules: KeySetRules | None = None
    key_sets: Mapping[int, KeySet] = field(default_factory=lambda: MappingProxyType({}))
    files: Mapping[int, File] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        check(len(self.keys) <= KEYS_MAX, "an application has 14 keys at most")
        check(all(key.kind is self.kind for key in self.keys), "its keys are of its kind")
        check(len(self.name) <= APPLICATION_NAME_LENGTH_MAX, "a name has 16 bytes at most")
        check(len(self.iso_file_id) in {0, 2}, "an ISO file id has two bytes")
        check(all(0 <= number <= FILE_NUMBER_MAX for number in self.files), "a file has no number")
        check(all(0 < number < KEY_SETS_MAX for number in self.key_sets), "key sets 1 to 15")
        check(0 <= self.key_set_version <= 0xFF, "a key set's version has one byte")

    @property
    def key_settings_2(self) -> int:
        """Return KS2: kind, ISO file ids, KS3 follows, number of keys."""
        has_third = self.key_set_rules is not None
        return self.kind << 6 | self.iso_file_ids << 5 | has_third << 4 | len(self.keys)

    def with_key(self, number: int, key: Key) -> Self:
        """Return it with one key replaced; only the PICC's single key may change its kind."""
        return replace(
            self, kind=key.kind, keys=(*self.keys[:number], key, *self.keys[number + 1 :])
        )

    def with_key_set(self, number: int, key_set: KeySet) -> Self:
        """Return it with one of the other key sets added or replaced."""
        return replace(self, key_sets=MappingProxyType({**self.key_sets, number: key_set}))

    def with_file(self, number: int, file: File) -> Self:
        """Return it with one file added or replaced."""
        return replace(self, files=MappingProxyType({**self.files, number: file}))

    def without_file(self, number: int) -> Self:
        """Return it without a file; its room is not given back."""
        kept = {other: file for other, file in self.files.items() if other != number}
        return replace(self, files=MappingProxyType(kept))


def factory_picc() -> Application:
    """Return the PICC level as delivered: one key, two-key DES, all zeros."""
    key = zero_key(KeyKind.TWO_KEY_DES)
    return Application(FACTORY_KEY_SETTINGS, key.kind, (key,), name=PICC_NAME)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What SetConfiguration sets, and the end of a card that disabled itself."""

    flags: int = 0
    default_key: bytes = field(default=bytes(DEFAULT_KEY_LENGTH), repr=False)
    default_key_version: int = 0
    ats: bytes = FACTORY_ATS
    sak: bytes = FACTORY_SAK
    secure_messaging: int = 0
    capabilities: bytes = bytes(CAPABILITIES_LENGTH)
    disabled: bool = False
    proximity_key: Key | None = None  # none until ChangeKey sets it

    def __post_init__(self) -> None:
        for octet in (self.flags, self.default_key_version, self.secure_messaging):
            check(0 <= octet <= 0xFF, "a byte of the configuration")
        check(len(self.default_key) == DEFAULT_KEY_LENGTH, "a default key has 24 bytes")
        check(0 < len(self.ats) <= ATS_LENGTH_MAX, "an ATS has 1 to 20 bytes")
        check(len(self.sak) == SAK_LENGTH, "a SAK of each cascade level")
        check(len(self.capabilities) == CAPABILITIES_LENGTH, "PDcap2 has 6 bytes")
        kind = self.proximity_key.kind if self.proximity_key else KeyKind.AES
        check(kind is KeyKind.AES, "the proximity key is AES")

    @property
    def proximity_key_or_zero(self) -> Key:
        """Return the proximity key; what a change of it goes from when it was never set."""
        return self.proximity_key or zero_key(KeyKind.AES)


@dataclass(frozen=True, slots=True)
class Damage:
    """An integrity error found: of the card (AID zeros), an application, or one of its files."""

    aid: bytes
    file_number: int | None = None


def _factory_applications() -> Mapping[bytes, Application]:
    return MappingProxyType({PICC_AID: factory_picc()})


@dataclass(frozen=True, slots=True)
class Memory:
    """The applications by AID as on the wire, the PICC level being AID 000000."""

    applications: Mapping[bytes, Application] = field(default_factory=_factory_applications)
    free_bytes: int = FACTORY_FREE_BYTES
    configuration: Configuration = field(default_factory=Configuration)
    damage: tuple[Damage, ...] = ()

    def __post_init__(self) -> None:
        check(PICC_AID in self.applications, "a card has a PICC level")
        check(all(len(aid) == len(PICC_AID) for aid in self.applications), "an AID has 3 bytes")
        check(0 <= self.free_bytes <= FACTORY_FREE_BYTES, "free bytes")

    def with_application(self, aid: bytes, application: Application, cost: int = 0) -> Self:
        """Return it with one application added or replaced."""
        changed = MappingProxyType({**self.applications, aid: application})
        return replace(self, applications=changed, free_bytes=self.free_bytes - cost)

    def without_application(self, aid: bytes) -> Self:
        """Return it without one; its room is not given back, as on real cards."""
        kept = {other: app for other, app in self.applications.items() if other != aid}
        return replace(self, applications=MappingProxyType(kept))

    def with_configuration(self, configuration: Configuration) -> Self:
        """Return it configured otherwise."""
        return replace(self, configuration=configuration)

    def with_damage(self, damage: Damage) -> Self:
        """Return it with an integrity error, as wear makes them."""
        return replace(self, damage=(*self.damage, damage))

    def formatted(self) -> Self:
        """Return it with the PICC level alone: its key, its settings, and all its room."""
        picc = self.applications[PICC_AID]
        return replace(
            self,
            applications=MappingProxyType({PICC_AID: picc}),
            free_bytes=FACTORY_FREE_BYTES,
            damage=(),
        )


def application_cost(key_count: int) -> int:
    """Return the bytes a new application takes."""
    return APPLICATION_BYTES + key_count * KEY_BYTES


def file_cost(size: int) -> int:
    """Return the bytes a new file of this size takes."""
    return FILE_BYTES + size + -size % FILE_BYTES


def to_json(memory: Memory) -> dict[str, Json]:
    """Return the memory as JSON values. Keys are in it, in clear: whoever keeps it guards it."""
    return {"format": JSON_FORMAT, "version": JSON_VERSION, "memory": encode(memory)}


def from_json(value: dict[str, Json]) -> Memory:
    """Read what `to_json` gives, or gave in version 1; FormatError (a ValueError) for the rest."""
    if not isinstance(value, dict) or value.keys() != {"format", "version", "memory"}:
        raise FormatError("not a card's memory")
    version, memory = value["version"], value["memory"]
    known = type(version) is int and version in {1, JSON_VERSION}
    if value["format"] != JSON_FORMAT or not known:
        raise FormatError("not a card's memory of a version known here")
    return decode(Memory, _with_additions(memory) if version == 1 else memory)


def _with_additions(value: Json) -> Json:
    """Return values of version 1 with what version 2 added."""
    if isinstance(value, list):
        return [_with_additions(item) for item in value]
    if not isinstance(value, dict):
        return value
    added = _ADDED_IN_2.get(str(value.get("is")), {})
    return {**added, **{name: _with_additions(item) for name, item in value.items()}}
