"""Files as they come from outside: what they are, and never more of them than a limit.

A zip is read as a stream, member by member, counting what really comes out: its own directory is
not believed. Nothing is written to a disk. Not here: what XML and tables mean.
"""

import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import IO, Final

from backend.pupils.errors import PupilFileRefused

FILE_BYTES_MAX: Final = 50_000_000
#: What one zip may hold, unpacked: an export of 20,000 pupils with addresses is half of it.
UNPACKED_BYTES_MAX: Final = 200_000_000
MEMBERS_MAX: Final = 50
_ZIP_START: Final = b"PK\x03\x04"
_XML_STARTS: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<")


class Shape(Enum):
    """What a file is, by its first bytes."""

    XML = auto()
    ZIP = auto()
    TABLE = auto()


class LimitedStream:
    """A stream of which so many bytes may be read; then PupilFileRefused."""

    def __init__(self, stream: IO[bytes], name: str, bytes_max: int) -> None:
        self._stream = stream
        self._name = name
        self.bytes_left = bytes_max

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, none at the end; raise PupilFileRefused."""
        try:
            chunk = self._stream.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            raise PupilFileRefused("zip_damaged", f"{self._name} : archive abîmée") from None
        self.bytes_left -= len(chunk)
        if self.bytes_left < 0:
            words = f"{self._name} : trop volumineux une fois décompressé"
            raise PupilFileRefused("file_too_large", words)
        return chunk


@dataclass(frozen=True, slots=True)
class XmlPart:
    """One XML document: a file, or a zip's member."""

    name: str
    stream: LimitedStream


def shape_of(path: Path) -> Shape:
    """Look at a file's first bytes; raise PupilFileRefused."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            words = f"{path.name} : plus de {FILE_BYTES_MAX // 1_000_000} Mo"
            raise PupilFileRefused("file_too_large", words)
        with path.open("rb") as file:
            start = file.read(64).lstrip(b" \t\r\n")
    except OSError:
        raise PupilFileRefused("file_unreadable", f"{path} : fichier absent ou illisible") from None
    if start.startswith(_ZIP_START):
        return Shape.ZIP
    return Shape.XML if start.startswith(_XML_STARTS) else Shape.TABLE


@contextmanager
def xml_parts(path: Path) -> Iterator[Iterator[XmlPart]]:
    """Give the XML documents of a file, one after the other; raise PupilFileRefused."""
    if shape_of(path) is Shape.XML:
        with path.open("rb") as file:
            yield iter([XmlPart(path.name, LimitedStream(file, path.name, FILE_BYTES_MAX))])
        return
    try:
        with zipfile.ZipFile(path) as archive, closing(_members(archive, path.name)) as members:
            yield members
    # zipfile: NotImplementedError for a way of packing that it does not read.
    except (zipfile.BadZipFile, NotImplementedError, EOFError):
        raise PupilFileRefused("zip_damaged", f"{path.name} : archive abîmée") from None


def _members(archive: zipfile.ZipFile, name: str) -> Generator[XmlPart]:
    members = [one for one in archive.infolist() if _is_document(one)]
    if not members:
        raise PupilFileRefused("zip_without_xml", f"{name} : aucun fichier XML dans l'archive")
    if len(members) > MEMBERS_MAX:
        raise PupilFileRefused("zip_too_full", f"{name} : plus de {MEMBERS_MAX} fichiers")
    bytes_left = UNPACKED_BYTES_MAX
    for member in members:
        if member.flag_bits & 0x1:
            words = f"{name} : archive protégée par un mot de passe"
            raise PupilFileRefused("zip_encrypted", words)
        with archive.open(member) as file:
            short = member.filename.rsplit("/", 1)[-1]
            stream = LimitedStream(file, short, bytes_left)
            yield XmlPart(short, stream)
            bytes_left = stream.bytes_left


def _is_document(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    return name.lower().endswith(".xml") and not name.startswith("__MACOSX/")
