"""Pages anybody may read: help, what is done with their data, how usable the pages are."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from backend.accounts.signin.sign_up import LINK_HOURS_MAX, MAILS_TO_ADDRESS
from backend.http import ServicesDependency
from backend.privacy.register import REGISTER
from backend.privacy.requests import REPLY_DAYS
from backend.web.federation_ways import ways_in
from backend.web.pages import page

router = APIRouter(include_in_schema=False)


@router.get("/aide")
def help_page(services: ServicesDependency) -> HTMLResponse:
    """Tell how a Pass is used, step by step, and answer what is often asked."""
    settings = services.settings
    return page(
        "help.html",
        link_hours=LINK_HOURS_MAX,
        links_per_hour=MAILS_TO_ADDRESS.uses_max,
        ways=ways_in(settings),
        contact=settings.privacy_contact,
    )


@router.get("/donnees-personnelles")
def privacy(services: ServicesDependency) -> HTMLResponse:
    """Say what is kept, why, for how long, and what people may ask."""
    settings = services.settings
    return page(
        "privacy.html",
        register=REGISTER,
        controller=settings.controller_name,
        contact=settings.privacy_contact,
        reply_days=REPLY_DAYS,
    )


@router.get("/accessibilite")
def accessibility(services: ServicesDependency) -> HTMLResponse:
    """Show the statement that the law wants, with what was looked at and what is known to lack."""
    settings = services.settings
    return page(
        "accessibility.html",
        conformity=settings.accessibility.value,
        controller=settings.controller_name,
        contact=settings.accessibility_contact,
    )
