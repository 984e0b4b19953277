"""ONNX Runtime on the processor.

Owns that it is installed, and what it says when it fails. Knows nothing of models.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from newsml.errors import ExportError, MissingDependencyError
from newsml.models.backend import onnx_installed
from newsml.models.threads import threads


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
    """A graph that is ready to run: a file, or its content.

    Raises:
        ExportError: ONNX Runtime cannot read it, or cannot be imported.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ExportError(f"onnxruntime is installed and cannot be imported ({error}); take backend torch") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3
    source = str(graph) if isinstance(graph, Path) else graph
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # Its errors have no class in common.
        where, reason = graph if isinstance(graph, Path) else "a graph", " ".join(str(error).split())
        todo = "remove its folder, or take backend torch"
        raise ExportError(f"{where}: cannot be read ({reason:.120}); {todo}") from error
