"""Frozen dataclasses to JSON values and back, strictly.

Promise: `decode(kind, encode(value)) == value`; an absent, unknown or ill-typed field is refused,
never repaired. Bytes are upper-case hex, mappings are objects with hex or decimal keys,
dataclasses carry their name as "is".
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache
from typing import Any, TypeVar, cast

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
T = TypeVar("T")
_KIND = "is"


class FormatError(ValueError):
    """A JSON value that is not what was written."""


def encode(value: object) -> Json:
    """Return the JSON value of a dataclass made of dataclasses, bytes, numbers and mappings."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, Mapping):
        return {_encode_key(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    assert is_dataclass(value), type(value)
    named = {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    return {_KIND: type(value).__name__, **named}


def decode(kind: type[T], value: object) -> T:
    """Read a value of this dataclass, or raise FormatError."""
    return cast("T", _decode(kind, value))


def _encode_key(key: object) -> str:
    return key.hex().upper() if isinstance(key, bytes) else str(key)


def _decode(kind: Any, value: object) -> object:
    if kind is bytes:
        return _decode_bytes(value)
    if kind is bool or kind is int:
        _require(type(value) is kind, f"not {kind.__name__}")
        return value
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        _require(type(value) is int and value in list(kind), f"not a {kind.__name__}")
        return kind(cast("int", value))
    if isinstance(kind, types.UnionType):
        return _decode_one_of(typing.get_args(kind), value)
    return _decode_many(kind, value)


def _decode_many(kind: Any, value: object) -> object:
    origin = typing.get_origin(kind)
    if origin is tuple:
        _require(isinstance(value, list), "not a list")
        return tuple(_decode(typing.get_args(kind)[0], item) for item in cast("list[Any]", value))
    if origin is Mapping:
        return _decode_mapping(typing.get_args(kind), value)
    return _decode_dataclass(kind, value)


def _decode_bytes(value: object) -> bytes:
    _require(isinstance(value, str), "not hex")
    text = cast("str", value)
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        raise FormatError("not hex") from None
    _require(octets.hex().upper() == text, "not upper-case hex")
    return octets


def _decode_one_of(kinds: tuple[Any, ...], value: object) -> object:
    if value is None:
        _require(types.NoneType in kinds, "null")
        return None
    named = {kind.__name__: kind for kind in kinds if kind is not types.NoneType}
    if len(named) == 1:
        return _decode(next(iter(named.values())), value)
    name = value.get(_KIND) if isinstance(value, dict) else None
    _require(isinstance(name, str) and name in named, "of no known kind")
    return _decode_dataclass(named[cast("str", name)], value)


def _decode_mapping(kinds: tuple[Any, ...], value: object) -> Mapping[Any, object]:
    key_kind, item_kind = kinds
    _require(isinstance(value, dict), "not an object")
    read = {}
    for text, item in cast("dict[str, object]", value).items():
        key = _decode_bytes(text) if key_kind is bytes else _decode_number(text)
        read[key] = _decode(item_kind, item)
    return types.MappingProxyType(read)


def _decode_number(text: str) -> int:
    _require(text.isascii() and text.isdecimal() and str(int(text)) == text, "not a number")
    return int(text)


def _decode_dataclass(kind: Any, value: object) -> object:
    _require(isinstance(value, dict), "not an object")
    members = dict(cast("dict[str, object]", value))
    _require(members.pop(_KIND, None) == kind.__name__, f"not a {kind.__name__}")
    hints = _hints(kind)
    _require(members.keys() == hints.keys(), f"the fields are not those of {kind.__name__}")
    read = {name: _decode(hint, members[name]) for name, hint in hints.items()}
    try:
        return kind(**read)
    except FormatError:
        raise
    except ValueError as cause:
        raise FormatError(str(cause)) from cause


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise FormatError(problem)
