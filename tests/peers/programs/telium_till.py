"""pypostelium's driver for Concert E+, unmodified: `python telium_till.py DEVICE EUROS`.

Writes what the driver returns as JSON; its log, on standard error, says what the terminal answered.
"""

import json
import logging
import sys

from pypostelium import Driver  # type: ignore[import-not-found]


def main(device: str, euros: str) -> None:
    logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(message)s")
    driver = Driver({"telium_terminal_device_name": device, "telium_terminal_retry_count": 5})
    wish = {"amount": float(euros), "payment_mode": "card", "currency_iso": "EUR"}
    sys.stdout.write(json.dumps(driver.transaction_start(json.dumps(wish))))


if __name__ == "__main__":
    main(*sys.argv[1:])
