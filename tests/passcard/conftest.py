"""Published vectors by kind, and a card that only knows a transcript."""

from collections.abc import Callable
from typing import Any

import pytest


class ScriptedCard:
    """Answers as the transcript says; insists on order, and on being finished."""

    def __init__(self, *exchanges: tuple[str, str]) -> None:
        self._left = [(bytes.fromhex(sent), bytes.fromhex(said)) for sent, said in exchanges]

    def transmit(self, command: bytes) -> bytes:
        """Answer one command, which must be the next of the transcript."""
        assert self._left, f"after the end: {command.hex()}"
        expected, answer = self._left.pop(0)
        assert command.hex() == expected.hex()
        return answer

    @property
    def finished(self) -> bool:
        """True when every exchange took place."""
        return not self._left


@pytest.fixture
def scripted() -> Callable[..., ScriptedCard]:
    """Return the maker of scripted cards: `scripted((command hex, answer hex), …)`."""
    return ScriptedCard


@pytest.fixture
def vectors_of(desfire_vectors: list[dict[str, Any]]) -> Callable[[str], list[dict[str, Any]]]:
    """Return the published vectors of one kind; a kind without vectors is a mistake."""

    def of(kind: str) -> list[dict[str, Any]]:
        found = [vector for vector in desfire_vectors if vector["kind"] == kind]
        assert found, kind
        return found

    return of
