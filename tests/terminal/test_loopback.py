"""The page's server: a port that another program has is said in a sentence, and nothing runs."""

import socket

import pytest
from fastapi import FastAPI

from terminal.errors import SettingsError
from terminal.loopback import PageServer


def test_a_port_that_is_taken_is_a_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = PageServer(FastAPI(), "127.0.0.1", port, lambda: None)
        with pytest.raises(SettingsError, match=f"port {port}.*change listen_port"):
            server.serve_until_signal()
