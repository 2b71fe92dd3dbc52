"""`pass-backend notices send`: the job that sends mails, looks at requests, and at shared codes.

Beside the service, never in a payment's way. Several may run: each mail is one sender's at a time.
"""

import logging
from threading import Event

from sqlalchemy.exc import OperationalError

import backend.access.door_letters  # mails of another room
import backend.partners.organisations.letters  # noqa: F401 - and of a third
from backend.accounts.delivery import Delivered, OpenPost, deliver_notices
from backend.commands.refusal import CommandRefused
from backend.mail import open_post
from backend.pins.links import look_at_requests
from backend.pins.shared_codes import look_at_tallies
from backend.services import Services
from backend.vault.errors import VaultUnavailable

LOG = logging.getLogger(__name__)
PAUSE_SECONDS = 5.0


def send_once(services: Services, post: OpenPost | None = None) -> Delivered:
    """Do one round: requests become mails, tallies alarms, and what is due leaves.

    Raises CommandRefused where the settings name no mail server.
    """
    settings = services.settings
    if post is None and settings.smtp_host is None:
        raise CommandRefused("smtp_host is not set: which server takes our mails?")
    look_at_requests(services)
    try:
        look_at_tallies(services)
    except VaultUnavailable:
        LOG.warning("shared codes not looked at: the vault cannot be asked")
    return deliver_notices(services, post or (lambda: open_post(settings)))


def send_until(
    services: Services, stopping: Event, *, pause_seconds: float = PAUSE_SECONDS
) -> None:
    """Do one round after another until told to stop; a database that is away is waited for."""
    while not stopping.is_set():
        try:
            delivered = send_once(services)
            if delivered.sent or delivered.put_off or delivered.given_up:
                LOG.info("mails: %s", delivered.words)
        except OperationalError:
            LOG.warning("the database is away: no mail leaves")
        stopping.wait(pause_seconds)
