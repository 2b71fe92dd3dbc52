"""The HTTP application: every room's routes under one roof, and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI

from backend import health
from backend.access import gate_event_routes
from backend.access import routes as access
from backend.api_description import API_VERSION, describe, operation_id
from backend.cards import routes as cards
from backend.events import routes as events
from backend.http import install_error_answers
from backend.partners import routes as partners
from backend.payments import enquiry_routes as enquiries
from backend.payments import routes as payments
from backend.pins import routes as pins
from backend.services import Services
from backend.web import (
    api_page,
    family_card,
    family_routes,
    federation_routes,
    operator_routes,
    organisation_documents,
    organisation_routes,
    organisation_suggestions,
    partner_events,
    partner_routes,
    passkey_routes,
    problem_pages,
    public_routes,
    sign_in_routes,
    sign_up_recovery,
    sign_up_routes,
    space_routes,
)
from backend.web import routes as web
from backend.web.error_pages import install_error_pages
from backend.web.establishment_routes import router as establishment_router
from backend.web.holder_room import router as holder_router
from backend.web.reader import ForReader
from backend.web.seen_as import ReadOnlyWhileSeen

DESCRIPTION = "System of record of the Pass card: terminals, cards, codes, payments, gates."


def build_app(services: Services | None) -> FastAPI:
    """Build the application; without services it can only describe itself (OpenAPI)."""
    app = FastAPI(
        title="Pass backend",
        version=API_VERSION,
        description=DESCRIPTION,
        generate_unique_id_function=operation_id,
        # FastAPI's own pages load their scripts from elsewhere: ours is `web/api_page.py`.
        docs_url=None,
        redoc_url=None,
        lifespan=_limit_threads,
    )
    app.state.services = services
    install_error_answers(app)
    install_error_pages(app)
    app.add_middleware(ReadOnlyWhileSeen)
    app.add_middleware(ForReader)
    for router in _routers():
        if router.include_in_schema:
            app.include_router(router)
        else:
            # Pages as they stand: included, each would be made again, at its first request too.
            app.router.routes.extend(router.routes)
    describe(app)
    return app


@asynccontextmanager
async def _limit_threads(app: FastAPI) -> AsyncIterator[None]:
    """Answer no more requests at once than there are connections: none waits for one in vain."""
    services: Services | None = app.state.services
    if services is not None:
        limiter = current_default_thread_limiter()
        limiter.total_tokens = services.settings.database_connections_max
    yield


def _routers() -> list[APIRouter]:
    return [
        partners.router,
        cards.router,
        pins.router,
        payments.router,
        enquiries.router,
        access.router,
        events.router,
        gate_event_routes.router,
        health.router,
        sign_in_routes.router,
        sign_up_routes.router,
        sign_up_recovery.router,
        space_routes.router,
        family_routes.router,
        family_card.router,
        organisation_routes.router,
        organisation_documents.router,
        organisation_suggestions.router,
        passkey_routes.router,
        federation_routes.router,
        partner_routes.router,
        partner_events.router,
        operator_routes.router,
        holder_router,
        establishment_router,
        problem_pages.router,
        api_page.router,
        public_routes.router,
        web.router,
    ]
