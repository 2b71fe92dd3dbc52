"""What is kept of a person's cards and code: never a key, never a digit of the code."""

from typing import Final

from backend.accounts.tables import Activation
from backend.cards.order_tables import CardHistory, CardPhoto, CardRequest
from backend.cards.tables import Card, CardPersonalisation, CardProof
from backend.holders.kept import Kept
from backend.holders.terms import NEXT_DAY, THIRTY_DAYS, WHILE_ENTITLED, WITH_BOOKS, YEAR
from backend.pins.tables import CodeMiss, CodeRecord, PinReferenceRow

OF_CARD: Final = (
    Kept(
        table=CardPhoto,
        title="Photo de la carte",
        why="L’imprimer sur la carte",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: CardPhoto.beneficiary_id == whose.beneficiary_id,
        shown=("image", "given_at"),
        hidden=("beneficiary_id", "account_id"),
    ),
    Kept(
        table=Card,
        title="Cartes",
        why="Payer et entrer avec la carte",
        kept_for=WITH_BOOKS,
        where=lambda whose: Card.beneficiary_id == whose.beneficiary_id,
        shown=(
            "number",
            "state",
            "state_reason",
            "state_since",
            "ordered_at",
            "uid",
        ),
        hidden=("id", "beneficiary_id", "key_version", "retired_uid"),
    ),
    Kept(
        table=CardRequest,
        title="Commandes de cartes",
        why="Fabriquer la carte et vous la faire parvenir ; l’adresse s’efface à son arrivée",
        kept_for=WITH_BOOKS,
        where=lambda whose: CardRequest.card_id.in_(whose.card_ids),
        shown=("delivery", "establishment_id", "fee_cents", "charter_version", "address"),
        hidden=("card_id", "replaces_id", "production_id", "shipment_id"),
    ),
    Kept(
        table=CardHistory,
        title="Vie des cartes",
        why="Savoir qui a fait quoi de la carte, et quand",
        kept_for=WITH_BOOKS,
        where=lambda whose: CardHistory.card_id.in_(whose.card_ids),
        shown=("at", "event", "state", "reason", "terminal_id", "command"),
        hidden=("id", "card_id", "account_id"),
    ),
    Kept(
        table=CardProof,
        title="Carte présentée à une caisse",
        why="Finir le paiement en cours",
        kept_for=NEXT_DAY,
        where=lambda whose: CardProof.card_id.in_(whose.card_ids),
        shown=("terminal_id", "expires_at"),
        hidden=("id", "card_id", "used_by"),
    ),
    Kept(
        table=CardPersonalisation,
        title="Fabrication des cartes",
        why="Reprendre une fabrication interrompue",
        kept_for=NEXT_DAY,
        where=lambda whose: CardPersonalisation.card_id.in_(whose.card_ids),
        shown=("purpose", "terminal_id", "expires_at", "finished_at", "uid"),
        hidden=("id", "card_id", "key_version"),
    ),
    Kept(
        table=PinReferenceRow,
        title="Code secret",
        why="Vérifier le code quand vous payez ; le code lui-même n’est gardé nulle part",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: PinReferenceRow.account_id == whose.beneficiary_id,
        shown=("state", "tries_left", "set_at", "locked_at", "right_at"),
        hidden=("account_id", "generation", "key_version", "salt", "tag"),
    ),
    Kept(
        table=CodeRecord,
        title="Ce qui est arrivé au code",
        why="Savoir quand il a été choisi, bloqué ou débloqué",
        kept_for=YEAR,
        where=lambda whose: CodeRecord.account_id == whose.beneficiary_id,
        shown=("at", "happening", "by", "reason"),
        hidden=("sequence", "account_id"),
    ),
    Kept(
        table=CodeMiss,
        title="Codes faux récents",
        why="Repérer une caisse où quelqu’un essaie des codes",
        kept_for=NEXT_DAY,
        where=lambda whose: CodeMiss.account_id == whose.beneficiary_id,
        shown=("at", "wrong", "terminal_id"),
        hidden=("account_id",),
    ),
    Kept(
        table=Activation,
        title="Liens pour choisir un code",
        why="Qu’un lien ne serve qu’une fois",
        kept_for=THIRTY_DAYS,
        where=lambda whose: Activation.beneficiary_id == whose.beneficiary_id,
        shown=("kind", "created_at", "expires_at", "used_at"),
        hidden=("token_hash", "beneficiary_id", "answers_left", "refusals_left"),
    ),
)
