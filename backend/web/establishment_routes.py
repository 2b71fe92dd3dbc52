"""Every page of an establishment, under one router."""

from typing import Final

from fastapi import APIRouter

from backend.web import (
    establishment_cards,
    establishment_gates,
    establishment_import,
    establishment_photo,
    establishment_procedure,
    establishment_pupils,
    establishment_referents,
    establishment_ties,
)

PARTS: Final = (
    establishment_pupils.router,
    establishment_photo.router,
    establishment_cards.router,
    establishment_procedure.router,
    establishment_referents.router,
    establishment_gates.router,
    establishment_ties.router,
    establishment_import.router,
)
router = APIRouter(include_in_schema=False)
for _part in PARTS:
    router.routes.extend(_part.routes)
