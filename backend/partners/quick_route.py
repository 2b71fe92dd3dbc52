"""A counter's busiest routes: the whole answer in one turn of a thread, and nothing around it.

FastAPI takes a turn for the terminal and one for the route, and half a millisecond to hand each
its arguments. Here the body is read, the terminal looked up, the route run and its answer written
in the same turn. Promise: whatever is not as it should be goes FastAPI's usual way, so its refusals
and the documented API are the same.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, get_type_hints
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from backend.http import ServicesDependency
from backend.partners.authentication import CurrentCounter
from backend.partners.tables import TerminalKind
from backend.partners.tokens import RecentTerminals, require_kind
from backend.services import Services

JSON: Final = "application/json"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class _Arguments:
    """What a quick route is called with: a body, its counter, the services, ids of its path."""

    body: str
    model: type[BaseModel]
    terminal: str
    services: str
    ids: tuple[str, ...]

    def read(self, body: bytes, path: dict[str, Any]) -> dict[str, Any]:
        """Return what the request says; raise ValueError for what FastAPI should refuse."""
        said: dict[str, Any] = {name: UUID(path[name]) for name in self.ids}
        said[self.body] = self.model.model_validate_json(body)
        return said


class QuickRoute(APIRoute):
    """A route of a counter that takes a JSON body and answers with a model.

    The terminal may be known from a request before: see RecentTerminals for what that asks of it.
    """

    def get_route_handler(self) -> Handler:
        """Return what answers a request."""
        usual: Handler = super().get_route_handler()
        arguments = _arguments_of(self.endpoint)
        status = self.status_code or 200

        async def handle(request: Request) -> Response:
            token = _token(request)
            services: Services | None = request.app.state.services
            if token is None or services is None or request.headers.get("content-type") != JSON:
                return await usual(request)
            try:
                said = arguments.read(await request.body(), request.path_params)
            except (ValidationError, ValueError):
                return await usual(request)
            said[arguments.services] = services
            recent = _recent(request)

            def answer() -> Response:
                terminal = recent.authenticate(services.database, token, services.now())
                require_kind(terminal, TerminalKind.COUNTER)
                body = self.endpoint(**said, **{arguments.terminal: terminal})
                return Response(body.model_dump_json(), status, media_type=JSON)

            return await run_sync(answer)

        return handle


def _token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def _recent(request: Request) -> RecentTerminals:
    """Return what this application's process remembers of its terminals."""
    state = request.app.state
    if not hasattr(state, "recent_terminals"):
        state.recent_terminals = RecentTerminals()
    recent: RecentTerminals = state.recent_terminals
    return recent


def _arguments_of(endpoint: Callable[..., Any]) -> _Arguments:
    hints = get_type_hints(endpoint, include_extras=True)
    hints.pop("return", None)
    models = {name: hint for name, hint in hints.items() if _is_model(hint)}
    (body,) = models
    return _Arguments(
        body=body,
        model=models[body],
        terminal=_named(hints, CurrentCounter),
        services=_named(hints, ServicesDependency),
        ids=tuple(name for name, hint in hints.items() if hint is UUID),
    )


def _is_model(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _named(hints: dict[str, Any], wanted: object) -> str:
    (name,) = (name for name, hint in hints.items() if hint == wanted)
    return name
