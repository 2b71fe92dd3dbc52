"""What years of service leave behind: 400,000 people with wallets, 10 million payments.

Written straight into the tables by the server itself, triggers and foreign keys aside, in this
set-up only. Secondary indexes are made afterwards, as after a restore. The people and payments
that are measured are others: they find their rows among these.
"""

from collections.abc import Sequence

from benchmarks.postgres import Cluster

PEOPLE = 400_000
TRANSFERS = 10_000_000
#: Where most rows go: what else is filled by the million is named by whoever fills it.
TABLES = ("ledger_transfer", "payment")
GIVEN_NAMES = (
    "Léa Jade Emma Louise Alice Chloé Inès Zoé Manon Camille"
    " Gabriel Léo Raphaël Arthur Louis Adam Jules Maël Noah Hugo"
)
FAMILY_NAMES = (
    "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre"
    " Leroy Roux David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau"
    " Vincent Muller Lefèvre Faure André Mercier Blanc Guérin Boyer Garnier Chevalier François"
    " Legrand Gauthier Garcia"
)

_INDEXES = """
CREATE TABLE bench_index AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index WHERE indrelid = ANY(%s::regclass[])
AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid);
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT name FROM bench_index LOOP EXECUTE 'DROP INDEX ' || one.name; END LOOP;
END $$;
"""
_UUID = "('{prefix}-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _id(prefix: str, number: str) -> str:
    return _UUID.format(prefix=prefix, number=number)


def fill(
    cluster: Cluster,
    database: str,
    people: int,
    transfers: int,
    *,
    besides: Sequence[str] = (),
    tables: Sequence[str] = (),
) -> None:
    """Put people and payments into a database that holds a world already.

    `besides` is SQL that fills `tables` by the million too: their indexes are made afterwards.
    """
    emptied = "'{" + ",".join((*TABLES, *tables)) + "}'"
    cluster.sql(_INDEXES % emptied, database)
    for statements in (_people(people), _payments(people, transfers), *besides):
        cluster.sql(f"SET session_replication_role = replica; {statements}", database)
    cluster.sql(
        "SET maintenance_work_mem = '512MB'; DO $$ DECLARE one record; BEGIN FOR one IN SELECT"
        " definition FROM bench_index LOOP EXECUTE one.definition; END LOOP; END $$;",
        database,
    )
    cluster.sql("VACUUM (ANALYZE)", database)
    cluster.sql("CHECKPOINT", database)


def _people(people: int) -> str:
    person, account = _id("b0000000", "n"), _id("a0000000", "n")
    every = f"generate_series(1, {people}) AS n"
    given, family = (
        _names(GIVEN_NAMES, "n"),
        _names(FAMILY_NAMES, f"n / {len(GIVEN_NAMES.split())}"),
    )
    return f"""
INSERT INTO beneficiary (id, given_name, family_name, birth_date, email, created_at)
  SELECT {person}, {given}, {family}, date '2006-09-01' + abs(hashint4(n) % 2900),
    CASE WHEN n % 2 = 0 THEN 'p' || n || '@exemple.example' END, now() FROM {every};
INSERT INTO card (id, number, beneficiary_id, uid, key_version, state, state_since, ordered_at)
  SELECT {_id("c0000000", "n")}, lpad(n::text, 16, '0'), {person},
    decode(lpad(to_hex(n), 14, '0'), 'hex'), 1, 'active', now(), now() FROM {every};
INSERT INTO pin_reference (account_id, generation, key_version, salt, tag, tries_left, state,
    set_at)
  SELECT {person}, 1, 1, decode(md5(n::text), 'hex'), decode(md5(n::text), 'hex'), 3,
    'active', now()
  FROM {every};
INSERT INTO ledger_account (id, kind, normal_side, limited, debits_posted, credits_posted,
    rolled_up_to, debits_held, credits_held, opened_at)
  SELECT {account}, 'wallet', 'credit', true, 0, 100000, 0, 0, 0, now() FROM {every};
INSERT INTO wallet (id, beneficiary_id, campaign_id, benefit_id, account_id)
  SELECT {_id("d0000000", "n")}, {person}, one.campaign_id, one.id, {account}
  FROM {every}, (SELECT id, campaign_id FROM benefit ORDER BY code LIMIT 1) AS one;
"""


def _names(names: str, number: str) -> str:
    return f"(string_to_array('{names}', ' '))[1 + {number} % {len(names.split())}]"


def _payments(people: int, transfers: int) -> str:
    payment, transfer = _id("e0000000", "n"), _id("f0000000", "n")
    person = _id("b0000000", f"(1 + n::bigint * 7919 % {people})")
    account = _id("a0000000", f"(1 + n::bigint * 7919 % {people})")
    places = (
        "(SELECT array_agg(t.id) AS terminals, array_agg(o.id) AS outlets, array_agg(o.partner_id)"
    )
    places += (
        " AS partners, array_agg(a.account_id) AS accounts, count(*)::int AS many FROM terminal t"
    )
    places += " JOIN outlet o ON o.id = t.outlet_id JOIN partner_account a USING (partner_id)) AS p"
    every = f"generate_series(1, {transfers}) AS n, {places}"
    at = f"now() - interval '10 years' + (n::float / {transfers}) * interval '3649 days'"
    place = "1 + n % p.many"
    return f"""
INSERT INTO ledger_transfer (id, debit_account_id, credit_account_id, amount_cents,
    reason, reference, recorded_at)
  SELECT {transfer}, {account}, p.accounts[{place}], 100, 'Paiement chez Partenaire',
    'payment:' || {payment}, {at} FROM {every};
INSERT INTO payment (payment_id, terminal_id, outlet_id, partner_id, beneficiary_id, card_id,
    proof_id, benefit_code, amount_cents, ksn, fingerprint, status, authorisation_number,
    remaining_cents, transfer_id, given_back_cents, reversed_cents, created_at, decided_at)
  SELECT {payment}, p.terminals[{place}], p.outlets[{place}], p.partners[{place}], {person}, NULL,
    {_id("90000000", "n")}, 'culture', 100, '000000000000000000000000', repeat('0', 64), 'approved',
    upper(substr(md5(n::text), 1, 6)), 1000, {transfer}, 0, 0, {at}, {at} FROM {every};
"""
