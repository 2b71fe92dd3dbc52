"""What the vault may refuse. No leaf ever carries a key, a code or a block."""

from backend.errors import ConflictError, NotFoundError, UnavailableError


class VaultError(Exception):
    """The vault itself cannot be used: nothing a request did."""


class KeyFileRefused(VaultError):
    """The key file cannot be trusted, read or made; the backend does not start on it."""


class DialogueUnknown(NotFoundError):
    """No such personalisation, or it took too long, or it is over."""

    code = "personalisation_not_found"
    message = "There is no such personalisation, or it took too long."


class TooManyDialogues(UnavailableError):
    """As many cards as allowed are being personalised now."""

    code = "too_many_personalisations"
    message = "Too many cards are being personalised at this moment; try again."


class PersonalisationFailed(ConflictError):
    """The card did not let itself be personalised; `reason` names the kind of refusal."""

    code = "personalisation_failed"
    message = "The card could not be personalised."


class CardKeyVersionUnknown(UnavailableError):
    """A card was made under masters that the key file does not hold: an older copy, perhaps."""

    code = "card_key_version_unknown"
    message = "The vault does not hold the keys of this card's version."


class VaultNotConfined(VaultError):
    """The vault's process could not give up what it must; it does not start."""


class VaultSocketRefused(VaultError):
    """The vault's socket cannot be made where it should be; it does not start."""


class VaultUnavailable(UnavailableError):
    """The vault's process does not answer, or not in time, or not in its language."""

    code = "vault_unavailable"
    message = "The vault cannot be reached; the same request may succeed later."


class TokenRefused(VaultError):
    """The PKCS#11 token cannot be used, or does not hold what it should."""
