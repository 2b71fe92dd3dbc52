"""Everything that the pages show of a Region: accounts, families, schools, partners, what was done.

Written straight into the tables by the server itself, as the years behind it (payments_history).
One school in five hundred is large; what somebody sees of a day is of this very day. Not here: who
opens which page (pages_visits), and the measure (pages).
"""

from typing import Final

from backend.accounts.signin.terms import TERMS
from benchmarks.payments_history import fill
from benchmarks.postgres import Cluster

PAYMENTS_OF_A_PERSON: Final = 25
PARTNERS: Final = 3_000
COMMUNES: Final = 1_300
PUPILS_OF_THE_LARGEST: Final = 3_000
PUPILS_OF_A_SCHOOL: Final = 800
#: Of so many schools, passages of a term are there: those whose pages are opened.
SCHOOLS_WITH_PASSAGES: Final = 10
#: The partner of the first number is a chain.
PLACES_OF_THE_CHAIN: Final = 60
ACTIVITIES: Final = ("librairie", "cinema", "salle-de-sport", "theatre", "musee", "disquaire")
#: What is written by the million besides payments: its indexes come last.
TABLES: Final = (
    "card_history",
    "card_request",
    "code_record",
    "enrolment",
    "grant_decision",
    "notice",
    "passage",
    "person_key",
    "sign_in_act",
)


def build_region(cluster: Cluster, database: str, people: int) -> None:
    """Fill a database that holds a small world already with a Region's years and people."""
    many = [_accounts(people), _cards(people), _written(people), _pupils(people), _passages(people)]
    transfers = people * PAYMENTS_OF_A_PERSON
    fill(cluster, database, people, transfers, besides=many, tables=TABLES)
    for few in (_PLACES, _schools(people), _TODAY, _waiting(people), _KEPT):
        cluster.sql(f"SET session_replication_role = replica; {few}", database)
    cluster.sql("VACUUM (ANALYZE)", database)
    cluster.sql("CHECKPOINT", database)


def schools(people: int) -> int:
    """Return how many schools so many people go to."""
    others = max(0, people - PUPILS_OF_THE_LARGEST)
    return 1 + -(-others // PUPILS_OF_A_SCHOOL)


def _key(prefix: str, number: str) -> str:
    return f"('{prefix}-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _school(number: str) -> str:
    """Write which school a person goes to."""
    beyond = f"({number} - {PUPILS_OF_THE_LARGEST + 1}) / {PUPILS_OF_A_SCHOOL}"
    return f"(CASE WHEN {number} <= {PUPILS_OF_THE_LARGEST} THEN 1 ELSE 2 + {beyond} END)"


def _accounts(people: int) -> str:
    """Write everybody's account; every second one also looks after the person before."""
    account, person = _key("1a000000", "n"), _key("b0000000", "n")
    family = _key("1f000000", "n")
    every = f"generate_series(1, {people}) AS n"
    version = max(one.version for one in TERMS)
    return f"""
INSERT INTO sign_in_account (id, email, given_name, family_name, factor_generation,
    factor_key_version, factor_last_step, created_at, language, passkeys, terms_version)
  SELECT {account}, 'p' || n || '@exemple.example', 'Léa', 'Martin', 0, 0, 0, now(), 'fr', 0,
    {version} FROM {every};
INSERT INTO terms_acceptance (account_id, version, accepted_at)
  SELECT {account}, {version}, now() FROM {every};
INSERT INTO sign_in_visit (account_id, at, before_at)
  SELECT {account}, now() - interval '1 day', now() - interval '9 days' FROM {every};
INSERT INTO sign_in_session (token_hash, id, account_id, stage, browser, created_at, seen_at,
    expires_at, kept)
  SELECT decode(md5(n::text) || md5('s' || n), 'hex'), {_key("15000000", "n")}, {account}, 'full',
    'Firefox', now() - interval '1 hour', now(), now() + interval '11 hours', false
  FROM {every} WHERE n % 10 = 0;
INSERT INTO tie (id, account_id, beneficiary_id, since)
  SELECT {_key("1e000000", "n")}, {account}, {person}, now() FROM {every};
INSERT INTO family (id, name, created_at, created_by)
  SELECT {family}, 'Martin', now(), {account} FROM {every} WHERE n % 2 = 0;
INSERT INTO family_member (id, family_id, account_id, since)
  SELECT {_key("1d000000", "n")}, {family}, {account}, now() FROM {every} WHERE n % 2 = 0;
INSERT INTO family_child (id, family_id, beneficiary_id, since, added_by)
  SELECT {_key("1c000000", "n")}, {family}, {_key("b0000000", "n - 1")}, now(), {account}
  FROM {every} WHERE n % 2 = 0;
INSERT INTO person_key (beneficiary_id, family, given, email)
  SELECT id, fold_name(family_name), fold_name(given_name), fold_name(email) FROM beneficiary
  ON CONFLICT DO NOTHING;
"""


def _cards(people: int) -> str:
    """Write each card: of a hundred, two are ordered, two on their way, two have arrived."""
    card, school = _key("c0000000", "n"), _key("5c000000", _school("n"))
    every = f"generate_series(1, {people}) AS n"
    lot = _key("10000000", f"{_school('n')} * 16 + n % 12")
    state = (
        "CASE n % 50 WHEN 1 THEN 'ordered' WHEN 2 THEN 'shipped' WHEN 3 THEN 'received'"
        " ELSE 'active' END"
    )
    return f"""
UPDATE card SET state = CASE substr(number, 15)::int % 50 WHEN 1 THEN 'ordered'
    WHEN 2 THEN 'shipped' ELSE 'received' END
  WHERE beneficiary_id >= 'b0000000-0000-4000-8000-000000000000'
    AND beneficiary_id < 'b0000001-0000-4000-8000-000000000000'
    AND substr(number, 15)::int % 50 BETWEEN 1 AND 3;
INSERT INTO card_request (card_id, delivery, establishment_id, fee_cents, shipment_id)
  SELECT {card}, 'establishment', {school}, 0, CASE WHEN n % 50 <> 1 THEN {lot} END FROM {every};
INSERT INTO card_history (id, card_id, event, state, at, command)
  SELECT {_key("c1000000", "n * 2")}, {card}, 'ordered', 'ordered', now() - interval '40 days',
    'import' FROM {every}
  UNION ALL SELECT {_key("c1000000", "n * 2 + 1")}, {card}, 'received', {state},
    now() - interval '9 days', 'import' FROM {every};
INSERT INTO card_lot (id, kind, number, establishment_id, made_at, made_by)
  SELECT {_key("10000000", "k * 16 + j")}, 'shipment', lpad((k * 16 + j)::text, 8, '0'),
    {_key("5c000000", "k")}, now() - j * interval '30 days', 'import'
  FROM generate_series(1, {schools(people)}) AS k, generate_series(0, 11) AS j;
"""


def _written(people: int) -> str:
    """Write mails that were sent, acts, codes that were set, grants that were decided and given."""
    person, account = _key("b0000000", "n"), _key("1a000000", "n")
    every, twice = f"generate_series(1, {people}) AS n", "generate_series(0, 1) AS j"
    ago = f"now() - (n * 31 % {300 * 86_400} + j) * interval '1 second'"
    one = "(SELECT b.id, b.campaign_id, c.funding_account_id FROM benefit b"
    one += " JOIN campaign c ON c.id = b.campaign_id ORDER BY b.code LIMIT 1) AS one"
    return f"""
INSERT INTO notice (id, kind, beneficiary_id, account_id, facts, created_at, state, tries,
    next_try_at, sent_at)
  SELECT {_key("2e000000", "n * 2 + j")}, CASE j WHEN 0 THEN 'code_set' ELSE 'signin_password_set'
    END, CASE j WHEN 0 THEN {person} END, CASE j WHEN 1 THEN {account} END, '{{}}', {ago}, 'sent',
    1, {ago}, {ago} FROM {every}, {twice};
INSERT INTO sign_in_act (id, at, account_id, kind, subject, beneficiary_id)
  SELECT {_key("ac000000", "n * 2 + j")}, {ago}, {account},
    CASE j WHEN 0 THEN 'data_exported' ELSE 'session_ended' END, {person}::text, {person}
  FROM {every}, {twice};
INSERT INTO code_record (account_id, happening, at, by) OVERRIDING USER VALUE
  SELECT {person}, 'set', now() - interval '90 days', 'holder' FROM {every};
INSERT INTO grant_decision (beneficiary_id, benefit_id, slot, campaign_id, rule_code, granted,
    reason, amount_cents, words, decided_at)
  SELECT {person}, one.id, 'base', one.campaign_id, 'base', true, 'base', 103000, 'Dotation', now()
  FROM {every}, {one};
INSERT INTO ledger_transfer (id, debit_account_id, credit_account_id, amount_cents, reason,
    reference, recorded_at)
  SELECT {_key("f1000000", "n")}, one.funding_account_id, {_key("a0000000", "n")}, 103000,
    'Dotation', 'grant:' || n, now() - interval '60 days' FROM {every}, {one};
INSERT INTO consent (id, beneficiary_id, purpose, text_version, account_id, own, child_agrees,
    given_at)
  SELECT {_key("2d000000", "n")}, {person}, 'gate_photo', 1, {account}, true, true, now()
  FROM {every} WHERE n % 3 = 0;
"""


def _pupils(people: int) -> str:
    person, enrolment = _key("b0000000", "n"), _key("5e000000", "n")
    school, every = _school("n"), f"generate_series(1, {people}) AS n"
    return f"""
INSERT INTO enrolment (id, establishment_id, beneficiary_id, category, diet)
  SELECT {enrolment}, {_key("5c000000", school)}, {person}, 'pupil',
    CASE WHEN n % 9 = 0 THEN 'sans porc' END FROM {every};
INSERT INTO pupil (enrolment_id, class_code, regime, updated_at)
  SELECT {enrolment}, 'C' || n % 30, 'DP', now() FROM {every};
INSERT INTO enrolment_service (enrolment_id, service_id, days, by_reservation, prepaid)
  SELECT {enrolment}, {_key("55000000", school)}, CASE WHEN n % 4 = 0 THEN '1245' END, n % 4 = 1,
    false FROM {every};
INSERT INTO national_number (beneficiary_id, ine)
  SELECT {person}, lpad(n::text, 10, '0') || 'A' FROM {every};
"""


def _passages(people: int) -> str:
    """Write a term at some schools: each pupil once a day, one in two hundred let in by hand."""
    pupils = PUPILS_OF_THE_LARGEST + (SCHOOLS_WITH_PASSAGES - 1) * PUPILS_OF_A_SCHOOL
    gate = f"{_school('n')} * 4 + n % 4"
    day = "(now() at time zone 'Europe/Paris')::date - d"
    at = f"(({day}) + time '12:00' + n % 5400 * interval '1 second') at time zone 'Europe/Paris'"
    return f"""
INSERT INTO passage (passage_id, terminal_id, sequence, establishment_id, occurred_at, local_day,
    uid, card_id, service, answer, received_at, over_maximum, intervention, supervisor)
  SELECT {_key("9a000000", "n::bigint * 128 + d")}, {_key("6a000000", gate)}, n * 128 + d,
    {_key("5c000000", _school("n"))}, {at}, {day}, decode(lpad(to_hex(n), 14, '0'), 'hex'),
    {_key("c0000000", "n")}, 'dejeuner', 'OK', {at}, false,
    CASE WHEN (n + d) % 200 = 0 THEN 'let_pass' END,
    CASE WHEN (n + d) % 200 = 0 THEN 'Nora Petit' END
  FROM generate_series(1, least({pupils}, {people})) AS n, generate_series(0, 63) AS d;
INSERT INTO reservation (enrolment_id, service_id, day, made_at)
  SELECT {_key("5e000000", "n")}, {_key("55000000", _school("n"))}, {day}, now()
  FROM generate_series(1, least({pupils}, {people})) AS n, generate_series(-5, 20) AS d
  WHERE n % 4 = 1;
INSERT INTO passage_cancellation (passage_id, establishment_id, reason, cancelled_by, cancelled_at)
  SELECT {_key("9a000000", "n::bigint * 128")}, {_key("5c000000", _school("n"))}, 'erreur',
    'Nora Petit', now() FROM generate_series(1, least({pupils}, {people}), 100) AS n;
"""


def _schools(people: int) -> str:
    school, every = _key("5c000000", "k"), f"generate_series(1, {schools(people)}) AS k"
    classes = f"{every}, generate_series(0, 29) AS c"
    return f"""
INSERT INTO establishment (id, name, searched, time_zone, initials_on_gates, photos_on_gates)
  SELECT {school}, 'Lycée ' || k, ' lycee ' || k, 'Europe/Paris', false, false FROM {every};
INSERT INTO school_class (establishment_id, code, label)
  SELECT {school}, 'C' || c, 'Classe ' || c FROM {classes};
INSERT INTO pupil_roster (establishment_id) SELECT {school} FROM {every};
INSERT INTO access_service (id, establishment_id, code, label, days, opens, closes, passages_max,
    held_on_closed_days, reservation_cutoff)
  SELECT {_key("55000000", "k")}, {school}, 'dejeuner', 'Déjeuner', '1234567', '11:30', '14:00', 1,
    true, '09:30' FROM {every};
INSERT INTO sign_in_account (id, email, given_name, family_name, factor_generation,
    factor_key_version, factor_confirmed_at, factor_last_step, created_at, language, passkeys)
  SELECT {_key("5a000000", "k")}, 'vie-scolaire' || k || '@lycee.example', 'Nora', 'Petit', 1, 1,
    now(), 0, now(), 'fr', 0 FROM {every};
INSERT INTO establishment_member (account_id, establishment_id, since)
  SELECT {_key("5a000000", "k")}, {school}, now() FROM {every};
INSERT INTO kitchen_link (id, establishment_id, token_hash, label, made_at)
  SELECT {_key("5d000000", "k")}, {school}, sha256(('cuisine-' || k)::bytea), 'Cuisine', now()
  FROM {every};
INSERT INTO terminal (id, kind, name, searched, establishment_name, enrolment_hash,
    enrolment_expires_at, public_key, enrolled_at)
  SELECT {_key("6a000000", "k * 4 + j")}, 'gate', 'Portillon ' || j, ' portillon ' || j,
    'Lycée ' || k,
    sha256(('gate' || k * 4 + j)::bytea), now(), decode(md5(j::text) || md5(k::text), 'hex'), now()
  FROM {every}, generate_series(0, 3) AS j;
INSERT INTO gate (terminal_id, establishment_id, list_version, heard_at)
  SELECT {_key("6a000000", "k * 4 + j")}, {school}, 7, now() FROM {every},
    generate_series(0, 3) AS j;
INSERT INTO day_code (id, service_id, day, code_hash, label, passages_max, made_at, made_by)
  SELECT {_key("5f000000", "k * 64 + j")}, {_key("55000000", "k")}, current_date + j % 7,
    sha256((k * 64 + j)::text::bytea), 'Visite', 1, now(), 'Nora Petit'
  FROM {every}, generate_series(0, 59) AS j;
"""


_PLACES: Final = f"""
INSERT INTO commune (code, name, latitude_e6, longitude_e6)
  SELECT (10000 + n)::text, 'Commune ' || n, 48000000 + (n / 20) * 60000, 2000000 + (n % 20) * 90000
  FROM generate_series(0, {COMMUNES - 1}) AS n;
INSERT INTO partner (id, name, searched)
  SELECT {_key("2a000000", "n")}, 'Librairie ' || n, ' librairie ' || n
  FROM generate_series(1, {PARTNERS}) AS n;
INSERT INTO partner_activity (partner_id, activity)
  SELECT {_key("2a000000", "n")}, (ARRAY['{"','".join(ACTIVITIES)}'])[1 + n % {len(ACTIVITIES)}]
  FROM generate_series(1, {PARTNERS}) AS n;
INSERT INTO ledger_account (id, kind, normal_side, limited, debits_posted, credits_posted,
    rolled_up_to, debits_held, credits_held, opened_at)
  SELECT {_key("2b000000", "n")}, 'payable', 'credit', false, 0, 0, 0, 0, 0, now()
  FROM generate_series(1, {PARTNERS}) AS n;
INSERT INTO partner_account (partner_id, account_id)
  SELECT {_key("2a000000", "n")}, {_key("2b000000", "n")} FROM generate_series(1, {PARTNERS}) AS n;
CREATE TABLE bench_place AS
  SELECT n, n AS partner FROM generate_series(1, {PARTNERS}) AS n
  UNION ALL SELECT {PARTNERS} + n, 1 FROM generate_series(1, {PLACES_OF_THE_CHAIN}) AS n;
INSERT INTO outlet (id, partner_id, name, folded_name, commune_code, address_1, postcode,
    latitude_e6, longitude_e6)
  SELECT {_key("2c000000", "n")}, {_key("2a000000", "partner")}, 'Centre',
    'librairie ' || n || ' centre',
    (10000 + n % {COMMUNES})::text, n || ' rue du Port', '92000',
    48000000 + ((n % {COMMUNES}) / 20) * 60000 + n * 7 % 20000,
    2000000 + ((n % {COMMUNES}) % 20) * 90000 + n * 13 % 30000
  FROM bench_place;
INSERT INTO terminal (id, kind, name, searched, outlet_id, enrolment_hash, enrolment_expires_at,
    public_key, enrolled_at)
  SELECT {_key("6b000000", "n * 4 + j")}, 'counter', 'Caisse ' || j, ' caisse ' || j,
    {_key("2c000000", "n")},
    sha256(('counter' || n * 4 + j)::bytea), now(), decode(md5(j::text) || md5(n::text), 'hex'),
    now() FROM bench_place, generate_series(0, 1) AS j;
INSERT INTO pin_pad (initial_key_id, terminal_id, profile, entry, last_counter)
  SELECT decode(lpad(to_hex(n * 4 + j), 16, '0'), 'hex'), {_key("6b000000", "n * 4 + j")},
    'aes128-dukpt/iso4', 'secure', n * 37 % 50000 FROM bench_place, generate_series(0, 1) AS j;
INSERT INTO benefit_activity (benefit_id, activity)
  SELECT id, activity FROM benefit, unnest(ARRAY['{"','".join(ACTIVITIES[:4])}']) AS activity;
INSERT INTO partner_member (account_id, partner_id, since)
  SELECT {_key("1a000000", "n")}, {_key("2a000000", "n")}, now()
  FROM generate_series(1, 20) AS n;
INSERT INTO partner_member (account_id, partner_id, since)
  SELECT {_key("1a000000", "20 + row_number() OVER (ORDER BY id)")}, id, now() FROM partner
  WHERE name LIKE 'Partenaire%';
"""

#: A busy day at each counter whose partner's pages are opened.
_TODAY: Final = f"""
CREATE TABLE bench_till AS SELECT t.id AS terminal_id, t.outlet_id, o.partner_id,
    row_number() OVER (ORDER BY t.id) AS k
  FROM terminal t JOIN outlet o ON o.id = t.outlet_id
  WHERE t.kind = 'counter' AND o.partner_id IN (SELECT partner_id FROM partner_member);
INSERT INTO payment (payment_id, terminal_id, outlet_id, partner_id, beneficiary_id, proof_id,
    benefit_code, amount_cents, ksn, fingerprint, status, authorisation_number, remaining_cents,
    transfer_id, given_back_cents, reversed_cents, created_at, decided_at)
  SELECT {_key("e1000000", "k * 1024 + n")}, terminal_id, outlet_id, partner_id,
    {_key("b0000000", "1 + (k * 1024 + n) % 20000")}, {_key("91000000", "k * 1024 + n")}, 'culture',
    100, repeat('0', 24), repeat('0', 64), 'approved', upper(substr(md5((k + n)::text), 1, 6)),
    1000, {_key("f2000000", "k * 1024 + n")}, 0, 0, now() - n * interval '1 minute',
    now() - n * interval '1 minute'
  FROM bench_till, generate_series(1, 60) AS n;
"""


def _waiting(people: int) -> str:
    """Write what waits for somebody: ties, organisations, erasures, mails, as in September."""
    some = f"generate_series(1, {max(200, people // 100)}) AS n"
    person = f"1 + n * 97 % {people}"
    given = f"(SELECT given_name FROM beneficiary WHERE id = {_key('b0000000', person)})"
    family = f"(SELECT family_name FROM beneficiary WHERE id = {_key('b0000000', person)})"
    born = f"(SELECT birth_date FROM beneficiary WHERE id = {_key('b0000000', person)})"
    return f"""
INSERT INTO tie_request (id, account_id, relation, family_id, given_name, family_name, birth_date,
    asked_at, state)
  SELECT {_key("71000000", "n")}, {_key("1a000000", f"2 * (1 + n % {people // 2})")}, 'child',
    {_key("1f000000", f"2 * (1 + n % {people // 2})")}, {given}, {family}, {born},
    now() - n * interval '1 minute', 'asked' FROM {some};
INSERT INTO notice (id, kind, beneficiary_id, facts, created_at, state, tries, next_try_at)
  SELECT {_key("2f000000", "n")}, 'card_arrived', {_key("b0000000", person)}, '{{}}', now(),
    CASE WHEN n % 20 = 0 THEN 'given_up' ELSE 'waiting' END, 0, now() FROM {some};
INSERT INTO organisation (id, kind, name, siret, address_1, postcode, commune_code, phone,
    created_at, created_by, state, asked_at)
  SELECT {_key("72000000", "n")}, 'librairie', 'Association ' || n, lpad(n::text, 14, '0'),
    '1 rue du Port', '92000', '10000', '0102030405', now(), {_key("1a000000", "n")}, 'asked',
    now() - n * interval '1 minute' FROM {some};
INSERT INTO organisation_member (id, organisation_id, account_id, since)
  SELECT {_key("73000000", "n")}, {_key("72000000", "n")}, {_key("1a000000", "n")}, now()
  FROM {some};
INSERT INTO erasure_request (id, beneficiary_id, account_id, asked_at)
  SELECT {_key("74000000", "n")}, {_key("b0000000", person)}, {_key("1a000000", person)},
    now() - n * interval '1 hour' FROM {some};
INSERT INTO email_change (id, account_id, old_email, new_email, asked_by, asked_at, expires_at)
  SELECT {_key("75000000", "n")}, {_key("1a000000", person)}, 'a', 'b', {_key("1a000000", "1")},
    now(), now() + interval '3 days' FROM {some} WHERE n % 100 = 0;
"""


#: What those who run the service keep: a year of jobs, alarms that were dealt with, seals.
_KEPT: Final = f"""
INSERT INTO job_run (id, job, ended_at, good, words)
  SELECT {_key("76000000", "n * 8 + j")}, 'job ' || j, now() - n * interval '6 hours', true, 'bien'
  FROM generate_series(1, 1464) AS n, generate_series(1, 4) AS j;
INSERT INTO code_alarm (id, kind, terminal_id, figure, raised_at, released_at, released_by)
  SELECT {_key("77000000", "n")}, 'spraying', {_key("6b000000", "4 + n % 900 * 4")}, 9,
    now() - n * interval '1 hour', now(), 'op@region.example' FROM generate_series(1, 20000) AS n;
INSERT INTO forgetting_run (id, rule, ran_at, before, removed, left_over)
  SELECT {_key("78000000", "n * 32 + j")}, 'rule ' || j, now() - n * interval '1 day', now(), 9, 0
  FROM generate_series(1, 366) AS n, generate_series(1, 20) AS j;
INSERT INTO sign_in_account (id, email, given_name, family_name, factor_generation,
    factor_key_version, factor_confirmed_at, factor_last_step, created_at, language, passkeys)
  SELECT {_key("0a000000", "n")}, 'op' || n || '@region.example', 'Ada', 'Petit', 1, 1, now(), 0,
    now(), 'fr', 0 FROM generate_series(1, 30) AS n;
INSERT INTO operator (account_id, role, since)
  SELECT {_key("0a000000", "n")}, 'operator', now() FROM generate_series(1, 30) AS n;
INSERT INTO ledger_seal (account_id, number, previous_hash, last_sequence, transfers_count,
    sealed_at, hash)
  SELECT {_key("2b000000", "n")}, 1, sha256(n::text::bytea), n, 1, now(),
    sha256(('s' || n)::bytea) FROM generate_series(1, {PARTNERS}) AS n;
INSERT INTO sign_in_act (id, at, account_id, kind, subject, words)
  SELECT {_key("ad000000", "n")}, now() - n * interval '1 minute',
    {_key("0a000000", "1 + n % 30")}, 'people_searched', {_key("0a000000", "1 + n % 30")}::text,
    '20 personnes' FROM generate_series(1, 50000) AS n;
"""
