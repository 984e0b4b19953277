"""Every exception newsml raises on purpose.

Owns the exception types and the near-name suggestion they share. Knows nothing of models, files or tasks.
Each message says what was got, what was expected and what to do next, on one line.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class NewsmlError(Exception):
    """Base of every error raised on purpose; the command line prints its message as one line."""

    def __str__(self) -> str:
        """The message alone, also where the builtin beside it (``OSError``) would word it its own way."""
        return str(self.args[0]) if self.args else ""


class ArticleError(NewsmlError, ValueError):
    """An article that cannot be analysed: no text, no words, too long, or not in a language the model reads."""


class QueryError(NewsmlError, ValueError):
    """A question that cannot be asked of an article: an empty or overlong target or claim."""


class ReadError(NewsmlError, ValueError):
    """A file that exists but cannot be read as articles: encoding, format, or a missing column."""


class FileMissingError(NewsmlError, FileNotFoundError):
    """A file or folder that does not exist."""


class WriteError(NewsmlError, OSError):
    """A file that results cannot be written to."""


class ConfigError(NewsmlError, ValueError):
    """A configuration that does not fit its schema; lists every fault with its path."""


class ModelError(NewsmlError, ValueError):
    """A model that cannot do what was asked of it: unknown name, wrong architecture, damaged files."""


class ExportError(ModelError, RuntimeError):
    """A model cannot be exported, or not run once it is; another backend computes it."""


class DownloadError(NewsmlError, OSError):
    """Model files that no source could deliver, or a cache folder that cannot be written."""


class MissingDependencyError(NewsmlError, ImportError):
    """An optional package that is not installed; names the pip command that installs it."""


class DataError(NewsmlError, ValueError):
    """Labelled data or predictions that cannot be used: a missing column, an unknown label, no row left."""


class TrainingError(NewsmlError, RuntimeError):
    """A training run that cannot go on."""


def suggest(name: str, known: Iterable[str], *, count: int = 3) -> str:
    """Say which known names are nearest to a mistyped one.

    Args:
        name: What was given.
        known: The names that would have been understood.
        count: At most so many suggestions.

    Returns:
        ``"; did you mean 'a' or 'b'?"``, or an empty string where nothing is near.
    """
    originals = {k.lower(): k for k in known}
    near = get_close_matches(name.lower(), originals, n=count, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(originals[n]) for n in near)}?" if near else ""
