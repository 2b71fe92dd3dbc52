"""What a counter opens for others: its page, the shop's till, the ticket printer.

A port that the running daemon listens on is knocked at; otherwise it is taken for a moment, as the
daemon will take it. A printer is asked how it is, and never made to print.
"""

import errno
import socket
from collections.abc import Iterator
from typing import Final

from terminal.counter.receipts.printer import open_printer
from terminal.doctor.findings import Finding, Part, bad, good
from terminal.errors import PadError, PadRefused, PrinterAbsent, PrinterError, PrinterOutOfPaper
from terminal.pin.serial_link import LineSettings, SerialLink
from terminal.settings import CounterSettings
from terminal.till_settings import CaisseApSettings, ConcertSettings, PrinterSettings

KNOCK_SECONDS_MAX: Final = 2.0


def look_at_doors(settings: CounterSettings, *, daemon_runs: bool) -> Iterator[Finding]:
    """Look at every door that the configuration opens."""
    host, port = settings.listen_host, settings.listen_port
    yield _look_at_port(Part.PAGE, host, port, "la page de caisse", daemon_runs=daemon_runs)
    if settings.caisse_ap is not None:
        yield from _look_at_caisse_ap(settings.caisse_ap, daemon_runs=daemon_runs)
    if settings.concert is not None:
        yield _look_at_concert(settings.concert, daemon_runs=daemon_runs)
    if settings.printer is not None:
        yield _look_at_printer(settings.printer)


def _look_at_caisse_ap(door: CaisseApSettings, *, daemon_runs: bool) -> Iterator[Finding]:
    for host in door.listen_hosts:
        what = "la caisse du commerçant (Caisse-AP)"
        yield _look_at_port(Part.TILL, str(host), door.port, what, daemon_runs=daemon_runs)


def _look_at_port(part: Part, host: str, port: int, what: str, *, daemon_runs: bool) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        if daemon_runs:
            socket.create_connection((host, port), KNOCK_SECONDS_MAX).close()
        else:
            socket.create_server((host, port), family=family).close()
    except OSError as error:
        return _port_fault(part, host, port, error, daemon_runs=daemon_runs)
    state = "est ouvert" if daemon_runs else "est libre"
    return good(part, f"Le port {port} de {host}, pour {what}, {state}.")


def _port_fault(part: Part, host: str, port: int, error: OSError, *, daemon_runs: bool) -> Finding:
    key = "listen_port" if part is Part.PAGE else "[caisse_ap] port"
    if daemon_runs:
        return bad(
            part,
            f"{part}_silent",
            f"La caisse tourne, mais le port {port} de {host} ne répond pas.",
            "Redémarrez-la : systemctl restart pass-counter",
        )
    if error.errno == errno.EADDRINUSE:
        return bad(
            part,
            f"{part}_port_in_use",
            f"Un autre programme écoute déjà sur le port {port} de {host}.",
            f"Arrêtez-le (ss -ltnp le nomme), ou changez {key} dans la configuration.",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return bad(
            part,
            f"{part}_address_unknown",
            f"{host} n'est pas une adresse de cette machine.",
            "Corrigez [caisse_ap] listen_hosts, ou rétablissez le réseau du magasin.",
        )
    return bad(
        part,
        f"{part}_port_refused",
        f"Le port {port} de {host} ne peut pas être ouvert : {error.strerror}.",
        f"Choisissez {key} au-dessus de 1024.",
    )


def _look_at_concert(door: ConcertSettings, *, daemon_runs: bool) -> Finding:
    if daemon_runs:
        return good(Part.TILL, f"{door.device} (Concert) est à la caisse en marche.")
    try:
        SerialLink(door.device, LineSettings.parse(door.line)).close()
    except PadRefused:
        return bad(
            Part.TILL,
            "till_line_in_use",
            f"Un autre programme tient la ligne {door.device} (Concert).",
            "Fermez cet autre programme.",
        )
    except PadError:
        return bad(
            Part.TILL,
            "till_line_absent",
            f"La ligne {door.device} (Concert) ne peut pas être ouverte.",
            "Branchez le câble de la caisse, et ajoutez le compte du service au groupe dialout.",
        )
    return good(Part.TILL, f"La ligne {door.device} (Concert) s'ouvre.")


def _look_at_printer(printer: PrinterSettings) -> Finding:
    try:
        open_printer(printer).print_ticket(b"")
    except PrinterAbsent:
        return bad(
            Part.PRINTER,
            "printer_absent",
            "L'imprimante de tickets ne répond pas.",
            "Allumez-la, branchez-la, ou corrigez [printer] dans la configuration.",
        )
    except PrinterOutOfPaper:
        return bad(
            Part.PRINTER,
            "printer_out_of_paper",
            "L'imprimante de tickets n'a plus de papier.",
            "Changez le rouleau.",
        )
    except PrinterError:
        return bad(
            Part.PRINTER,
            "printer_silent",
            "L'imprimante de tickets est là, mais ne dit pas comment elle va.",
            "Fermez son capot ; si elle ne sait pas répondre, écrivez asks_status = false.",
        )
    return good(Part.PRINTER, "L'imprimante de tickets répond et a du papier.")
