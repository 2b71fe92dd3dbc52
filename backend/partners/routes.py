"""Terminals: enrolment, tokens, who am I."""

from fastapi import APIRouter

router = APIRouter()
