"""Hands on a stage's programs: stop one, start a counter, let a holder choose a code."""

import httpx

from scripts.demo.loopback import answers, ask
from scripts.demo.processes import Program
from scripts.demo.story import Story
from scripts.demo.world import BIN, World

STOP_SECONDS_MAX = 15.0


def find(world: World, name: str) -> Program:
    """Return the program of that name that was started last."""
    return next(one for one in reversed(world.programs.running) if one.name == name)


def stop(world: World, name: str) -> None:
    """Stop a program as its operator would."""
    program = find(world, name)
    program.process.terminate()
    program.process.wait(STOP_SECONDS_MAX)


def start_counter(world: World, name: str) -> Program:
    """Start a counter on its configuration file; return once it answers."""
    command = [str(BIN / "pass-terminal"), "counter", "--config", world.config(name)]
    program = world.programs.start(name, command)
    world.programs.wait_until(program, lambda: answers(f"{world.till}/health"))
    return program


def start_backend(world: World) -> Program:
    """Start the backend; return once it answers."""
    command = [str(BIN / "pass-backend"), "--config", world.config("backend"), "serve"]
    program = world.programs.start("backend", command)
    world.programs.wait_until(program, lambda: answers(f"{world.backend}/v1/health"))
    return program


def activate(story: Story, name: str, code: str) -> httpx.Response:
    """Let a person of the story choose a code on the activation page."""
    token = story.world.people[name].activation_token
    typed = {"code": code, "code_again": code}
    return ask("POST", f"{story.world.backend}/activation/{token}", data=typed)
