"""The way to a distributed PostgreSQL stays open: what the tables may not do.

The sharding key would be the beneficiary (docs/decisions): their rows live together, what everybody
reads is everywhere, and what belongs to a terminal for a moment lives with the terminal. A new
table says here where it would live.
"""

from sqlalchemy import ForeignKeyConstraint, Table, UniqueConstraint

import backend.tables  # noqa: F401 - every table must be known
from backend.database import Base

#: Tables of one person: which column says whose row it is. A dot goes through a foreign key.
HOLDER = {
    "activation": "beneficiary_id",
    "beneficiary": "id",
    "card": "beneficiary_id",
    "card_history": "card_id.beneficiary_id",
    "card_personalisation": "card_id.beneficiary_id",
    "card_photo": "beneficiary_id",
    "card_request": "card_id.beneficiary_id",
    "code_record": "account_id",
    "consent": "beneficiary_id",
    "eligibility": "beneficiary_id",
    "enrolment": "beneficiary_id",
    "enrolment_service": "enrolment_id.beneficiary_id",
    "erased_person": "beneficiary_id",
    "erasure_request": "beneficiary_id",
    "family_child": "beneficiary_id",
    "grant_decision": "beneficiary_id",
    "holder_photo": "enrolment_id.beneficiary_id",
    "meal_account": "enrolment_id.beneficiary_id",
    "meal_payment": "enrolment_id.beneficiary_id",
    "national_number": "beneficiary_id",
    "notice": "beneficiary_id",
    "payment": "beneficiary_id",
    "payment_return": "payment_id.beneficiary_id",
    "person_key": "beneficiary_id",
    "pin_reference": "account_id",
    "pupil": "enrolment_id.beneficiary_id",
    "reservation": "enrolment_id.beneficiary_id",
    "tie": "beneficiary_id",
    "wallet": "beneficiary_id",
}
#: The books live where their limited account does, which is a holder's wallet.
BOOKS = {
    "ledger_account",
    "ledger_hold",
    "ledger_open_hold",
    "ledger_seal",
    "ledger_settlement",
    "ledger_transfer",
}
#: Small, read by everybody, seldom written: a copy everywhere.
EVERYWHERE = {
    "access_list_change",
    "access_list_mark",
    "access_service",
    "benefit",
    "benefit_activity",
    "benefit_partner",
    "campaign",
    "campaign_change",
    "campaign_count",
    "canteen_account",
    "card_lot",
    "card_procedure",
    "closed_day",
    "commune",
    "establishment",
    "establishment_member",
    "event_endpoint",
    "event_token",
    "forgetting_run",
    "gate",
    "grant_rule",
    "job_run",
    "key_sighting",
    "kitchen_link",
    "meal_price",
    "operator",
    "outlet",
    "partner",
    "partner_account",
    "partner_activity",
    "partner_member",
    "payment_limit",
    "pupil_import",
    "pupil_roster",
    "regime",
    "regime_right",
    "scheme",
    "school_class",
    "sign_in_account",
    "terminal",
}
#: A terminal's own: its tokens, its pad, its questions, its passages.
TERMINAL = {
    "access_token",
    "balance_enquiry",
    "card_challenge",
    "card_proof",
    "code_alarm",
    "code_link_request",
    "code_miss",
    "code_tally",
    "day_code",
    "event_delivery",
    "gate_event",
    "gate_list_card",
    "gate_list_version",
    "meal_charge",
    "passage",
    "passage_cancellation",
    "passage_count",
    "pin_pad",
    "quarantined_passage",
    "retention_run",
    "seen_assertion",
    "terminal_guard",
    "terminal_heard",
}
#: Of somebody who signs in: what a browser holds, and how often it was wrong.
BROWSER = {
    "address_link",
    "email_change",
    "family",
    "family_invitation",
    "family_member",
    "federated_identity",
    "organisation",
    "organisation_document",
    "organisation_invitation",
    "organisation_member",
    "federated_visit",
    "federation_attempt",
    "federation_pending",
    "passkey",
    "partner_suggestion",
    "passkey_challenge",
    "sign_in_act",
    "sign_in_browser",
    "sign_in_link",
    "sign_in_quota",
    "sign_in_session",
    "sign_in_tries",
    "sign_in_visit",
    "sign_up",
    "stranger_key",
    "terms_acceptance",
    "tie_request",
    "operator_session",
    "impersonation",
}
#: Unique among all people, whoever they are: each needs a table of its own by then, keyed by it.
UNIQUE_AMONG_ALL = {
    ("card", ("number",)),
    ("card", ("uid",)),
    ("eligibility", ("reference",)),
    ("national_number", ("ine",)),
}
#: Counted, but only to put one person's rows in order: a counter of each shard will do.
COUNTED = {("code_record", "sequence")}
#: From a terminal's moment to a person: a look by id, which becomes a call between shards.
LOOKS_ACROSS = {
    ("card_proof", "card"),
    ("code_miss", "beneficiary"),
    ("day_code", "card"),
    ("family_child", "family"),
    ("family_invitation", "beneficiary"),
    ("meal_charge", "ledger_transfer"),
    ("passage", "card"),
    ("passage_cancellation", "ledger_transfer"),
    ("tie_request", "beneficiary"),
}


def tables() -> dict[str, Table]:
    return dict(Base.metadata.tables)


PLACES = {
    "holder": HOLDER,
    "books": BOOKS,
    "everywhere": EVERYWHERE,
    "browser": BROWSER,
    "terminal": TERMINAL,
}


def place_of(name: str) -> str:
    for place, names in PLACES.items():
        if name in names:
            return place
    return "nowhere"


def test_every_table_has_a_place() -> None:
    homeless = [name for name in tables() if place_of(name) == "nowhere"]
    assert homeless == [], "say in this file where these tables would live"


def test_every_holders_row_says_whose_it_is() -> None:
    for name, way in HOLDER.items():
        if name not in tables():
            continue
        column, _, further = way.partition(".")
        assert column in tables()[name].c, (name, way)
        if further:
            (key,) = tables()[name].c[column].foreign_keys
            assert further in key.column.table.c, (name, way)


def test_no_foreign_key_goes_from_one_shard_to_another() -> None:
    reachable = {
        "holder": {"holder", "books", "everywhere"},
        "books": {"books"},
        "everywhere": {"everywhere", "books"},
        "browser": {"browser", "everywhere"},
        "terminal": {"terminal", "everywhere"},
    }
    for name, table in tables().items():
        for constraint in table.constraints:
            # A table without a place is the first test's to name.
            if not isinstance(constraint, ForeignKeyConstraint) or place_of(name) == "nowhere":
                continue
            target = constraint.referred_table.name
            allowed = place_of(target) in reachable[place_of(name)]
            assert allowed or (name, target) in LOOKS_ACROSS, f"{name} -> {target}"


def test_nothing_new_is_unique_among_all_people() -> None:
    for name in set(HOLDER) & set(tables()):
        table = tables()[name]
        owner = HOLDER[name].partition(".")[0]
        unique = [
            tuple(column.name for column in one.columns)
            for one in table.constraints
            if isinstance(one, UniqueConstraint)
        ]
        unique += [tuple(c.name for c in one.columns) for one in table.indexes if one.unique]
        for columns in unique:
            # An id made at random is unique without anybody looking; it leads to one shard.
            by_id = any(column.endswith(("_id", "_hash")) for column in columns)
            known = owner in columns or by_id or (name, columns) in UNIQUE_AMONG_ALL
            assert known, f"{name} {columns}"


def test_no_key_is_counted_but_in_the_books() -> None:
    for name in set(HOLDER) & set(tables()):
        for column in tables()[name].primary_key:
            counted = column.identity is not None and (name, column.name) not in COUNTED
            assert not counted, f"{name}.{column.name} would need one counter for all"
