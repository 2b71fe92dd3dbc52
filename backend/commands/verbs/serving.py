"""`serve`, `openapi`: the HTTP application, served or described."""

import json

from backend.app import build_app
from backend.commands import readiness, serve
from backend.commands.verbs.invocation import Family, Invocation, open_services


def add(root: Family) -> None:
    """Add the verbs of this family."""
    one = root.verb("serve", _serve, "serve the HTTP API and the pages")
    one.add_argument("--workers", type=int, help="processes that serve, instead of the setting")
    root.verb("openapi", _openapi, "print the API's description")


def _serve(asked: Invocation) -> int:
    given = asked.options.workers
    settings = asked.settings
    if given is not None:
        # Checked again, as if it had stood in the file.
        settings = type(settings).model_validate({**settings.model_dump(), "workers": given})
    readiness.check_before_serving(settings)
    # Each worker opens its own: a connection does not survive a fork.
    return serve.serve(lambda: build_app(open_services(settings)), settings, settings.workers)


def _openapi(asked: Invocation) -> None:
    described = build_app(None).openapi()
    asked.say(json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False))
