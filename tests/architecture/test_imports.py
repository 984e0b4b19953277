"""The order of the layers, read from every import statement in the package."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "newsml"

LAYERS = (
    ("article", "results", "errors"),
    ("text",),
    ("config",),
    ("io",),
    ("models",),
    ("tasks",),
    ("evaluation",),
    ("training",),
    ("sklearn",),
    ("batch",),
    ("benchmark",),
    ("__init__",),
    ("cli", "__main__"),
)
"""Each may import only from its own line and the lines above it."""

RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
VALUE_TYPES = LAYERS[0]
LIGHT = (*VALUE_TYPES, "text", "config", "io", "__init__", "cli", "__main__")
HEAVY = ("torch", "transformers", "peft", "sklearn", "datasets", "pandas", "pyarrow", "numpy")
MOST_LINES = 300

MODULES = sorted(PACKAGE.rglob("*.py"))


@dataclass(frozen=True)
class Import:
    """A module that is imported: its full name, where, and in which functions."""

    name: str
    line: int
    functions: tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]
    for_types_only: bool


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports_of(path: Path) -> list[Import]:
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]

    def names_in(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            yield inner if base.split(".")[0] == "newsml" and is_module(inner) else base

    def walk(
        node: ast.AST, functions: tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...], types: bool
    ) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                yield from (Import(name, child.lineno, functions, types) for name in names_in(child))
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from walk(child, (*functions, child), types)
            else:
                yield from walk(child, functions, types or _asks_for_types(child))

    return list(walk(ast.parse(path.read_text(encoding="utf-8")), (), False))


def _asks_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _is_finetune(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return function.name == "finetune" and any(ast.unparse(one) == "classmethod" for one in function.decorator_list)


def upward_imports(path: Path) -> list[str]:
    """What a module imports from layers below its own in the list, as lines for a person."""
    own = layer_of(module_name(path))
    found = []
    for one in imports_of(path):
        if one.name.split(".")[0] != "newsml":
            continue
        layer = layer_of(one.name)
        allowed = layer == "training" and any(_is_finetune(function) for function in one.functions)
        if RANK.get(layer, len(LAYERS)) > RANK[own] and not allowed:
            found.append(f"{path.relative_to(ROOT)}:{one.line}: {own} imports {one.name}")
    return found


def test_there_are_modules_to_read() -> None:
    assert len(MODULES) > 10


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_imports_only_from_its_layer_and_above(path: Path) -> None:
    assert layer_of(module_name(path)) in RANK, "a new layer: give it a place in LAYERS, and in the design"
    assert upward_imports(path) == []


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_says_what_it_is_for_and_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module says what it owns and what it must not know"
    assert text.count("\n") <= MOST_LINES
    assert path.stem != "utils"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if layer_of(module_name(path)) in VALUE_TYPES], ids=module_name
)
def test_value_types_need_the_standard_library_only(path: Path) -> None:
    outside = {one.name.split(".")[0] for one in imports_of(path)} - set(sys.stdlib_module_names)
    assert outside <= {"newsml"}


@pytest.mark.parametrize("path", [path for path in MODULES if layer_of(module_name(path)) in LIGHT], ids=module_name)
def test_light_modules_import_nothing_heavy_at_the_top(path: Path) -> None:
    at_top = [one for one in imports_of(path) if not one.functions and not one.for_types_only]
    assert [f"line {one.line}: {one.name}" for one in at_top if one.name.split(".")[0] in HEAVY] == []


def test_importing_newsml_loads_nothing_heavy() -> None:
    code = f"import sys, newsml; print(*sorted({set(HEAVY)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("module", "code", "upward"),
    [
        ("text/a.py", "from newsml.tasks.run import stream", ["newsml.tasks.run"]),
        ("text/a.py", "def f():\n    import newsml.models", ["newsml.models"]),
        ("text/a.py", "from newsml import io, errors", ["newsml.io"]),
        ("text/a.py", "from .. import models", ["newsml.models"]),
        ("text/a.py", "from ..errors import suggest\nimport torch", []),
        ("tasks/a.py", "import newsml", ["newsml"]),
        ("tasks/a.py", "from newsml.nowhere import x", ["newsml.nowhere"]),
        ("cli/a.py", "import newsml\nfrom newsml.training import run", []),
        ("tasks/a.py", "class A:\n  @classmethod\n  def finetune(cls):\n    import newsml.training.run", []),
        ("tasks/a.py", "def finetune():\n    import newsml.training.run", ["newsml.training.run"]),
        ("tasks/a.py", "class A:\n  @classmethod\n  def finetune(cls):\n    import newsml.batch", ["newsml.batch"]),
    ],
)
def test_the_reader_sees_every_way_to_import_upward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, code: str, upward: list[str]
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    for layer in ("io", "models", "errors", "training", "batch", "tasks"):
        (tmp_path / "newsml" / layer).mkdir(parents=True)
    path = tmp_path / "newsml" / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")
    assert [line.rsplit(" ", 1)[-1] for line in upward_imports(path)] == upward
