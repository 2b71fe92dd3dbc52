"""Every wait, size and number of the till protocols, named, with its unit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TillLimits:
    """Seconds unless the name says otherwise."""

    request_bytes_max: int = 2048
    request_fields_max: int = 40
    request_seconds_max: float = 3.0  # from the connection to the request's last byte
    quiet_seconds: float = 0.25  # silence after which an unfinished request is judged as it is
    settle_seconds: float = 0.03  # silence after which a request with all it needs is whole
    answer_bytes_max: int = 1024  # tills read once, this much
    answer_seconds_max: float = 120.0  # tills wait for 177 s and more
    sale_seconds_max: float = 105.0  # then a sale that has sent nothing is given up
    send_seconds_max: float = 2.0
    close_seconds_max: float = 1.0  # for the till to have read the answer and closed
    drained_bytes_max: int = 65_536  # read and dropped after an answer, so that it is not lost
    look_seconds: float = 0.05
    connections_max: int = 8
    undelivered_seconds_max: float = 900.0  # how long an answer nobody read waits for its till
    last_payment_seconds_max: float = 86_400.0  # how old a till's last payment may be, unnamed


DEFAULT_TILL_LIMITS = TillLimits()
