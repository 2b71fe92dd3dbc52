"""The till's API is what its own description says: Schemathesis finds nothing wrong."""

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from terminal.counter.api import create_app
from tests.terminal.counter.shop import Shop


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_that_is_described_is_so(shop: Shop) -> None:
    sale_id = shop.sell()
    shop.wait_for_rest()
    schemathesis.openapi.format("sales-cursor", st.just(sale_id))
    host = {"Host": "127.0.0.1:9251"}
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "headers": host,
            "continue-on-failure": True,
            "generation": {"max-examples": 10, "database": "none", "no-shrink": True},
            "phases": {"stateful": {"enabled": False}},
            "operations": [
                # A stream of events does not end.
                {"include-path-regex": "/events$", "enabled": False},
                # A cursor that was made up is refused, and its form cannot say so.
                {
                    "include-path": "/sales",
                    "include-method": "GET",
                    "checks": {"positive_data_acceptance": {"enabled": False}},
                },
            ],
        }
    )
    app = create_app(shop.till)
    api = schemathesis.openapi.from_asgi("/openapi.json", app, config=config, headers=host)
    wrong, calls = list[str](), 0
    for event in from_schema(api).execute():
        if isinstance(event, events.NonFatalError):
            wrong.append(str(event.info))
        if isinstance(event, events.FatalError):
            wrong.append(str(event.exception))
        if isinstance(event, events.ScenarioFinished):
            calls += len(event.recorder.checks)
            wrong += [
                f"{check.failure_info.failure.title}: {check.failure_info.failure.message}\n"
                f"{check.failure_info.code_sample}"
                for checks in event.recorder.checks.values()
                for check in checks
                if check.failure_info is not None
            ]
    assert not wrong, "\n\n".join(wrong[:8])
    assert calls > 300
