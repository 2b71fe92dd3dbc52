"""Every page of an establishment, under one router."""

from fastapi import APIRouter

from backend.web import establishment_cards, establishment_gates, establishment_pupils

router = APIRouter(include_in_schema=False)
for _part in (establishment_pupils, establishment_cards, establishment_gates):
    router.include_router(_part.router)
