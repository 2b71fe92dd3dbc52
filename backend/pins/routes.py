"""The holder sets the code."""

from fastapi import APIRouter

router = APIRouter()
