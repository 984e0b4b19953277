"""What models compute with, and which way is taken where that is left open.

Owns the names, what the hardware multiplies, and the choice that holds while models are loaded. Knows nothing of
models.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

from newsml.errors import ModelError, suggest

Backend = Literal["torch", "torch-bf16"]
"""``torch`` computes in fp32: what the figures of cards are measured with, and an output differs by less than 1e-4
whatever is read beside it. ``torch-bf16`` computes encoders and classifiers in bf16, several times as fast where the
hardware multiplies it natively; probabilities then differ in the third digit."""

AUTO = "auto"

_current: ContextVar[Backend] = ContextVar("backend", default="torch")


def has_bf16() -> bool:
    """Whether the GPU, or the processor where there is none, multiplies bf16 natively."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def chosen(name: str) -> Backend:
    """The backend of a name, ``"auto"`` among them: ``torch-bf16`` where the hardware has it, else ``torch``.

    Raises:
        ModelError: There is none of this name.
    """
    if name == AUTO:
        return "torch-bf16" if has_bf16() else "torch"
    names: tuple[Backend, ...] = get_args(Backend)
    if name not in names:
        known = (AUTO, *names)
        raise ModelError(f"backend {name!r:.40} is unknown; expected {', '.join(known)}{suggest(name, known)}")
    return names[names.index(name)]


@contextmanager
def loading_for(name: str | None) -> Iterator[None]:
    """Models loaded meanwhile compute with this backend; None leaves it at what holds around it.

    Raises:
        ModelError: There is none of this name.
    """
    token = _current.set(current() if name is None else chosen(name))
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Backend:
    """The backend that models are loaded for."""
    return _current.get()
