"""Every page of a holder's space, and the public directory, under one router."""

from fastapi import APIRouter

from backend.web import (
    consent_routes,
    directory_routes,
    holder_cards,
    holder_code,
    holder_data,
    holder_photo,
    holder_routes,
)

router = APIRouter(include_in_schema=False)
for _part in (
    holder_routes,
    holder_photo,
    holder_cards,
    holder_code,
    consent_routes,
    holder_data,
    directory_routes,
):
    router.routes.extend(_part.router.routes)
