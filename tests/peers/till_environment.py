"""The tills' own virtual environment, made on first use below `var/peers-tills`.

As `environment.py`, for clients under the AGPL that run as processes of their own. The Odoo addon
is installed without Odoo: the little of it that its till needs is in `programs/odoo_till.py`.
"""

import hashlib
import sys
from pathlib import Path

from tests.peers.environment import HERE, PIP_LIMITS, ROOT, _run, _turn

CONSTRAINTS = HERE / "till-constraints.txt"
FOLDER = ROOT / "var" / "peers-tills"


def till_python(folder: Path = FOLDER) -> Path:
    """Return the tills' interpreter, installing them if they are not there.

    Raises PeersNotInstallable.
    """
    interpreter, stamp = folder / "venv" / "bin" / "python", folder / "installed"
    wanted = hashlib.sha256(CONSTRAINTS.read_bytes() + sys.version.encode()).hexdigest()
    with _turn(folder):
        if not stamp.is_file() or stamp.read_text() != wanted:
            _run(sys.executable, "-m", "venv", "--clear", str(folder / "venv"))
            pip = (str(interpreter), "-m", "pip", "--disable-pip-version-check", "--no-input")
            _run(*pip, "install", *PIP_LIMITS, "--no-deps", "--requirement", str(CONSTRAINTS))
            stamp.write_text(wanted)
    return interpreter
