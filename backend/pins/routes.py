"""Setting a code, by whoever holds an activation token. What was typed is never in an answer."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from backend.http import ServicesDependency
from backend.pins.setting import activate_code
from backend.vault.values import SecretCode

TOKEN_CHARACTERS_MAX = 128

router = APIRouter(prefix="/v1", tags=["codes"])


class CodeBody(BaseModel):
    """A one-time activation token and the four digits its holder has chosen."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    activation_token: str = Field(min_length=1, max_length=TOKEN_CHARACTERS_MAX, repr=False)
    code: str = Field(pattern=r"^[0-9]{4}$", repr=False)


@router.post("/codes", status_code=204)
def set_code(body: CodeBody, services: ServicesDependency) -> None:
    """Set a code; easy ones are refused, and `details.why` names the rule."""
    activate_code(services, body.activation_token, SecretCode(body.code))
