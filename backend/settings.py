"""What the backend is told at start: TOML file, then environment, frozen, unsafe values refused.

Not here: keys. The vault's key file is only named.
"""

from enum import StrEnum
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from backend.database import Limits, Pooler
from backend.page_settings import PageSettings
from backend.sign_in_settings import SignInSettings, is_private


class MailSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class LostCardCode(StrEnum):
    """What becomes of the code of a card that is lost or stolen."""

    KEEP = "keep"
    CHANGE = "change"


class Settings(SignInSettings, PageSettings):
    """The backend's configuration, read once.

    Environment variables are `PASS_BACKEND_` and the field's name, and win over the file.
    """

    model_config = SettingsConfigDict(
        env_prefix="PASS_BACKEND_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    environment: Literal["development", "production"] = "development"
    database_url: str = "sqlite:///var/pass-backend.sqlite3"
    #: Connections one worker may hold, and requests it answers at once: one connection each.
    database_connections_max: int = Field(default=8, ge=1, le=100)
    #: `transaction` when PgBouncer stands between in that mode: nothing is prepared, nothing set.
    database_pooler: Pooler = Pooler.NONE
    database_wait_seconds_max: int = Field(default=10, ge=1, le=60)
    database_lock_milliseconds_max: int = Field(default=5_000, ge=100, le=60_000)
    database_statement_milliseconds_max: int = Field(default=30_000, ge=1_000, le=600_000)
    #: A replica that reports are read from; None: the database itself.
    reports_database_url: str | None = None
    #: No report is made of a replica that is further behind.
    reports_lag_seconds_max: int = Field(default=300, ge=1, le=86_400)
    #: Processes that serve the API; more than one needs the vault in a process of its own.
    workers: int = Field(default=1, ge=1, le=64)
    vault_key_file: Path = Path("var/vault-keys.json")
    #: A PKCS#11 library: the keys are in its token, and not in the key file.
    vault_token_module: Path | None = None
    vault_token_label: str = "pass"  # noqa: S105
    #: Which keys in the token: a test set and a real one may stand side by side.
    vault_token_key_set: str = Field(default="pass", pattern=r"^[A-Za-z0-9_.-]{1,32}$")
    #: Whether the token is reached over a network, which the vault's process otherwise gives up.
    vault_token_over_network: bool = False
    #: Where the vault's own process is asked; None keeps the keys in this process.
    vault_socket: Path | None = None
    #: A group whose processes may ask the vault, besides its own user's.
    vault_group: str | None = None
    listen_host: str = "127.0.0.1"
    listen_port: int = Field(default=8000, ge=1, le=65535)
    token_seconds: int = Field(default=300, ge=30, le=900)
    time_zone: str = "Europe/Paris"
    #: Where people open our pages: links in mails begin with it.
    public_url: str = Field(default="http://127.0.0.1:8000", pattern=r"^https?://[^\s?#]+$")
    #: The mail server that takes our mails; None: no mail leaves.
    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: MailSecurity = MailSecurity.STARTTLS
    #: The authority that signed the server's certificate, where the system does not know it.
    smtp_ca_file: Path | None = None
    smtp_username: str | None = None
    #: Its first kilobyte is the password, white space around it aside.
    smtp_password_file: Path | None = None
    mail_sender: str | None = Field(default=None, pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    #: Where mails come back to that cannot be delivered; a token is added to it: retours+…@….
    #: None: to mail_sender, where nobody reads them.
    mail_returns: str | None = Field(default=None, pattern=r"^[^@\s<>+]{1,37}@[^@\s<>]+$")
    #: Who is told of alarms.
    operator_email: str | None = Field(default=None, pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    #: How many digits a code has that is chosen from now on.
    code_digits: int = Field(default=4, ge=4, le=8)
    #: How many those chosen before had: they serve until changed, and pads take both.
    code_digits_before: int = Field(default=4, ge=4, le=8)
    #: Whether a lost or stolen card's code must be changed; the command may say otherwise.
    lost_card_code: LostCardCode = LostCardCode.KEEP
    #: What another card costs whoever lost theirs; written down with the order.
    replacement_fee_cents: int = Field(default=0, ge=0, le=5_000)
    #: Whether events may be sent to private addresses; for tests, and refused in production.
    events_private_addresses: bool = False
    #: The authority that signed the certificates of partners' servers, if the system has it not.
    events_ca_file: Path | None = None
    #: Whether a keypad may be used whose code the terminal encrypts, not the keypad itself.
    allow_terminal_encryption: bool = False

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        if self.environment == "production" and self.database_url.startswith("sqlite"):
            msg = "production needs PostgreSQL: set database_url to postgresql+psycopg://…"
            raise ValueError(msg)
        if self.environment == "production" and self.vault_socket is None:
            msg = "production needs the vault in a process of its own: set vault_socket"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _refuse_unsafe_events(self) -> Self:
        if self.environment == "production" and self.events_private_addresses:
            msg = (
                "production sends no event to a private address: take out events_private_addresses"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _refuse_unsafe_mail(self) -> Self:
        if self.smtp_host is not None and self.mail_sender is None:
            msg = "smtp_host needs mail_sender: who do our mails come from?"
            raise ValueError(msg)
        if self.environment != "production" or self.smtp_host is None:
            return self
        if self.smtp_security is MailSecurity.NONE:
            msg = "production sends no mail unencrypted: set smtp_security to starttls or tls"
            raise ValueError(msg)
        if not self.public_url.startswith("https://"):
            msg = "production sends links over HTTPS only: set public_url to https://…"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _refuse_sign_in_that_cannot_work(self) -> Self:
        host = urlsplit(self.public_url).hostname or ""
        site = self.passkey_site
        if site is not None and host != site and not host.endswith(f".{site}"):
            msg = "passkey_site is the host of public_url, or a name above it"
            raise ValueError(msg)
        if self.franceconnect_issuer is not None and not is_private(self.public_url):
            msg = "FranceConnect leads back to our pages over HTTPS only: set public_url"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _refuse_workers_without_vault(self) -> Self:
        if self.workers > 1 and self.vault_socket is None:
            msg = "several workers need the vault in a process of its own: set vault_socket"
            raise ValueError(msg)
        if self.workers > 1 and self.database_url.startswith("sqlite"):
            msg = "several workers need PostgreSQL: set database_url to postgresql+psycopg://…"
            raise ValueError(msg)
        return self

    @property
    def code_lengths(self) -> tuple[int, int]:
        """How many digits a pad takes, from and to: of codes chosen now, and of those before."""
        both = self.code_digits, self.code_digits_before
        return min(both), max(both)

    @property
    def database_limits(self) -> Limits:
        """What one worker may take of the database."""
        return Limits(
            connections_max=self.database_connections_max,
            wait_seconds_max=self.database_wait_seconds_max,
            lock_milliseconds_max=self.database_lock_milliseconds_max,
            statement_milliseconds_max=self.database_statement_milliseconds_max,
            pooler=self.database_pooler,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, then the file."""
        del dotenv_settings, file_secret_settings
        file = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, file


def load_settings(file: Path | None) -> Settings:
    """Read the settings from `file` (TOML, may be None) and the environment.

    Raises pydantic's ValidationError for an unknown or unsafe value, FileNotFoundError.
    """
    if file is None:
        return Settings()
    if not file.is_file():
        raise FileNotFoundError(file)

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    return FromFile()
