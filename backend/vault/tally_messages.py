"""What the vault's process is asked about codes that many chose: one class each."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from backend.vault.code_tally import SEALED_BYTES_MAX
from backend.vault.message import Answer, Message, Short
from backend.vault.values import SecretCode
from backend.vault.vault import Vault

SealedTally = Annotated[bytes, Field(max_length=SEALED_BYTES_MAX)]


class CountCode(Message):
    """Count a code that was chosen in a group."""

    ask: Literal["count_code"] = "count_code"
    group_id: UUID
    sealed: SealedTally | None
    code: Short

    def perform(self, vault: Vault) -> Answer:
        """Ask it; the code is wiped after."""
        code = SecretCode(self.code)
        try:
            return Answer(first=vault.count_code(self.group_id, self.sealed, code))
        finally:
            code.wipe()


class IsSharedCode(Message):
    """Ask whether many of a group chose a code."""

    ask: Literal["is_shared_code"] = "is_shared_code"
    group_id: UUID
    sealed: SealedTally
    code: Short

    def perform(self, vault: Vault) -> Answer:
        """Ask it; the code is wiped after."""
        code = SecretCode(self.code)
        try:
            return Answer(truth=vault.is_shared_code(self.group_id, self.sealed, code))
        finally:
            code.wipe()


class CountSharedCodes(Message):
    """Ask how many codes many of a group chose."""

    ask: Literal["count_shared_codes"] = "count_shared_codes"
    group_id: UUID
    sealed: SealedTally

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(number=vault.count_shared_codes(self.group_id, self.sealed))
