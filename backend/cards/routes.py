"""Proving a card genuine, personalising it."""

from fastapi import APIRouter

router = APIRouter()
