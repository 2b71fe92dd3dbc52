"""Every room's tables, gathered so that the schema is whole: for migrations and tests."""

from importlib import import_module
from pathlib import Path

_here = Path(__file__).parent
# A room without tables (vault, web) has no such file.
for _file in sorted(_here.glob("*/**/*tables.py")):
    import_module(".".join(("backend", *_file.relative_to(_here).with_suffix("").parts)))
