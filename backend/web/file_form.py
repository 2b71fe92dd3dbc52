"""A form that carries files: counted while it comes, cut off where it is too long.

Promise: no more than so many bytes are kept, whatever a request says of its length; the rest is
read and thrown away, so that the browser comes to read the answer; a form that is not of the
session's own page is refused. Not here: what the files are.
"""

import hmac
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from backend.accounts.signin.tokens import form_token
from backend.web.signed_in import FormForged

#: Besides the files: the fields, and what stands between them.
FIELDS_BYTES_MAX: Final = 32 * 1024
FIELDS_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class FileForm:
    """What a form carried; `files` are still open, `parsed` closes them."""

    fields: Mapping[str, str] = field(repr=False)
    files: tuple[UploadFile, ...] = ()
    too_long: bool = False
    #: No such form at all.
    unreadable: bool = False
    parsed: FormData = field(default_factory=FormData, repr=False)

    async def close(self) -> None:
        """Let go of what was kept on the disk."""
        await self.parsed.close()


async def read_file_form(request: Request, *, bytes_max: int, files_max: int) -> FileForm:
    """Read a form of `multipart/form-data`; what is too long has neither fields nor files."""
    coming = _Counted(request.stream(), bytes_max + FIELDS_BYTES_MAX)
    parser = MultiPartParser(
        request.headers,
        coming.kept(),
        max_files=files_max,
        max_fields=FIELDS_MAX,
        max_part_size=FIELDS_BYTES_MAX,
    )
    try:
        parsed = await parser.parse()
    except (MultiPartException, KeyError):
        return FileForm({}, too_long=coming.is_too_long, unreadable=not coming.is_too_long)
    said = parsed.multi_items()
    fields = {name: value for name, value in said if isinstance(value, str)}
    files = (value for _, value in said if isinstance(value, UploadFile))
    return FileForm(fields, tuple(one for one in files if one.filename), parsed=parsed)


@dataclass(frozen=True, slots=True)
class GivenFile:
    """What a form with one file carried: its fields, and the file if one was chosen.

    Of one that was too long or no such form nothing is known, not even whose page it is from.
    """

    fields: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)
    said_type: str | None = None
    too_long: bool = False
    unreadable: bool = False


async def read_given_file(request: Request, token: str, *, bytes_max: int) -> GivenFile:
    """Read a form with one file, of a page of this session; raise FormForged."""
    form = await read_file_form(request, bytes_max=bytes_max, files_max=1)
    if form.too_long or form.unreadable:
        return GivenFile({}, too_long=form.too_long, unreadable=form.unreadable)
    try:
        one = next(iter(form.files), None)
        content = None if one is None else await one.read()
    finally:
        await form.close()
    check_form(form.fields.get("form", ""), token)
    return GivenFile(form.fields, content or None, None if one is None else one.content_type)


def check_form(said: str, token: str) -> None:
    """Refuse a form that is not of a page of this session; raise FormForged."""
    if not hmac.compare_digest(said.encode(), form_token(token).encode()):
        raise FormForged


class _Counted:
    """A body of which so many bytes are let through; its end is a fault where it was longer."""

    def __init__(self, stream: AsyncIterator[bytes], bytes_max: int) -> None:
        self._stream = stream
        self._bytes_left = bytes_max
        self.is_too_long = False

    async def kept(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self._stream:
            self._bytes_left -= len(chunk)
            if self._bytes_left < 0:
                self.is_too_long = True
            else:
                yield chunk
        if self.is_too_long:
            # The parser then closes what it had begun to keep.
            raise MultiPartException("longer than is kept")
