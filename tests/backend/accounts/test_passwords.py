"""Passwords: what is refused and why, and that what is stored says nothing."""

from datetime import date

import pytest

from backend.accounts.signin.passwords import (
    CHARACTERS_MAX,
    Identity,
    WeakPassword,
    find_weakness,
    hash_password,
    is_right,
)

ERRINE = Identity("Errine", "DUPONT", "errine.dupont@exemple.fr", date(2002, 2, 1))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Erdu0102", WeakPassword.IDENTITY),
        ("Errine2002!", WeakPassword.IDENTITY),
        ("Dupont-92", WeakPassword.IDENTITY),
        ("duPONT01022002", WeakPassword.IDENTITY),
        ("Èrrîne-Dûpont", WeakPassword.IDENTITY),
        ("Ab3!", WeakPassword.TOO_SHORT),
        ("lagrenouille", WeakPassword.TOO_SHORT),
        ("73519264", WeakPassword.TOO_SHORT),
        ("Motdepasse1!", WeakPassword.GUESSABLE),
        ("Password1!", WeakPassword.GUESSABLE),
        ("Azerty123!", WeakPassword.GUESSABLE),
        ("11111111111111111", WeakPassword.GUESSABLE),
        ("a" * CHARACTERS_MAX + "b", WeakPassword.TOO_LONG),
        ("grenouille sous la pluie", None),
        ("Kx7#vLq2m", None),
        ("Errine aime les 40 volcans", None),
    ],
)
def test_each_rule(password: str, why: WeakPassword | None) -> None:
    assert find_weakness(password, ERRINE) is why


def test_what_is_stored_is_salted_and_says_nothing() -> None:
    first, second = hash_password("Kx7#vLq2m"), hash_password("Kx7#vLq2m")
    assert first != second
    assert first.startswith("$argon2id$")
    assert is_right(first, "Kx7#vLq2m")
    assert is_right(second, "Kx7#vLq2m")
    assert not is_right(first, "Kx7#vLq2n")
    assert not is_right("damaged", "Kx7#vLq2m")


def test_nobody_has_no_password() -> None:
    assert not is_right(None, "nobody")


def test_the_same_letters_of_another_keyboard() -> None:
    assert is_right(hash_password("caf\u00e9 sous la pluie"), "cafe\u0301 sous la pluie")
