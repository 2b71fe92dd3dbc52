"""Hands for the turnstile, over HTTP: push the arm, swing the door, pull the cable, break a part.

Promise: as `control.py`, which adds these to its own.
"""

from dataclasses import asdict

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from simulator.refusals import TurnstileLocked
from simulator.tabletop import Tabletop
from simulator.turnstile.arm import ArmFaults
from simulator.turnstile.turnstile import SimulatedTurnstile
from simulator.wire_types import Flag


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TurnstileView(_Body):
    """What somebody in front of it sees, and how many went through since the start."""

    free: bool
    relay: bool
    rotating: bool
    stands_open: bool
    through: int
    plugged: bool
    panel: bool
    light: str | None
    beeps: int
    faults: ArmFaults


class Push(_Body):
    """Go through; by force, if it is locked."""

    force: Flag = False


class Swing(_Body):
    """Open the door or close it; by force, if it is locked."""

    stands_open: Flag
    force: Flag = False


class TurnstilePlug(_Body):
    """Whether it has its cable."""

    plugged: Flag


class PanelContact(_Body):
    """Whether the contact of the fire panel is closed."""

    closed: Flag


class WantedArmFaults(_Body):
    """What is broken from now on."""

    stuck_arm: Flag = False
    stuck_sensor: Flag = False
    blind_sensor: Flag = False
    silent: Flag = False


def turnstile_view(turnstile: SimulatedTurnstile) -> TurnstileView:
    """Look at it."""
    return TurnstileView(**asdict(turnstile.view()), faults=turnstile.faults)


def add_turnstile_routes(app: FastAPI, table: Tabletop) -> None:
    """Give the application these doors."""

    def view() -> TurnstileView:
        return turnstile_view(table.standing_turnstile())

    @app.get("/turnstile")
    def look() -> TurnstileView:
        return view()

    @app.post("/turnstile/push")
    def push(wanted: Push) -> TurnstileView:
        if not table.standing_turnstile().push(force=wanted.force):
            raise TurnstileLocked
        return view()

    @app.put("/turnstile/door")
    def swing(wanted: Swing) -> TurnstileView:
        turnstile = table.standing_turnstile()
        if not turnstile.swing(stands_open=wanted.stands_open, force=wanted.force):
            raise TurnstileLocked
        return view()

    _add_wires(app, table)


def _add_wires(app: FastAPI, table: Tabletop) -> None:
    def view() -> TurnstileView:
        return turnstile_view(table.standing_turnstile())

    @app.put("/turnstile/plug")
    def plug(wanted: TurnstilePlug) -> TurnstileView:
        turnstile = table.standing_turnstile()
        if wanted.plugged:
            turnstile.plug()
        else:
            turnstile.unplug()
        return view()

    @app.put("/turnstile/panel")
    def panel(wanted: PanelContact) -> TurnstileView:
        table.standing_turnstile().set_panel(closed=wanted.closed)
        return view()

    @app.put("/turnstile/faults")
    def faults(wanted: WantedArmFaults) -> TurnstileView:
        table.standing_turnstile().set_faults(ArmFaults(**wanted.model_dump()))
        return view()
