"""The peers' environment says why it cannot be had, and is not made twice."""

import sys
from pathlib import Path

import pytest

from tests.peers import environment
from tests.peers.environment import PeersNotInstallable, peer_python


def test_a_failing_installer_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    talking = tmp_path / "python"
    talking.write_text("#!/bin/sh\necho no such package >&2\nexit 1\n")
    talking.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(talking))
    with pytest.raises(PeersNotInstallable, match="no such package"):
        peer_python(tmp_path / "peers")
    talking.unlink()
    with pytest.raises(PeersNotInstallable, match="No such file"):
        peer_python(tmp_path / "peers")


def test_it_is_made_once_for_the_same_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(environment, "_run", lambda *command: asked.append(" ".join(command)))
    assert peer_python(tmp_path) == tmp_path / "venv" / "bin" / "python"
    once = len(asked)
    assert peer_python(tmp_path).parent.is_relative_to(tmp_path)
    assert len(asked) == once == 2
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("pyscard==2.3.0\n")
    monkeypatch.setattr(environment, "CONSTRAINTS", constraints)
    peer_python(tmp_path)
    assert len(asked) == 4
