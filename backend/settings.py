"""What the backend is told at start: TOML file, then environment, frozen, unsafe values refused.

Not here: keys. The vault's key file is only named.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """The backend's configuration, read once.

    Environment variables are `PASS_BACKEND_` and the field's name, and win over the file.
    """

    model_config = SettingsConfigDict(
        env_prefix="PASS_BACKEND_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    environment: Literal["development", "production"] = "development"
    database_url: str = "sqlite:///var/pass-backend.sqlite3"
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

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        if self.environment == "production" and self.database_url.startswith("sqlite"):
            msg = "production needs PostgreSQL: set database_url to postgresql+psycopg://…"
            raise ValueError(msg)
        if self.environment == "production" and self.vault_socket is None:
            msg = "production needs the vault in a process of its own: set vault_socket"
            raise ValueError(msg)
        return self

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
