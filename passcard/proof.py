"""Is this a Pass card, and is it genuine? The talk a gate has with every card.

Promise: `prove_genuine` ends without an error only if the card proved key 1 of the application.
Not here: whether its holder may come in.
"""

from passcard.apdu import StatusWord
from passcard.authenticate import check_card_answer
from passcard.dialogue import Dialogue, challenge_card, select_application
from passcard.errors import CardNotGenuine, CardRefused, NotAPassCard
from passcard.layout import AUTHENTICATE_KEY, Application

# What a DESFire says of a key it does not have, has of another type, or of a command before EV2.
_NO_SUCH_AUTHENTICATION = frozenset(
    {StatusWord.AUTHENTICATION_ERROR, StatusWord.NO_SUCH_KEY, StatusWord.ILLEGAL_COMMAND}
)


def select_pass_application(application: Application) -> Dialogue[None]:
    """Select an application of a Pass card. Raises NotAPassCard when the card has none."""
    try:
        yield from select_application(application.aid)
    except CardRefused as refusal:
        absent = refusal.status is StatusWord.APPLICATION_NOT_FOUND
        if absent or not refusal.status.is_desfire:
            raise NotAPassCard(refusal.status) from refusal
        raise


def prove_genuine(application: Application, key: bytes, rnd_a: bytes) -> Dialogue[None]:
    """Select `application` and make the card prove its key 1 (16 bytes; `rnd_a` fresh, 16 bytes).

    Raises NotAPassCard when the card is of another kind, CardNotGenuine when it cannot prove `key`.
    """
    yield from select_pass_application(application)
    try:
        _, answer = yield from challenge_card(AUTHENTICATE_KEY, key, rnd_a)
        check_card_answer(key, rnd_a, answer)
    except CardRefused as refusal:
        if refusal.status in _NO_SUCH_AUTHENTICATION:
            raise CardNotGenuine(refusal.status) from refusal
        raise
