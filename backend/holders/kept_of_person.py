"""What is kept of a young person besides money and cards: identity, school, passages, family."""

from typing import Final

from sqlalchemy import or_, select

from backend.access.office_tables import DayCode, HolderPhoto, MealPayment
from backend.access.tables import (
    Enrolment,
    EnrolmentService,
    MealAccount,
    Passage,
    PassageCancellation,
    Reservation,
)
from backend.accounts.families.tables import FamilyChild, FamilyInvitation, Tie, TieRequest
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.tables import Beneficiary, Notice
from backend.holders.kept import Kept
from backend.holders.tables import ErasureRequest
from backend.pupils.tables import NationalNumber, Pupil

WHILE_ENTITLED: Final = "tant que vous avez des droits, puis un an"
NINETY_DAYS: Final = "90 jours, puis seulement des nombres sans nom"
A_YEAR: Final = "12 mois"
MINUTES: Final = "quelques minutes"

OF_PERSON: Final = (
    Kept(
        table=Beneficiary,
        title="Identité",
        why="Savoir à qui est la carte et vous écrire",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: Beneficiary.id == whose.beneficiary_id,
        shown=(
            "given_name",
            "family_name",
            "birth_date",
            "email",
            "phone",
            "postcode",
            "created_at",
        ),
        hidden=("id",),
    ),
    Kept(
        table=NationalNumber,
        title="Numéro national d’élève",
        why="Vous reconnaître d’une année à l’autre dans les fichiers des établissements",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: NationalNumber.beneficiary_id == whose.beneficiary_id,
        shown=("ine",),
        hidden=("beneficiary_id",),
    ),
    Kept(
        table=Enrolment,
        title="Établissements",
        why="Ouvrir l’entrée et la cantine de votre établissement",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: Enrolment.beneficiary_id == whose.beneficiary_id,
        shown=("establishment_id", "category", "diet", "ended_at"),
        hidden=("id", "beneficiary_id"),
    ),
    Kept(
        table=Pupil,
        title="Classe et régime",
        why="Donner les droits de votre régime",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: Pupil.enrolment_id.in_(whose.enrolment_ids),
        shown=("class_code", "regime", "days", "left_on", "updated_at"),
        hidden=("enrolment_id",),
    ),
    Kept(
        table=EnrolmentService,
        title="Droits dans l’établissement",
        why="Savoir quels services vous ouvre la carte",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: EnrolmentService.enrolment_id.in_(whose.enrolment_ids),
        shown=("service_id", "days", "by_reservation", "prepaid", "passages_max"),
        hidden=("enrolment_id",),
    ),
    Kept(
        table=Reservation,
        title="Repas réservés",
        why="Préparer le bon nombre de repas",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: Reservation.enrolment_id.in_(whose.enrolment_ids),
        shown=("service_id", "day", "made_at", "cancelled_at"),
        hidden=("enrolment_id",),
    ),
    Kept(
        table=HolderPhoto,
        title="Photo pour l’entrée",
        why="Vous reconnaître à l’entrée, avec l’accord de votre famille",
        kept_for="jusqu’à votre départ, ou jusqu’à ce que l’accord soit retiré",
        where=lambda whose: HolderPhoto.enrolment_id.in_(whose.enrolment_ids),
        shown=("image", "agreed_at", "noted_by"),
        hidden=("enrolment_id", "sha256"),
    ),
    Kept(
        table=Passage,
        title="Passages à l’entrée et à la cantine",
        why="Un repas par service ; comprendre un refus",
        kept_for=NINETY_DAYS,
        where=lambda whose: Passage.card_id.in_(whose.card_ids),
        shown=(
            "occurred_at",
            "establishment_id",
            "terminal_id",
            "service",
            "answer",
            "detail",
            "over_maximum",
            "intervention",
            "supervisor",
            "reason",
            "note",
            "received_at",
            "uid",
        ),
        hidden=(
            "passage_id",
            "sequence",
            "local_day",
            "card_id",
            "list_version",
            "cancels",
            "day_code_id",
        ),
    ),
    Kept(
        table=PassageCancellation,
        title="Passages annulés",
        why="Rendre un repas qui n’a pas été pris",
        kept_for=NINETY_DAYS,
        where=lambda whose: PassageCancellation.passage_id.in_(
            select(Passage.passage_id).where(Passage.card_id.in_(whose.card_ids))
        ),
        shown=("cancelled_at", "establishment_id", "reason", "cancelled_by"),
        hidden=("passage_id", "transfer_id"),
    ),
    Kept(
        table=DayCode,
        title="Codes d’un jour",
        why="Remplacer une carte oubliée, un jour",
        kept_for=NINETY_DAYS,
        where=lambda whose: DayCode.card_id.in_(whose.card_ids),
        shown=("day", "service_id", "label", "passages_max", "made_at", "made_by", "ended_at"),
        hidden=("id", "code_hash", "card_id"),
    ),
    Kept(
        table=MealAccount,
        title="Compte de cantine",
        why="Savoir quel compte paie les repas",
        kept_for="10 ans : ce sont des comptes",
        where=lambda whose: MealAccount.enrolment_id.in_(whose.enrolment_ids),
        shown=("account_id",),
        hidden=("enrolment_id",),
    ),
    Kept(
        table=MealPayment,
        title="Versements pour la cantine",
        why="Retrouver le reçu d’un versement",
        kept_for="10 ans : ce sont des comptes",
        where=lambda whose: MealPayment.enrolment_id.in_(whose.enrolment_ids),
        shown=(
            "received_at",
            "establishment_id",
            "amount_cents",
            "means",
            "reference",
            "received_by",
        ),
        hidden=("id", "enrolment_id", "transfer_id"),
    ),
    Kept(
        table=FamilyChild,
        title="Familles",
        why="Qui peut voir votre Pass avec vous",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: FamilyChild.beneficiary_id == whose.beneficiary_id,
        shown=("since", "ended_at"),
        hidden=("id", "family_id", "beneficiary_id", "added_by", "ended_by"),
    ),
    Kept(
        table=Tie,
        title="Comptes à votre nom",
        why="Savoir que ce compte est le vôtre",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: Tie.beneficiary_id == whose.beneficiary_id,
        shown=("since", "ended_at"),
        hidden=("id", "account_id", "beneficiary_id", "ended_by"),
    ),
    Kept(
        table=TieRequest,
        title="Demandes de rattachement acceptées",
        why="Savoir qui a demandé à voir votre Pass, et qui l’a accepté",
        kept_for=A_YEAR,
        where=lambda whose: TieRequest.beneficiary_id == whose.beneficiary_id,
        shown=("relation", "asked_at", "state", "decided_at"),
        hidden=(
            "id",
            "account_id",
            "family_id",
            "given_name",
            "family_name",
            "birth_date",
            "decided_by",
            "beneficiary_id",
        ),
    ),
    Kept(
        table=FamilyInvitation,
        title="Invitations à ouvrir votre compte",
        why="Vous donner votre propre compte",
        kept_for=A_YEAR,
        where=lambda whose: FamilyInvitation.beneficiary_id == whose.beneficiary_id,
        shown=("email", "created_at", "expires_at", "used_at", "withdrawn_at"),
        hidden=(
            "id",
            "relation",
            "family_id",
            "beneficiary_id",
            "language",
            "invited_by",
        ),
    ),
    Kept(
        table=Notice,
        title="Messages envoyés",
        why="Vous prévenir, et recommencer quand un envoi échoue",
        kept_for="30 jours après l’envoi",
        where=lambda whose: Notice.beneficiary_id == whose.beneficiary_id,
        shown=("kind", "created_at", "state", "tries", "sent_at"),
        hidden=("id", "beneficiary_id", "account_id", "about_id", "facts", "next_try_at"),
    ),
    Kept(
        table=SignInAct,
        title="Qui a agi ou regardé pour vous",
        why="Que chaque accès à votre Pass laisse une trace",
        kept_for=A_YEAR,
        where=lambda whose: or_(
            SignInAct.beneficiary_id == whose.beneficiary_id,
            SignInAct.subject == str(whose.beneficiary_id),
        ),
        shown=("at", "kind", "words"),
        hidden=("id", "account_id", "subject", "beneficiary_id", "session_id"),
    ),
    Kept(
        table=ErasureRequest,
        title="Demandes d’effacement",
        why="Répondre à la demande",
        kept_for=A_YEAR,
        where=lambda whose: ErasureRequest.beneficiary_id == whose.beneficiary_id,
        shown=("asked_at", "withdrawn_at", "answered_at", "answer"),
        hidden=("id", "beneficiary_id", "account_id"),
    ),
)
