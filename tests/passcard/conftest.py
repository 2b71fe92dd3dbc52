"""Published vectors by kind, and a card that only knows a transcript."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def vectors_of(desfire_vectors: list[dict[str, Any]]) -> Callable[[str], list[dict[str, Any]]]:
    """Return the published vectors of one kind; a kind without vectors is a mistake."""

    def of(kind: str) -> list[dict[str, Any]]:
        found = [vector for vector in desfire_vectors if vector["kind"] == kind]
        assert found, kind
        return found

    return of
