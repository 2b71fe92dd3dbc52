"""How long things are kept: the words people read, and the days that the nightly job applies.

Promise, held by tests/backend/privacy/test_terms.py: what is said of a table, on whatever page, is
the term that its rule of the retention has. Not here: which table has which term.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time in French words; `days` where a rule counts them from a row's moment."""

    words: str
    days: int | None = None


NEXT_DAY: Final = Term("jusqu’au lendemain", 1)
TWO_DAYS: Final = Term("2 jours", 2)
THIRTY_DAYS: Final = Term("30 jours", 30)
NINETY_DAYS: Final = Term("90 jours", 90)
PASSAGES: Final = Term("90 jours, puis seulement des nombres sans personne", 90)
YEAR: Final = Term("12 mois", 366)
PROOFS: Final = Term("10 ans", 10 * 366)

#: Nobody counts these from a row's moment: they end with somebody's rights, or with their account,
#: and the job erases a year later (departures.py; closed accounts in retention.py).
WHILE_ENTITLED: Final = Term("tant que vous avez des droits, puis un an")
WHILE_OPEN: Final = Term("tant que le compte est ouvert, puis un an")
#: They end with what somebody does.
UNTIL_REMOVED: Final = Term("jusqu’à ce que vous la retiriez")
WHILE_AGREED: Final = Term("tant que vous êtes dans l’établissement et d’accord")
WHILE_LISTED: Final = Term("tant que la carte est sur la liste de la porte")
#: No job removes accounts: the law wants ten years at least.
BOOKS: Final = Term("au moins 10 ans, comme la loi le demande, sans votre nom une fois effacé")
WITH_BOOKS: Final = Term(
    "tant que vous avez des droits, puis un an ; ensuite avec les comptes, sans votre nom"
)
ALWAYS: Final = Term("un numéro sans nom, toujours, pour vous effacer aussi d’une copie restaurée")
