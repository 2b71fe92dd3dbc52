"""What moves the mark of an establishment's lists: the triggers' text, for both engines.

Only text: list_tables.py attaches it to the tables, and a migration repeats it. The mark moves in
the unit of work that changed a row a list is made of, whoever wrote it and however. On PostgreSQL
each unit of work adds one row of its own a place, so that no writer ever waits for another; SQLite
has one writer at a time, and counts up. A mark that moves for nothing costs one reading; one that
does not move would leave a gate with a list of yesterday, so in doubt it moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# How a changed row leads to the places whose lists it is in; {keys} are its values of a column.
_PLACE: Final = "SELECT id FROM establishment WHERE id IN ({keys})"
_ENROLMENT: Final = "SELECT establishment_id FROM enrolment WHERE id IN ({keys})"
_PERSON: Final = "SELECT establishment_id FROM enrolment WHERE beneficiary_id IN ({keys})"
_SERVICE: Final = "SELECT establishment_id FROM access_service WHERE id IN ({keys})"
_GATE: Final = "SELECT establishment_id FROM gate WHERE terminal_id IN ({keys})"
# A passage is in a list by its weekly quota only; what it costs is a transfer.
_QUOTA: Final = (
    "SELECT establishment_id FROM access_service"
    " WHERE week_max IS NOT NULL AND establishment_id IN ({keys})"
)
_MEALS: Final = (
    "SELECT enrolment.establishment_id FROM enrolment"
    " JOIN meal_account ON meal_account.enrolment_id = enrolment.id"
    " WHERE meal_account.account_id IN ({keys})"
)


@dataclass(frozen=True, slots=True)
class _Watch:
    """A table a list is made of, the columns that lead to places, and those that matter.

    No column matters: all do. `events` leaves out what cannot change any list.
    """

    table: str
    keys: tuple[str, ...]
    places: str
    columns: tuple[str, ...] = ()
    events: tuple[str, ...] = ("INSERT", "UPDATE", "DELETE")


#: Payments and grants move a benefit's wallet and never meals: they are let by without a look.
_NO_WALLET: Final = {
    "sqlite": "\nWHEN substr(NEW.reference, 1, 8) <> 'payment:'"
    " AND substr(NEW.reference, 1, 6) <> 'grant:'",
    "postgresql": "WHEN (left(NEW.reference, 8) <> 'payment:'"
    " AND left(NEW.reference, 6) <> 'grant:')",
}
_TRANSFER: Final = _Watch(
    "ledger_transfer", ("debit_account_id", "credit_account_id"), _MEALS, events=("INSERT",)
)
_WATCHES: Final = (
    _Watch("establishment", ("id",), _PLACE),
    _Watch("access_service", ("establishment_id",), _PLACE),
    _Watch("closed_day", ("establishment_id",), _PLACE),
    _Watch("enrolment", ("establishment_id",), _PLACE),
    _Watch("enrolment_service", ("enrolment_id",), _ENROLMENT),
    _Watch("reservation", ("enrolment_id",), _ENROLMENT),
    _Watch("holder_photo", ("enrolment_id",), _ENROLMENT),
    _Watch("meal_account", ("enrolment_id",), _ENROLMENT),
    _Watch("meal_price", ("service_id",), _SERVICE),
    _Watch("day_code", ("service_id",), _SERVICE),
    _Watch("passage_cancellation", ("establishment_id",), _PLACE),
    _Watch("passage", ("establishment_id",), _QUOTA),
    _Watch("card", ("beneficiary_id",), _PERSON, ("uid", "key_version", "state", "beneficiary_id")),
    # Without an enrolment a person is in no list, and with one not to be removed.
    _Watch(
        "beneficiary", ("id",), _PERSON, columns=("given_name", "family_name"), events=("UPDATE",)
    ),
    _Watch("gate", ("establishment_id",), _PLACE, columns=("establishment_id",)),
    _Watch(
        "terminal", ("id",), _GATE, columns=("name", "public_key", "revoked_at"), events=("UPDATE",)
    ),
)
#: The tables whose changes move a mark.
WATCHED: Final = tuple(watch.table for watch in (*_WATCHES, _TRANSFER))


def _sqlite(watch: _Watch, when: str = "") -> tuple[str, ...]:
    return tuple(_sqlite_trigger(watch, what, when) for what in watch.events)


def _sqlite_trigger(watch: _Watch, what: str, when: str) -> str:
    rows = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}[what]
    keys = ", ".join(f"{row}.{key}" for row in rows for key in watch.keys)
    chosen = f" OF {', '.join(watch.columns)}" if what == "UPDATE" and watch.columns else ""
    return f"""CREATE TRIGGER {watch.table}_in_lists_{what.lower()}
AFTER {what}{chosen} ON {watch.table}{when}
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL {watch.places.format(keys=keys)}) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END"""  # noqa: S608 -- nothing of it comes from outside


# No per cent sign in any of them: DDL() would take it for its own. Time beside the number: in a
# cluster that was filled from a copy numbers begin anew.
_POSTGRESQL_MOVE: Final = """CREATE OR REPLACE FUNCTION access_list_move(places uuid[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_list_change (establishment_id, moved_in)
    SELECT DISTINCT place, pg_current_xact_id()::text || ' '
      || extract(epoch FROM transaction_timestamp())::text
    FROM unnest(places) AS place WHERE place IS NOT NULL
    ON CONFLICT DO NOTHING;
END $$"""


def _postgresql(watch: _Watch) -> tuple[str, ...]:
    """Return triggers: one a statement for rows that come and go, one a row for what changes."""
    moved = " UNION ALL ".join(f"SELECT {key} FROM moved" for key in watch.keys)  # noqa: S608 -- as above
    both = ", ".join(f"{row}.{key}" for row in ("OLD", "NEW") for key in watch.keys)
    name = f"{watch.table}_in_lists"
    texts = [_POSTGRESQL_MOVE]
    if {"INSERT", "DELETE"} & set(watch.events):
        texts.append(_postgresql_function(f"{name}_rows", watch.places.format(keys=moved)))
    for what, row in (("INSERT", "NEW"), ("DELETE", "OLD")):
        if what in watch.events:
            texts.append(
                f"""CREATE TRIGGER {name}_{what.lower()} AFTER {what} ON {watch.table}
REFERENCING {row} TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION {name}_rows()"""
            )
    if "UPDATE" in watch.events:
        texts.append(_postgresql_function(f"{name}_row", watch.places.format(keys=both)))
        old, new = (_columns(watch.columns, row) for row in ("OLD", "NEW"))
        chosen = f" OF {', '.join(watch.columns)}" if watch.columns else ""
        texts.append(
            f"""CREATE TRIGGER {name}_update AFTER UPDATE{chosen} ON {watch.table}
FOR EACH ROW WHEN ({old} IS DISTINCT FROM {new}) EXECUTE FUNCTION {name}_row()"""
        )
    return tuple(texts)


def _columns(columns: Sequence[str], row: str) -> str:
    if not columns:
        return f"{row}.*"
    return f"ROW({', '.join(f'{row}.{column}' for column in columns)})"


def _postgresql_function(name: str, places: str) -> str:
    return f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY({places}));
  RETURN NULL;
END $$"""


def _postgresql_transfer() -> tuple[str, ...]:
    keys = ", ".join(f"NEW.{key}" for key in _TRANSFER.keys)
    return (
        _POSTGRESQL_MOVE,
        f"""CREATE OR REPLACE FUNCTION ledger_transfer_in_lists_row() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  places uuid[] := ARRAY({_MEALS.format(keys=keys)});
BEGIN
  IF cardinality(places) > 0 THEN
    PERFORM access_list_move(places);
  END IF;
  RETURN NULL;
END $$""",
        f"""CREATE TRIGGER ledger_transfer_in_lists_insert AFTER INSERT ON ledger_transfer
FOR EACH ROW {_NO_WALLET["postgresql"]} EXECUTE FUNCTION ledger_transfer_in_lists_row()""",
    )


SQLITE_BY_TABLE: Final = {
    **{watch.table: _sqlite(watch) for watch in _WATCHES},
    _TRANSFER.table: _sqlite(_TRANSFER, _NO_WALLET["sqlite"]),
}
POSTGRESQL_BY_TABLE: Final = {
    **{watch.table: _postgresql(watch) for watch in _WATCHES},
    _TRANSFER.table: _postgresql_transfer(),
}
SQLITE_LISTS_DDL: Final = tuple(text for texts in SQLITE_BY_TABLE.values() for text in texts)
#: A function that several tables bring along is said once.
POSTGRESQL_LISTS_DDL: Final = tuple(
    dict.fromkeys(text for texts in POSTGRESQL_BY_TABLE.values() for text in texts)
)
