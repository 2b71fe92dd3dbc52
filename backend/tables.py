"""Every room's tables, gathered so that the schema is whole: for migrations and tests."""

from importlib import import_module
from pathlib import Path

# A room without tables (vault, web) has no such file.
for _file in sorted(Path(__file__).parent.glob("*/*tables.py")):
    import_module(f"backend.{_file.parent.name}.{_file.stem}")
