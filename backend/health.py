"""Whether the backend can work now: asked by machines, without a secret."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text

from backend.http import ServicesDependency

router = APIRouter(prefix="/v1", tags=["health"])


class Health(BaseModel):
    """The database answers; anything else is an error answer."""

    status: Literal["ok"] = "ok"


@router.get("/health", name="read_health")
def health(services: ServicesDependency) -> Health:
    """Answer `ok` if the database answers; 503 `database_unavailable` otherwise."""
    with services.database.reading() as session:
        session.execute(text("SELECT 1"))
    return Health()
