"""`pass-backend ledger check`: prove on a live database that the ledger adds up."""

from backend.ledger.check import check_ledger
from backend.services import Services


def check(services: Services) -> tuple[str, bool]:
    """Return what was found, for a person to read, and whether all is sound."""
    with services.database.reading() as session:
        report = check_ledger(session)
    counted = f"{report.accounts} accounts, {report.transfers} transfers"
    if report.sound:
        return f"Ledger sound: {counted}, debits equal credits.", True
    lines = [f"Ledger NOT sound: {counted}, {report.problems_count} problems."]
    lines += [f"  {problem.account_id or 'whole'}: {problem.words}" for problem in report.problems]
    return "\n".join(lines), False
