"""ONNX Runtime on the processor.

Owns that it is installed, and how many threads it has. Knows nothing of models.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from newsml.errors import MissingDependencyError
from newsml.models.backend import onnx_installed


def require_onnx(backend: str) -> None:
    """Check that the extra is there.

    Raises:
        MissingDependencyError: onnxruntime or onnx is not installed.
    """
    if not onnx_installed():
        raise MissingDependencyError(
            f"backend {backend} needs onnxruntime and onnx, which are not installed: pip install 'newsml[onnx]'"
        )


def session(graph: Path | bytes) -> Any:
    """A graph that is ready to run: a file, or its content."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads()
    options.log_severity_level = 3
    source = str(graph) if isinstance(graph, Path) else graph
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def _threads() -> int:
    """As many as torch has, or would have."""
    if sys.modules.get("torch") is not None:
        import torch

        return torch.get_num_threads()
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
