"""A model's graph for ONNX Runtime: as it is, with room for adapters, or with its products by constants in int8.

Owns export and what is done to graphs. Knows nothing of where graphs are kept, nor of how good they are.

In int8, weights get one scale a column, activations one a token, found anew for every token: an outlier spoils its own
token alone, and a text's answer does not depend on the texts beside it, as it does in ONNX Runtime's own dynamic
quantisation, whose scale is that of a whole batch. Before, dimensions of large activations hand some of their size to
their weights (SmoothQuant; Xiao et al. 2023).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from newsml.errors import ExportError
from newsml.models.onnx_session import session
from newsml.models.quiet import quiet

OPSET = 17

LONGEST = 256
"""Tokens of a text that shows what a model does."""

OUTPUTS = ("logits", "last_hidden_state", "pooler_output")
"""What models give that newsml reads, as far as they do."""

MOST_BYTES = 2**31
"""What a file of that format can hold."""

LEAST = 1e-9
"""What stands for less, where it is divided by."""


def export(model: Any, tokenizer: Any, path: Path) -> None:
    """Write the graph of a model.

    Args:
        model: A ``transformers`` model in fp32.
        tokenizer: Its tokenizer.
        path: The file.

    Raises:
        ExportError: torch cannot export it, or it is too large.
    """
    size = sum(weight.numel() * 4 for weight in model.parameters())
    if size >= MOST_BYTES:
        raise ExportError(f"a model of {size:,} bytes is too large for an ONNX file of one part; take backend torch")
    plain = copy.deepcopy(model).to("cpu").eval()
    plain.set_attn_implementation("eager")
    example = tokenizer(["One text.", "Another text, a longer one."], padding=True, return_tensors="pt")
    names = list(example)
    outputs = [one for one in OUTPUTS if getattr(plain(**example), one, None) is not None]
    axes = {one: {0: "texts", 1: "tokens"} for one in (*names, "last_hidden_state")}
    axes |= {one: {0: "texts"} for one in ("logits", "pooler_output")}
    try:
        with quiet(), torch.inference_mode():
            torch.onnx.export(
                _Positional(plain, names, outputs).eval(),
                tuple(example.values()),
                str(path),
                input_names=names,
                output_names=outputs,
                dynamic_axes={one: axes[one] for one in (*names, *outputs)},
                opset_version=OPSET,
                dynamo=False,
            )
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError) as error:
        what, reason = model.config.model_type, " ".join(str(error).split())
        raise ExportError(f"a model of type {what} cannot be exported ({reason:.120}); take backend torch") from error


def make_room(path: Path) -> dict[str, tuple[int, int]]:
    """Give every linear layer of a graph two more inputs, the low-rank update of an adapter (``x W + (x A) B``).

    Args:
        path: The graph, which is written anew.

    Returns:
        By layer, as ``transformers`` calls it, its numbers in and out. Its inputs are ``<layer>.A``, (in, rank), and
        ``<layer>.B``, (rank, out); a rank of 0 leaves the layer as it is.
    """
    import onnx
    from onnx import helper

    model = onnx.load(str(path))
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer if len(tensor.dims) == 2}
    layers: dict[str, tuple[int, int]] = {}
    made: list[Any] = []
    for node in model.graph.node:
        made.append(node)
        if node.op_type not in ("MatMul", "Gemm") or node.input[1] not in shapes:
            continue
        layer = node.name.removeprefix("/model/").rpartition("/")[0].replace("/", ".")
        turned = any(one.name == "transB" and one.i for one in node.attribute)
        into, out = shapes[node.input[1]][:: -1 if turned else 1]
        if layer not in layers:  # Some models go through a layer several times.
            layers[layer] = (into, out)
            for end, size in (("A", [into, f"{layer}.rank"]), ("B", [f"{layer}.rank", out])):
                value = helper.make_tensor_value_info(f"{layer}.{end}", onnx.TensorProto.FLOAT, size)
                model.graph.input.append(value)
        whole = node.output[0]
        plain, low, update = (f"{whole}.{part}" for part in ("plain", "low", "update"))
        node.output[0] = plain
        made.append(helper.make_node("MatMul", [node.input[0], f"{layer}.A"], [low]))
        made.append(helper.make_node("MatMul", [low, f"{layer}.B"], [update]))
        made.append(helper.make_node("Add", [plain, update], [whole]))
    del model.graph.node[:]
    model.graph.node.extend(made)
    onnx.save(model, str(path))
    return layers


def quantise(path: Path, tokenizer: Any, texts: Sequence[str]) -> None:
    """Bring a graph's products by constants to int8.

    Args:
        path: The graph, which is written anew.
        tokenizer: The model's tokenizer.
        texts: What shows how large activations get; read up to ``LONGEST`` tokens.
    """
    import onnx

    graph = onnx.load(str(path))
    inputs = [dict(tokenizer([text], truncation=True, max_length=LONGEST, return_tensors="np")) for text in texts]
    _quantise(graph, inputs)
    onnx.save(graph, str(path))


class _Positional(torch.nn.Module):
    """A model that takes its inputs in order and gives a tuple, as an export asks."""

    def __init__(self, model: Any, names: Sequence[str], outputs: Sequence[str]) -> None:
        super().__init__()
        self.model, self.names, self.outputs = model, names, outputs

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = self.model(**dict(zip(self.names, inputs, strict=True)))
        return tuple(getattr(found, one) for one in self.outputs)


def _products(graph: Any) -> dict[str, list[Any]]:
    """The products of activations with a constant matrix, by the name of the activations."""
    matrices = {tensor.name for tensor in graph.initializer if len(tensor.dims) == 2}
    found: dict[str, list[Any]] = {}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in matrices:
            found.setdefault(node.input[0], []).append(node)
    return found


def _peaks(model: Any, sources: Sequence[str], inputs: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    """The largest value of each dimension of some activations."""
    import onnx

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(onnx.helper.make_tensor_value_info(source, 1, None) for source in sources)
    running = session(watched.SerializeToString())
    peaks: dict[str, np.ndarray] = {source: np.array(LEAST, np.float32) for source in sources}
    for batch in inputs:
        values = running.run(list(sources), {one.name: batch[one.name] for one in running.get_inputs()})
        for source, value in zip(sources, values, strict=True):
            peaks[source] = np.maximum(peaks[source], np.abs(value).max(axis=(0, 1)))
    return peaks


def _quantise(model: Any, inputs: Sequence[dict[str, Any]]) -> None:
    """Replace every product of activations with a constant matrix by one in int8, scaled by token and by column."""
    from onnx import helper, numpy_helper

    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    products = _products(graph)
    peaks = _peaks(model, list(products), inputs)
    of_node = {node.output[0]: source for source, nodes in products.items() for node in nodes}
    numbers = {"q_top": np.float32(127), "q_least": np.float32(LEAST), "q_one": np.float32(1), "q_zero": np.uint8(128)}
    added = [numpy_helper.from_array(np.array(value), key) for key, value in numbers.items()]
    added.append(numpy_helper.from_array(np.array([-1], np.int64), "q_flat"))
    made: list[Any] = []
    factors: dict[str, np.ndarray] = {}
    for place, node in enumerate(graph.node):
        source = of_node.get(node.output[0])
        if source is None:
            made.append(node)
            continue
        if source not in factors:
            matrices = [numpy_helper.to_array(constants[one.input[1]]) for one in products[source]]
            largest = np.maximum(np.max([np.abs(one).max(axis=1) for one in matrices], axis=0), LEAST)
            factors[source] = np.sqrt(peaks[source] / largest).astype(np.float32)
            added.append(numpy_helper.from_array((1 / factors[source]).astype(np.float32), f"{source}_smoothing"))
            made += _scaled(source)
        weights = numpy_helper.to_array(constants[node.input[1]]) * factors[source][:, None]
        columns = np.maximum(np.abs(weights).max(axis=0) / 127, LEAST).astype(np.float32)
        own = f"q{place}"
        added.append(numpy_helper.from_array(np.round(weights / columns).astype(np.int8), f"{own}_weights"))
        added.append(numpy_helper.from_array(columns, f"{own}_columns"))
        names = [f"{source}_int8", f"{own}_weights", "q_one", f"{own}_columns", "q_zero"]
        made.append(helper.make_node("MatMulIntegerToFloat", names, [f"{own}_raw"], domain="com.microsoft"))
        made.append(helper.make_node("Mul", [f"{own}_raw", f"{source}_scale"], list(node.output)))
    used = {name for node in made for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(made)
    graph.initializer.extend([*kept, *added])
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def _scaled(source: str) -> Iterator[Any]:
    """The nodes that give activations as integers around 128, of one text, and the scale of each token."""
    from onnx import helper

    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Mul", [source, f"{source}_smoothing"], "smooth", {}),
        ("Abs", [f"{source}_smooth"], "abs", {}),
        ("ReduceMax", [f"{source}_abs"], "max", {"axes": [-1], "keepdims": 1}),
        ("Max", [f"{source}_max", "q_least"], "most", {}),
        ("Div", [f"{source}_most", "q_top"], "scale", {}),
        ("Reshape", [f"{source}_scale", "q_flat"], "scales", {}),
        ("Shape", [f"{source}_scales"], "shape", {}),
        ("Expand", ["q_zero", f"{source}_shape"], "zeros", {}),
        ("QuantizeLinear", [f"{source}_smooth", f"{source}_scales", f"{source}_zeros"], "int8", {"axis": 1}),
    ]
    for kind, inputs, output, attributes in steps:
        yield helper.make_node(kind, inputs, [f"{source}_{output}"], **attributes)
