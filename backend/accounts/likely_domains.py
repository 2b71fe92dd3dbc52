"""A mailbox whose provider was probably mistyped: gmial.com for gmail.com. Pure.

Promise: it is a question, never a refusal: whoever says it again is believed. Not here: whether the
mailbox exists, which only a mail can tell.
"""

from typing import Final

#: Where most people here have their mailbox, and neighbours in spelling that exist too.
PROVIDERS: Final = (
    "gmail.com",
    "hotmail.com",
    "hotmail.fr",
    "outlook.com",
    "outlook.fr",
    "live.fr",
    "yahoo.com",
    "yahoo.fr",
    "icloud.com",
    "orange.fr",
    "wanadoo.fr",
    "free.fr",
    "sfr.fr",
    "laposte.net",
    "bbox.fr",
)
_ALSO_THERE: Final = frozenset({"ymail.com", "email.com", "mail.com", "live.com", "me.com"})


def likely_domain(email: str) -> str | None:
    """Return the provider that an address (normalised) probably means, where it names none."""
    domain = email.rpartition("@")[2]
    if domain in PROVIDERS or domain in _ALSO_THERE:
        return None
    return next((one for one in PROVIDERS if _is_slip(domain, one)), None)


def _is_slip(typed: str, meant: str) -> bool:
    """Say whether one letter is missing, too much, wrong, or has changed places with the next."""
    if abs(len(typed) - len(meant)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), None)
    if at is None:
        return len(typed) != len(meant)
    swapped = typed[at + 1 : at + 2] + typed[at : at + 1] + typed[at + 2 :]
    return meant[at:] in {meant[at : at + 1] + typed[at:], swapped} or (
        typed[at + 1 :] in {meant[at:], meant[at + 1 :]}
    )
