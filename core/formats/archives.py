"""Unpacks zip archives and gzip files in memory, within limits: nothing is ever written to disk."""

import gzip
import io
import zipfile
import zlib
from itertools import islice
from pathlib import Path, PurePosixPath

from core.errors import FormatError
from core.formats.checks import shorten

MAX_MEMBERS = 20_000
MAX_UNPACKED_MEGABYTES = 200
MAX_RATIO = 200
RATIO_FREE_BYTES = 2**20  # a small file may shrink as much as it likes
CHUNK_BYTES = 2**20
MAX_BEGINNINGS = 1_000
BEGINNING_BYTES = 2**13
ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")  # of one with files, and of an empty one
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
GZIP_SIGNATURE = b"\x1f\x8b"
REMEDY = "Pack the files again with an ordinary zip program."


def unpack_zip(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive by name, in the archive's order; folders are left out.

    Raises:
        FormatError: A name leaves the archive, a limit is passed, or the archive is damaged or encrypted.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.filename.endswith("/")]
            if len(members) > MAX_MEMBERS:
                raise FormatError(
                    f"The archive has {len(members):,} files; the limit is {MAX_MEMBERS:,}. Split it into several."
                )
            files: dict[str, bytes] = {}
            left = MAX_UNPACKED_MEGABYTES * 2**20
            for member in members:
                _check_name(member.filename)
                if member.filename in files:
                    raise FormatError(f"The archive holds {shorten(member.filename)} twice. {REMEDY}")
                files[member.filename] = _read_member(archive, member, left)
                left -= len(files[member.filename])
            return files
    except DAMAGE as error:
        raise FormatError(f"The archive cannot be unpacked: {error}. {REMEDY}") from error


def list_beginnings(data: bytes) -> dict[str, bytes]:
    """Return the first bytes of the first files of an archive by name; nothing of a damaged one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = (member for member in archive.infolist() if not member.filename.endswith("/"))
            return {one.filename: _read_beginning(archive, one) for one in islice(members, MAX_BEGINNINGS)}
    except DAMAGE:
        return {}


def pack_folder(folder: Path) -> bytes:
    """Return an archive of the files below a folder; hidden ones and linked folders are left out.

    Raises:
        FormatError: It holds no file, or more than an archive may.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder): path for path in paths}
    seen = {str(name.as_posix()): path for name, path in names.items() if not any(p[0] == "." for p in name.parts)}
    if not seen:
        raise FormatError("The folder holds no files. Name the folder that holds the texts and annotations.")
    size = sum(path.stat().st_size for path in seen.values())
    if len(seen) > MAX_MEMBERS or size > MAX_UNPACKED_MEGABYTES * 2**20:
        raise FormatError(
            f"The folder holds {len(seen):,} files of {size / 2**20:.0f} MB; the limits are {MAX_MEMBERS:,} files and "
            f"{MAX_UNPACKED_MEGABYTES} MB. Split it into several."
        )
    return pack_zip({name: path.read_bytes() for name, path in seen.items()})


def pack_zip(files: dict[str, bytes]) -> bytes:
    """Return an archive that is the same byte for byte whenever it is made of the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack_gzip(data: bytes, *, left: int = MAX_UNPACKED_MEGABYTES * 2**20) -> bytes:
    """Return what a gzip file holds.

    Args:
        data: The file.
        left: Bytes that it may unpack to.

    Raises:
        FormatError: A limit is passed, or the file is damaged.
    """
    limit = _limit(len(data), left)
    unpacked = bytearray()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while chunk := file.read(CHUNK_BYTES):
                unpacked += chunk
                if len(unpacked) > limit:
                    raise FormatError(_explain("The gzip file", len(data), limit))
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError(f"The gzip file cannot be unpacked: {error}. Pack it again.") from error
    return bytes(unpacked)


def _check_name(name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise FormatError(f"The archive holds {shorten(name)}, which points outside of it; not read. {REMEDY}")


def _read_beginning(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        return file.read(BEGINNING_BYTES)


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    """Return one file, never unpacking more than the limit whatever the archive claims."""
    limit = _limit(member.compress_size, left)
    with archive.open(member) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise FormatError(_explain(shorten(member.filename), member.compress_size, limit))
    return data


def _limit(packed: int, left: int) -> int:
    return min(left, max(RATIO_FREE_BYTES, packed * MAX_RATIO))


def _explain(name: str, packed: int, limit: int) -> str:
    return (
        f"{name} unpacks from {packed:,} bytes to more than {limit:,}; the limits are {MAX_RATIO}-fold and "
        f"{MAX_UNPACKED_MEGABYTES} MB in all. Split it into several files."
    )
