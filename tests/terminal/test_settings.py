"""Settings: TOML then environment, frozen, and unsafe values refused with a sentence."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from terminal.errors import SettingsError
from terminal.settings import (
    CounterSettings,
    DeskSettings,
    EnrolmentSettings,
    GateSettings,
    TerminalSettings,
    load_settings,
)

COMMON = {
    "backend_url": "https://pass.example.org",
    "state_dir": "/var/lib/pass",
    "reader": "Pass Counter",
}
COUNTER = {**COMMON, "pad_device": "/dev/ttyUSB0"}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TerminalSettings.model_fields:
        monkeypatch.delenv(f"PASS_TERMINAL_{name.upper()}", raising=False)


def write(folder: Path, **values: object) -> Path:
    path = folder / "terminal.toml"
    path.write_text("".join(f"{key} = {value!r}\n" for key, value in values.items()))
    return path


def refusal(folder: Path, **values: object) -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings(CounterSettings, write(folder, **{**COUNTER, **values}))
    return str(refused.value)


def test_a_counter_is_told_from_its_file(tmp_path: Path) -> None:
    settings = load_settings(CounterSettings, write(tmp_path, **COUNTER, listen_port=9999))
    assert settings.backend_url == "https://pass.example.org"
    assert settings.state_dir == Path("/var/lib/pass")
    assert settings.pad_device == Path("/dev/ttyUSB0")
    assert (settings.listen_host, settings.listen_port) == ("127.0.0.1", 9999)
    assert settings.backend_ca_file is None


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASS_TERMINAL_READER", "Pass Gate")
    monkeypatch.setenv("PASS_TERMINAL_LISTEN_PORT", "9300")
    settings = load_settings(GateSettings, write(tmp_path, **COMMON, listen_port=9999))
    assert (settings.reader, settings.listen_port) == ("Pass Gate", 9300)


def test_an_unsafe_value_in_the_environment_is_refused_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASS_TERMINAL_LISTEN_HOST", "0.0.0.0")
    assert "listen_host must be 127.0.0.1" in refusal(tmp_path)


def test_each_kind_has_a_port_of_its_own(tmp_path: Path) -> None:
    counter = load_settings(CounterSettings, write(tmp_path, **COUNTER))
    gate = load_settings(GateSettings, write(tmp_path, **COMMON))
    desk = load_settings(DeskSettings, write(tmp_path, **COMMON))
    assert len({counter.listen_port, gate.listen_port, desk.listen_port}) == 3


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load_settings(GateSettings, write(tmp_path, **COMMON))
    with pytest.raises(ValidationError):
        settings.reader = "Another"


def test_an_enrolment_reads_the_file_of_any_kind(tmp_path: Path) -> None:
    assert load_settings(EnrolmentSettings, write(tmp_path, **COUNTER)).state_dir.is_absolute()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://pass.example.org/", "https://pass.example.org"),
        ("https://pass.example.org:8443", "https://pass.example.org:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_safe_backend_is_accepted(tmp_path: Path, given: str, kept: str) -> None:
    settings = load_settings(GateSettings, write(tmp_path, **{**COMMON, "backend_url": given}))
    assert settings.backend_url == kept


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://pass.example.org", "backend_url must begin with https://"),
        ("http://192.168.1.10:8000", "backend_url must begin with https://"),
        ("http://127.0.0.1.example.org", "backend_url must begin with https://"),
        ("https://token:sesame@pass.example.org", "backend_url must hold a scheme, a host"),
        ("https://pass.example.org/api", "backend_url must hold a scheme, a host"),
        ("https://pass.example.org?key=sesame", "backend_url must hold a scheme, a host"),
        ("https://pass.example.org:port", "backend_url must be like"),
        ("https://[::1", "backend_url must be like"),
        ("ftp://pass.example.org", "backend_url must be like"),
        ("pass.example.org", "backend_url must be like"),
        ("", "backend_url must be like"),
    ],
)
def test_an_unsafe_backend_is_refused(tmp_path: Path, url: str, sentence: str) -> None:
    said = refusal(tmp_path, backend_url=url)
    assert sentence in said
    assert "sesame" not in said


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("listen_host", "0.0.0.0", "listen_host must be 127.0.0.1"),
        ("listen_host", "::", "listen_host must be 127.0.0.1"),
        ("listen_port", 0, "listen_port"),
        ("listen_port", 65536, "listen_port"),
        ("state_dir", "state", "state_dir must be an absolute path"),
        ("pad_device", "ttyUSB0", "pad_device must be an absolute path"),
        ("reader", "", "reader"),
        ("raeder", "Pass Counter", "raeder is not a setting of this terminal"),
    ],
)
def test_an_unsafe_value_is_refused(tmp_path: Path, key: str, value: object, sentence: str) -> None:
    assert sentence in refusal(tmp_path, **{key: value})


def test_all_that_must_change_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(CounterSettings, write(tmp_path, listen_host="0.0.0.0"))
    said = str(refused.value)
    for name in ("backend_url", "state_dir", "reader", "pad_device"):
        assert f"{name} is missing" in said
    assert "listen_host" in said


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_settings(GateSettings, tmp_path / "absent.toml")
    with pytest.raises(SettingsError, match="Is a directory"):
        load_settings(GateSettings, tmp_path)
    for content in (b"reader = ", b"\xff\xfe"):
        (tmp_path / "broken.toml").write_bytes(content)
        with pytest.raises(SettingsError, match="not a TOML file"):
            load_settings(GateSettings, tmp_path / "broken.toml")
