"""Having a card proven genuine by the backend: two exchanges with the chip, two calls.

Promise: this terminal holds no card key and learns none; what it relays is useless to replay. The
card may leave the field when `prove_card` returns. It does not decide what a failure means.
"""

from passcard.authenticate import (
    first_command,
    read_card_answer,
    read_encrypted_rnd_b,
    second_command,
)
from passcard.errors import NotAPassCard
from passcard.layout import AUTHENTICATE_KEY, UID_LENGTH, Application
from passcard.session import select_pass_application
from terminal.api_values import CardProof
from terminal.counter.ports import Backend, Card


def prove_card(card: Card, backend: Backend) -> CardProof:
    """Return the backend's proof that this chip is one of ours (DESIGN section 3).

    Raises PassCardError for a card of another kind or not genuine, ReaderError when it leaves,
    BackendError when the backend refuses it or cannot be asked.
    """
    select_pass_application(card.transmit, Application.BENEFITS)
    uid = card.uid()
    if len(uid) != UID_LENGTH:
        raise NotAPassCard
    encrypted_rnd_b = read_encrypted_rnd_b(card.transmit(first_command(AUTHENTICATE_KEY)))
    challenge = backend.challenge_card(uid, Application.BENEFITS, encrypted_rnd_b)
    card_answer = read_card_answer(card.transmit(second_command(challenge.answer)))
    return backend.prove_card(challenge.challenge_id, card_answer)
