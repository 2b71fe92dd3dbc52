"""Accounts of people, from the command line: another address, and who came of age.

Nobody alone changes an address here either: the command asks; a second person agrees.
"""

from zoneinfo import ZoneInfo

from backend.accounts.beneficiaries import normal_email
from backend.accounts.families.coming_of_age import AT_ONCE_MAX, end_guardianships
from backend.accounts.signin.email_change import (
    ask_email_change,
    list_email_changes,
    refuse_email_change,
)
from backend.commands.letting_in import account_called
from backend.commands.refusal import CommandRefused
from backend.services import Services


def change_email(services: Services, email: str, new_email: str) -> None:
    """Ask that an account be opened with another address; raise CommandRefused, AccountExists."""
    account_id = account_called(services, email)
    with services.database.unit_of_work() as session:
        ask_email_change(session, account_id, new_email, None, services.now())


def email_changes(services: Services) -> list[str]:
    """Return a line for each change of address that waits."""
    with services.database.reading() as session:
        lines = list_email_changes(session, services.now())
    return [
        f"{one.old_email} -> {one.new_email}: asked {one.asked_at:%Y-%m-%d %H:%M}, "
        f"{'agreed' if one.agreed else 'not agreed'}, "
        f"{'answered' if one.answered else 'not answered'}"
        for one in lines
    ]


def cancel_email_change(services: Services, email: str) -> None:
    """Take back the change of address that waits for an account; raise CommandRefused."""
    address = normal_email(email)
    with services.database.unit_of_work() as session:
        waiting = list_email_changes(session, services.now())
        found = [one.change_id for one in waiting if one.old_email == address]
        if not found:
            raise CommandRefused("no change of this address waits")
        refuse_email_change(session, found[0], None, services.now())


def come_of_age(services: Services) -> int:
    """Take everybody who is of age off their families; return how many."""
    ended, last = 0, AT_ONCE_MAX
    while last == AT_ONCE_MAX:
        now = services.now()
        today = now.astimezone(ZoneInfo(services.settings.time_zone)).date()
        with services.database.unit_of_work() as session:
            last = end_guardianships(session, today, now)
        ended += last
    return ended
