"""Passkeys (WebAuthn): added, used to sign in alone or after a password, named, removed."""
