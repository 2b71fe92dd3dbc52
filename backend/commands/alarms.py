"""`pass-backend alarms`, `release-alarm`: what somebody should look at, and who did."""

import json
from uuid import UUID

from backend.commands.refusal import CommandRefused
from backend.pins.alarms import list_alarms, release_alarm
from backend.pins.guard import lift_suspension
from backend.pins.tables import CodeAlarm
from backend.services import Services


def show(services: Services, *, everything: bool, as_json: bool) -> str:
    """List the alarms not yet released, or all of them."""
    with services.database.reading() as session:
        shown = [_fields(alarm) for alarm in list_alarms(session, everything=everything)]
    if as_json:
        return json.dumps(shown)
    return "\n".join(_line(fields) for fields in shown) or "no alarm"


def release(services: Services, alarm_id: str, by: str) -> None:
    """Write down who has dealt with an alarm; its terminal checks codes again.

    Raises CommandRefused, AlarmUnknown, AlarmReleased.
    """
    try:
        wanted = UUID(alarm_id)
    except ValueError:
        msg = "an alarm's id is a UUID"
        raise CommandRefused(msg) from None
    with services.database.unit_of_work() as session:
        alarm = release_alarm(session, wanted, by, services.now())
        if alarm.terminal_id is not None:
            lift_suspension(session, alarm.terminal_id)


def _fields(alarm: CodeAlarm) -> dict[str, str | int | None]:
    ends, released = alarm.suspended_until, alarm.released_at
    return {
        "alarm_id": str(alarm.id),
        "kind": alarm.kind,
        "figure": alarm.figure,
        "terminal_id": None if alarm.terminal_id is None else str(alarm.terminal_id),
        "establishment_id": (
            None if alarm.establishment_id is None else str(alarm.establishment_id)
        ),
        "raised_at": alarm.raised_at.isoformat(),
        "suspended_until": None if ends is None else ends.isoformat(),
        "released_at": None if released is None else released.isoformat(),
        "released_by": alarm.released_by,
    }


def _line(fields: dict[str, str | int | None]) -> str:
    where = fields["terminal_id"] or fields["establishment_id"]
    line = f"{fields['raised_at']} {fields['kind']} ({fields['figure']}) at {where}"
    if fields["suspended_until"] is not None:
        line += f", no code checked until {fields['suspended_until']}"
    if fields["released_by"] is not None:
        line += f", released by {fields['released_by']}"
    return f"{line}: {fields['alarm_id']}"
