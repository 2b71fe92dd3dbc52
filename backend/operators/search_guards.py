"""The keys by which people are found: kept by the database itself, whoever writes a person.

A key is a name without accents and capitals, as bytes: compared byte by byte on both engines,
whatever the collation of the database, so that an index gives a prefix in order. On PostgreSQL a
statement that writes a hundred thousand people writes their keys at once. SQLite asks the
program for `fold_name` (backend/database.py).
"""

from typing import Final

from backend.folding import BETWEEN, PAIRS, SINGLE

ASCII_BETWEEN: Final = "".join(letter for letter in BETWEEN if letter.isascii())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _folded() -> str:
    """Write the folding: most names are plain ASCII, and are spared the long table."""
    plain = f"translate($1, {_quoted(ASCII_BETWEEN)}, {_quoted(' ' * len(ASCII_BETWEEN))})"
    text = "$1"
    for letter, two in PAIRS.items():
        text = f"replace({text}, {_quoted(letter)}, {_quoted(two)})"
    singles = _quoted("".join(SINGLE)), _quoted("".join(SINGLE.values()))
    folded = f"translate({text}, {', '.join(singles)})"
    is_plain = "octet_length($1) = length($1)"
    return f"convert_to(lower(CASE WHEN {is_plain} THEN {plain} ELSE {folded} END), 'UTF8')"


_NEW_KEYS: Final = "fold_name(family_name), fold_name(given_name), fold_name(email)"
_KEYS_DIFFER: Final = "(k.family, k.given, k.email) IS DISTINCT FROM (n.family, n.given, n.email)"

SQLITE_SEARCH_DDL: Final = (
    """CREATE TRIGGER beneficiary_key_made AFTER INSERT ON beneficiary
BEGIN INSERT INTO person_key (beneficiary_id, family, given, email) VALUES
  (NEW.id, fold_name(NEW.family_name), fold_name(NEW.given_name), fold_name(NEW.email)); END""",
    """CREATE TRIGGER beneficiary_key_changed
AFTER UPDATE OF family_name, given_name, email ON beneficiary
BEGIN UPDATE person_key SET family = fold_name(NEW.family_name),
  given = fold_name(NEW.given_name), email = fold_name(NEW.email)
  WHERE beneficiary_id = NEW.id; END""",
)
# No per cent sign in any of them: DDL() would take it for its own.
POSTGRESQL_SEARCH_DDL: Final = (
    f"""CREATE OR REPLACE FUNCTION fold_name(text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT {_folded()} $$""",
    f"""CREATE OR REPLACE FUNCTION person_key_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO person_key (beneficiary_id, family, given, email)
    SELECT id, {_NEW_KEYS} FROM fresh;
  RETURN NULL;
END $$""",  # noqa: S608 - constants of this file
    f"""CREATE OR REPLACE FUNCTION person_key_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE person_key k SET family = n.family, given = n.given, email = n.email
    FROM (SELECT id, fold_name(family_name) AS family, fold_name(given_name) AS given,
      fold_name(email) AS email FROM fresh) n
    WHERE k.beneficiary_id = n.id AND {_KEYS_DIFFER};
  RETURN NULL;
END $$""",  # noqa: S608
    """CREATE TRIGGER beneficiary_key_made AFTER INSERT ON beneficiary
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION person_key_made()""",
    """CREATE TRIGGER beneficiary_key_changed AFTER UPDATE ON beneficiary
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION person_key_changed()""",
)
