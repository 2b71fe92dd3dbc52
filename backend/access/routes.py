"""Access lists out, passages in."""

from fastapi import APIRouter

router = APIRouter()
