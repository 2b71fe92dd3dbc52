"""The tables of a gate's journal, and how an older file becomes one of today.

A shipped script never changes. The fourth rebuilds two tables, because what a supervisor does has
no chip, and a guest no card; numbers go on where they were, also when every row was forgotten.
"""

from typing import Final

from terminal.gate.door.schema import DOOR_SCHEMA, EMERGENCY_SCHEMA, EVENTS_SCHEMA

SCHEMA: Final = """
create table passage (
    sequence integer primary key autoincrement,
    passage_id text not null unique,
    occurred_at text not null,
    uid blob not null,
    card_id text,
    service text,
    answer text not null,
    detail text,
    list_version integer not null,
    milliseconds integer not null,
    state text not null default 'waiting' check (state in ('waiting', 'recorded', 'quarantined')),
    reason text,
    check ((state = 'quarantined') = (reason is not null)),
    check (answer <> 'OK' or (card_id is not null and service is not null))
) strict;
create index passage_by_card on passage (card_id, occurred_at) where answer = 'OK';
create index passage_by_state on passage (state, sequence);
create trigger passage_facts_are_fixed
before update of sequence, passage_id, occurred_at, uid, card_id, service, answer, detail,
    list_version, milliseconds on passage
begin
    select raise(abort, 'what happened does not change');
end;
create trigger passage_is_settled_once before update of state on passage
when old.state <> 'waiting'
begin
    select raise(abort, 'this passage is settled');
end;
create trigger passage_is_kept before delete on passage
when old.state <> 'recorded'
begin
    select raise(abort, 'only what the backend has may be forgotten');
end;
"""

_SIBLINGS: Final = """
create table sibling_passage (
    passage_id text primary key,
    gate text not null,
    sequence integer not null,
    card_id text not null,
    service text not null,
    occurred_at text not null
) strict;
create table opposed_card (card_id text primary key, list_version integer not null) strict;
create index sibling_passage_by_card on sibling_passage (card_id, occurred_at);
create index sibling_passage_by_time on sibling_passage (occurred_at);
"""

_INTERVENTIONS: Final = """
create table line (
    sequence integer primary key autoincrement,
    passage_id text not null unique,
    occurred_at text not null,
    uid blob,
    card_id text,
    service text,
    answer text not null,
    detail text,
    list_version integer not null,
    milliseconds integer not null,
    state text not null default 'waiting' check (state in ('waiting', 'recorded', 'quarantined')),
    reason text,
    intervention text,
    supervisor text,
    why text,
    note text,
    cancels text,
    day_code_id text,
    check ((state = 'quarantined') = (reason is not null)),
    check (answer <> 'OK' or (service is not null
        and (card_id is not null or intervention in ('guest', 'day_code')))),
    check ((answer = 'ANNULE') = (cancels is not null)),
    check ((intervention is null) = (supervisor is null)),
    check ((intervention is null) = (why is null))
) strict;
insert into line (sequence, passage_id, occurred_at, uid, card_id, service, answer, detail,
    list_version, milliseconds, state, reason)
select sequence, passage_id, occurred_at, uid, card_id, service, answer, detail,
    list_version, milliseconds, state, reason from passage;
delete from sqlite_sequence where name = 'line';
insert into sqlite_sequence (name, seq)
select 'line', seq from sqlite_sequence where name = 'passage';
drop table passage;
alter table line rename to passage;
create index passage_by_card on passage (card_id, occurred_at) where answer = 'OK';
create index passage_by_state on passage (state, sequence);
create index passage_by_time on passage (occurred_at);
create index passage_by_code on passage (day_code_id) where day_code_id is not null;
create trigger passage_facts_are_fixed
before update of sequence, passage_id, occurred_at, uid, card_id, service, answer, detail,
    list_version, milliseconds, intervention, supervisor, why, note, cancels, day_code_id on passage
begin
    select raise(abort, 'what happened does not change');
end;
create trigger passage_is_settled_once before update of state on passage
when old.state <> 'waiting'
begin
    select raise(abort, 'this passage is settled');
end;
create trigger passage_is_kept before delete on passage
when old.state <> 'recorded'
begin
    select raise(abort, 'only what the backend has may be forgotten');
end;
create table cancelled_passage (passage_id text primary key, heard_at text not null) strict;
create table heard_passage (
    passage_id text primary key,
    gate text not null,
    sequence integer not null,
    card_id text,
    service text not null,
    occurred_at text not null,
    day_code_id text
) strict;
insert into heard_passage select *, null from sibling_passage;
drop table sibling_passage;
alter table heard_passage rename to sibling_passage;
create index sibling_passage_by_card on sibling_passage (card_id, occurred_at);
create index sibling_passage_by_time on sibling_passage (occurred_at);
create table sibling_address (gate text primary key, address text not null) strict;
create table gossip_epoch (
    only_row integer primary key check (only_row = 1),
    epoch integer not null
) strict;
create table supervisor (
    supervisor_id text primary key,
    name text not null,
    role text not null check (role in ('supervisor', 'kitchen')),
    token_hash blob not null unique,
    paired_at text not null,
    ended_at text
) strict;
create table pairing (
    code_hash blob primary key,
    name text not null,
    role text not null check (role in ('supervisor', 'kitchen')),
    expires_at text not null,
    tries_left integer not null
) strict;
create table release_line (
    passage_id text primary key,
    occurred_at text not null,
    uid blob,
    card_id text,
    service text not null,
    list_version integer not null,
    milliseconds integer not null,
    intervention text,
    supervisor text,
    why text,
    note text,
    day_code_id text
) strict;
insert into release_line (passage_id, occurred_at, uid, card_id, service, list_version,
    milliseconds)
select passage_id, occurred_at, uid, card_id, service, list_version, milliseconds
from door_release;
drop table door_release;
alter table release_line rename to door_release;
"""

UPGRADES: Final = (
    _SIBLINGS,
    DOOR_SCHEMA,
    _INTERVENTIONS,
    EVENTS_SCHEMA,
    EMERGENCY_SCHEMA,
)
