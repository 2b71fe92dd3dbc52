"""What the gate's journal keeps about its door.

A `door_release` is somebody the door was opened for and of whom it is not known yet whether they
went through: it becomes a passage, or nothing, in one unit of work. A `door_event` is what the
establishment should hear of; `card_id` only where a card was the cause. An
`emergency_release` is there while everybody may go through.
"""

from typing import Final

DOOR_SCHEMA: Final = """
create table door_release (
    passage_id text primary key,
    occurred_at text not null,
    uid blob not null,
    card_id text not null,
    service text not null,
    list_version integer not null,
    milliseconds integer not null
) strict;
create table door_event (
    sequence integer primary key autoincrement,
    occurred_at text not null,
    kind text not null,
    card_id text
) strict;
create index door_event_by_time on door_event (occurred_at);
"""

#: Since they are handed over, each has a name of its own, and says whether the backend has it.
EVENTS_SCHEMA: Final = """
create table gate_event (
    sequence integer primary key autoincrement,
    event_id text not null unique,
    occurred_at text not null,
    kind text not null,
    card_id text,
    state text not null default 'waiting' check (state in ('waiting', 'recorded', 'refused')),
    reason text,
    check ((state = 'refused') = (reason is not null))
) strict;
insert into gate_event (sequence, event_id, occurred_at, kind, card_id)
select sequence, lower(hex(randomblob(16))), occurred_at, kind, card_id from door_event;
delete from sqlite_sequence where name = 'gate_event';
insert into sqlite_sequence (name, seq)
select 'gate_event', seq from sqlite_sequence where name = 'door_event';
drop table door_event;
alter table gate_event rename to door_event;
create index door_event_by_time on door_event (occurred_at);
create index door_event_by_state on door_event (state, sequence);
create trigger door_event_facts_are_fixed
before update of sequence, event_id, occurred_at, kind, card_id on door_event
begin
    select raise(abort, 'what happened does not change');
end;
create trigger door_event_is_kept before delete on door_event when old.state = 'waiting'
begin
    select raise(abort, 'only what the backend has may be forgotten');
end;
"""

#: A release for everybody has a count where it ends, and a name where a hand was the cause.
EMERGENCY_SCHEMA: Final = """
alter table door_event add column passages integer check (passages >= 0);
alter table door_event add column supervisor text;
drop trigger door_event_facts_are_fixed;
create trigger door_event_facts_are_fixed
before update of sequence, event_id, occurred_at, kind, card_id, passages, supervisor on door_event
begin
    select raise(abort, 'what happened does not change');
end;
create table emergency_release (
    only_row integer primary key check (only_row = 1),
    began_at text not null,
    by_panel integer not null check (by_panel in (0, 1)),
    by_hand integer not null check (by_hand in (0, 1)),
    passages integer not null check (passages >= 0),
    check (by_panel or by_hand)
) strict;
"""
