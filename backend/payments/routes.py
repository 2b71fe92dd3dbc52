"""Pay, ask what happened, reverse."""

from fastapi import APIRouter

router = APIRouter()
