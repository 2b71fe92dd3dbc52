"""The communes that the directory knows: by their INSEE code, with a point where one is known."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

COMMUNE_CODE_CHARACTERS = 5
COMMUNE_NAME_CHARACTERS_MAX = 80
#: A point is in millionths of a degree, WGS 84: whole numbers, to the decimetre.
LATITUDE_MAX = 90_000_000
LONGITUDE_MAX = 180_000_000


class Commune(Base):
    """A commune, and the point that « near » is measured from."""

    __tablename__ = "commune"
    __table_args__ = (
        CheckConstraint("(latitude_e6 is null) = (longitude_e6 is null)", name="point"),
        CheckConstraint(
            f"latitude_e6 between -{LATITUDE_MAX} and {LATITUDE_MAX}"
            f" and longitude_e6 between -{LONGITUDE_MAX} and {LONGITUDE_MAX}",
            name="on_earth",
        ),
    )

    #: INSEE's, with its letter in Corsica: `2A004`.
    code: Mapped[str] = mapped_column(String(COMMUNE_CODE_CHARACTERS), primary_key=True)
    name: Mapped[str] = mapped_column(String(COMMUNE_NAME_CHARACTERS_MAX))
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]
