"""What models compute with, and which way is taken where that is left open.

Owns the names, what the hardware multiplies, and the choice that holds while models are loaded. Knows nothing of
models.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from shutil import which
from time import perf_counter
from typing import TYPE_CHECKING, Literal, get_args

from newsml.errors import ModelError, suggest

if TYPE_CHECKING:
    import torch

Backend = Literal["torch", "torch-bf16", "onnx", "onnx-int8", "ctranslate2-int8"]
"""``torch`` computes in fp32: what the figures of cards are measured with, and an output differs by less than 1e-4
whatever is read beside it. ``torch-bf16`` computes encoders and classifiers in bf16, several times as fast where the
hardware multiplies it natively; probabilities then differ in the third digit. ``onnx`` computes them in fp32 by ONNX
Runtime (extra ``onnx``): as ``torch`` does, but started in a third of the time, since torch is not imported.
``onnx-int8`` computes them in int8, for processors without bf16. ``ctranslate2-int8`` computes generators in int8 by
CTranslate2 (extra ``fast``), and all else in fp32."""

AUTO = "auto"

WORTH = 1.3
"""How many times as fast as fp32 bf16 has to multiply for ``auto`` to take it."""

_current: ContextVar[Backend] = ContextVar("backend", default="torch")


def device() -> torch.device:
    """The first GPU where there is one, else the processor."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def on_gpu() -> bool:
    """Whether models compute on a GPU: without torch, which is slow to import, none does."""
    return sys.modules.get("torch") is not None and device().type == "cuda"


def has_bf16() -> bool:
    """Whether the GPU, or the processor where there is none, multiplies bf16 natively."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def chosen(name: str) -> Backend:
    """The backend of a name; of ``"auto"`` the one that ``faster`` finds.

    Raises:
        ModelError: There is none of this name.
    """
    if name == AUTO:
        return faster()[0]
    names: tuple[Backend, ...] = get_args(Backend)
    if name not in names:
        known = (AUTO, *names)
        raise ModelError(f"backend {name!r:.40} is unknown; expected {', '.join(known)}{suggest(name, known)}")
    return names[names.index(name)]


@cache
def faster() -> tuple[Backend, str]:
    """The fastest backend here that no model can be refused by, as measured, and why."""
    ratio = _bf16_ratio() if has_bf16() else 1.0
    if ratio >= WORTH:
        return "torch-bf16", f"bf16 multiplies {ratio:.1f} times as fast as fp32 here"
    return "torch", "bf16 is not native here; onnx-int8, where it is not refused, has to be named"


def quickest() -> Backend:
    """The backend that starts fastest and answers as ``torch`` does: for an article or two."""
    return "onnx" if onnx_installed() and which("nvidia-smi") is None else "torch"


def _bf16_ratio() -> float:
    """How many times as fast a layer's matrix product is in bf16 as in fp32."""
    import torch

    place = device()
    times = {}
    for dtype in (torch.float32, torch.bfloat16):
        rows, weights = (torch.ones(shape, dtype=dtype, device=place) for shape in ((2048, 384), (1536, 384)))
        taken = []
        for _ in range(5):
            start = perf_counter()
            float(torch.nn.functional.linear(rows, weights)[0, 0])
            taken.append(perf_counter() - start)
        times[dtype] = min(taken)
    return times[torch.float32] / times[torch.bfloat16]


def onnx_installed() -> bool:
    """Whether the packages of the extra ``onnx`` are there."""
    return all(find_spec(package) is not None for package in ("onnx", "onnxruntime"))


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
