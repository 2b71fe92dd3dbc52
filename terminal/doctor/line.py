"""The line to the backend: name, connection, who it says we are, what time it says it is."""

import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from terminal.backend_client import BackendClient
from terminal.doctor.findings import Finding, Part, bad, good, warning
from terminal.errors import BackendError, BackendRefused

CONNECT_SECONDS_MAX: Final = 3.0
ANSWER_SECONDS_GOOD: Final = 1.0
_PORTS: Final = {"https": 443, "http": 80}


def look_at_network(backend_url: str) -> Finding:
    """Say whether the backend's name is known and its port opens."""
    parts = urlsplit(backend_url)
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return bad(
            Part.NETWORK,
            "name_unknown",
            f"Le nom {host} n'est pas connu du réseau.",
            "Vérifiez le câble ou le Wi-Fi, puis backend_url dans la configuration.",
        )
    try:
        socket.create_connection((host, port), CONNECT_SECONDS_MAX).close()
    except OSError:
        return bad(
            Part.NETWORK,
            "port_closed",
            f"{host} ne répond pas sur le port {port}.",
            "Le réseau de l'établissement filtre peut-être ce port, ou le serveur est arrêté.",
        )
    return good(Part.NETWORK, f"{host}, port {port}, répond.")


def look_at_backend(backend: BackendClient, monotonic: Callable[[], float]) -> Finding:
    """Say whether the backend knows us and lets us in."""
    begun = monotonic()
    try:
        me = backend.me()
    except BackendRefused as refusal:
        return _refused(refusal)
    except BackendError:
        return bad(
            Part.BACKEND,
            "backend_silent",
            "Le serveur ne donne pas de réponse utilisable.",
            "Attendez quelques minutes ; si cela dure, appelez votre service Pass.",
        )
    seconds = monotonic() - begun
    said = f"Le serveur reconnaît « {me.name} » ({seconds * 1000:.0f} ms)."
    if seconds > ANSWER_SECONDS_GOOD:
        return warning(
            Part.BACKEND, "backend_slow", said, "La liaison est lente : les ventes attendront."
        )
    return good(Part.BACKEND, said)


def look_at_clock(ahead: timedelta | None, *, is_wrong: bool) -> Finding:
    """Say how far our clock is from the backend's; `ahead` is None when it could not be asked."""
    if ahead is None:
        return warning(
            Part.CLOCK,
            "clock_unknown",
            "L'heure n'a pas pu être comparée à celle du serveur.",
            "Réparez d'abord la liaison.",
        )
    seconds = round(abs(ahead).total_seconds())
    side = "avance" if ahead > timedelta() else "retarde"
    if is_wrong:
        return warning(
            Part.CLOCK,
            "clock_wrong",
            f"L'horloge de ce poste {side} de {seconds} s.",
            "Réglez-la : timedatectl set-ntp true",
        )
    return good(Part.CLOCK, f"L'heure est celle du serveur, à {seconds} s près.")


def now_monotonic() -> float:
    """Return seconds that only grow."""
    return time.monotonic()


def _refused(refusal: BackendRefused) -> Finding:
    if refusal.code == "terminal_revoked":
        return bad(
            Part.BACKEND,
            "terminal_revoked",
            "Ce poste a été révoqué.",
            "Demandez un nouveau code d'enregistrement à votre service Pass.",
        )
    return bad(
        Part.BACKEND,
        "backend_refused",
        f"Le serveur refuse ce poste ({refusal.code}).",
        "Signalez ce mot à votre service Pass.",
    )
