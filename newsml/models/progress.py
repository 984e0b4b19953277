"""What a user sees while models are fetched.

Owns the screen side: lines and a bar on standard error. Knows nothing of sources.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console


class Progress(Protocol):
    """Receives what happens during a fetch."""

    def say(self, message: str) -> None:
        """Show a line."""

    def advance(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` bytes are here."""


class ScreenProgress:
    """Lines on standard error, and a bar where that is a terminal."""

    def __init__(self) -> None:
        self._console = screen()
        self._bar: Any = None

    def say(self, message: str) -> None:
        """Show a line."""
        self._close()
        self._console.print(message, markup=False, highlight=False, soft_wrap=True)

    def advance(self, done: int, total: int) -> None:
        """Move the bar; it goes away when all is here."""
        if not self._console.is_terminal:
            return
        if done >= total:
            self._close()
            return
        if self._bar is None:
            from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
            from rich.progress import Progress as RichProgress

            columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
            self._bar = RichProgress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task("", total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@cache
def screen() -> Console:
    """Standard error as a screen: one for all who show progress, so that their bars stand below each other."""
    from rich.console import Console

    return Console(stderr=True)


def megabytes(size: int) -> str:
    """A size in bytes as people say it: ``"83 MB"`` (10^6 bytes)."""
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e6:.1f} MB"
