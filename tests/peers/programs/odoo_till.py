"""The Odoo point of sale's own client for Caisse-AP, unmodified, without Odoo.

Run by the tills' interpreter: `python odoo_till.py HOST PORT AMOUNT CURRENCY MODE` writes what its
method answers to the till's page, as JSON. The stub holds what the addon's one model asks of Odoo.
"""

import importlib.metadata
import importlib.util
import json
import sys
import types
from collections.abc import Callable
from typing import Any

ADDON = "odoo-addon-l10n-fr-pos-caisse-ap-ip"
MODEL = "models/pos_payment_method.py"
TIMEOUT_MS = 60_000


class Currency:
    """A record of res.currency."""

    decimal_places = 2

    def __init__(self, name: str) -> None:
        self.name = name

    def browse(self, _ids: object) -> "Currency":
        return self

    def compare_amounts(self, one: float, other: float) -> int:
        cents, others = round(one * 100), round(other * 100)
        return (cents > others) - (cents < others)


class Environment:
    """What `self.env` gives."""

    def __init__(self, currency: Currency) -> None:
        self._currency = currency

    def __getitem__(self, model: str) -> Currency:
        assert model == "res.currency"
        return self._currency

    def _(self, text: str, *values: object, **named: object) -> str:
        return text % (named or values) if named or values else text


class Model:
    """What a model inherits."""

    def browse(self, _ids: object) -> "Model":
        return self

    def ensure_one(self) -> "Model":
        return self


def _same(method: Callable[..., Any]) -> Callable[..., Any]:
    return method


def _field(*_arguments: object, **named: object) -> object:
    return named.get("default")


def stub_odoo() -> None:
    odoo: Any = types.ModuleType("odoo")
    odoo.api = types.SimpleNamespace(model=_same, constrains=lambda *_names: _same)
    odoo.fields = types.SimpleNamespace(Selection=_field, Char=_field, Integer=_field)
    odoo.models = types.SimpleNamespace(Model=Model)
    exceptions: Any = types.ModuleType("odoo.exceptions")
    exceptions.ValidationError = ValueError
    sys.modules.update({"odoo": odoo, "odoo.exceptions": exceptions})


def load_till() -> Any:
    files = importlib.metadata.files(ADDON) or []
    (path,) = (file.locate() for file in files if str(file).endswith(MODEL))
    spec = importlib.util.spec_from_file_location("pos_payment_method", str(path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PosPaymentMethod()


def main(host: str, port: str, amount: str, currency: str, mode: str) -> None:
    stub_odoo()
    till = load_till()
    till.env = Environment(Currency(currency))
    till.fr_caisse_ap_ip_address, till.fr_caisse_ap_ip_port = host, int(port)
    till.fr_caisse_ap_ip_mode = mode
    wish = {
        "amount": float(amount),
        "currency_id": 1,
        "payment_method_id": 1,
        "timeout": TIMEOUT_MS,
    }
    sys.stdout.write(json.dumps(till.fr_caisse_ap_ip_send_payment(wish)))


if __name__ == "__main__":
    main(*sys.argv[1:])
