"""From a resolved name to something that computes.

Owns the choice of runner by the architecture found in the folder. Knows nothing of tasks beyond their names.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from newsml.errors import ModelError, NewsmlError, WriteError
from newsml.models.architecture import Kind, architecture
from newsml.models.backend import current, loading_for
from newsml.models.card import Card, write_card
from newsml.models.classifier import HEAD_FILE, Classifier
from newsml.models.embedder import Embedder
from newsml.models.encoder import Encoder
from newsml.models.generator import Generator
from newsml.models.label_space import CENTRE_FILE
from newsml.models.loading import loading
from newsml.models.resolve import Resolved, resolve

if TYPE_CHECKING:
    from newsml.models.torch_encoder import TorchEncoder

DEFAULT_BASE = "all-MiniLM-L6-v2"
"""The encoder that the default adapters share, and that finds sentences for models without one."""

DEFAULT_GENERATOR = "SmolLM2-135M-Instruct"
"""The chat model that a summarizer of one's own starts from."""


def kind_of(found: Resolved) -> Kind:
    """What kind of model was found: newsml's own adapters by their card, everything else by its configuration."""
    return architecture(found.path, card=found.card).kind


def load_base(name: str | None = None, *, encoder: Encoder | None = None) -> Encoder:
    """The base encoder of a name: the copy given where it is one of it, else a new one.

    Args:
        name: Card name, folder or hub id; None is the default base.
        encoder: A copy already loaded.
    """
    name = name or DEFAULT_BASE
    if encoder is not None and encoder.name == name:
        return encoder
    return load_encoder(resolve(name), encoder)


def load_encoder(found: Resolved, encoder: Encoder | None = None) -> Encoder:
    """The encoder that was found: the copy given where it is one of it, else a new one."""
    if encoder is not None and encoder.name == found.name:
        return encoder
    if current() == "onnx":
        from newsml.models.onnx_encoder import OnnxEncoder

        return OnnxEncoder.load(found.path, name=found.name)
    return load_torch_encoder(found)


def load_torch_encoder(found: Resolved) -> TorchEncoder:
    """A new encoder whose model is in torch, whatever models are loaded for."""
    from newsml.models.torch_encoder import TorchEncoder

    return TorchEncoder.load(found.path, name=found.name)


def load_embedder(found: Resolved, kind: Kind, *, encoder: Encoder | None = None) -> Embedder:
    """Load what makes vectors of texts: an encoder, or an adapter on a shared encoder or merged into its base.

    Args:
        found: The model.
        kind: What its folder holds.
        encoder: A loaded base; as in ``load_classifier``.
    """
    if kind != "newsml-adapter":
        return Embedder(load_encoder(found, encoder))
    if found.card is None or found.card.base is None:
        raise ModelError(f"{found.name}: an adapter's card must name its base")
    if current() == "onnx" or (encoder is not None and encoder.name == found.card.base):
        return Embedder(load_base(found.card.base, encoder=encoder), found.path)
    return Embedder(merge(resolve(found.card.base).path, found.path, name=found.name))


def merge(base: Path, adapter: Path, *, name: str) -> TorchEncoder:
    """Load a base encoder in fp32 and fold a PEFT adapter into its weights.

    Raises:
        ModelError: One of the two cannot be loaded, or they do not fit together.
    """
    from peft import PeftModel

    from newsml.models.quiet import quiet
    from newsml.models.torch_encoder import TorchEncoder, to_device

    plain = TorchEncoder.load(base, name=name)
    with loading(adapter), quiet():
        fitted = PeftModel.from_pretrained(plain.model, adapter).merge_and_unload()
    return TorchEncoder(to_device(fitted), plain.tokenizer, name=name)


def load_classifier(found: Resolved, kind: Kind, *, encoder: Encoder | None = None) -> Classifier:
    """Load a sequence classifier: an adapter on a shared encoder or merged into its base, or a whole model.

    Args:
        found: The model.
        kind: What its folder holds.
        encoder: A loaded base. Where it is the adapter's, the adapter goes on it, unmerged; else the adapter is merged
            into a copy of its own. A head on mean vectors, and the adapter it may have, goes on the base unmerged.
    """
    if kind != "newsml-adapter":
        return _computed([found.path], lambda: Classifier.whole(found.path), found.name)
    card = found.card
    if card is None or card.base is None or card.labels is None:
        raise ModelError(f"{found.name}: an adapter's card must name its base and its labels")
    if (found.path / HEAD_FILE).is_file():
        return Classifier.on_means(load_base(card.base, encoder=encoder), found.path, card.labels)
    if encoder is not None and encoder.name == card.base:
        return Classifier.shared(encoder, found.path, card.labels)
    base, labels = resolve(card.base).path, card.labels
    return _computed([base, found.path], lambda: Classifier.merged(base, found.path, labels), found.name, labels)


def _computed(
    folders: Sequence[Path], load: Callable[[], Classifier], name: str, labels: Sequence[str] = ()
) -> Classifier:
    """A classifier with nothing beside it, by what models are loaded for."""
    if current() != "onnx":
        return load()
    from newsml.models.onnx_encoder import onnx_classifier
    from newsml.models.onnx_files import exported

    return onnx_classifier(exported(folders, load, name=name, labels=labels))


def load_generator(found: Resolved) -> Generator:
    """Load a generator: an adapter merged into its base, or a whole model."""
    if kind_of(found) != "newsml-adapter":
        return Generator.load(found.path, name=found.name)
    if found.card is None or found.card.base is None:
        raise ModelError(f"{found.name}: an adapter's card must name its base")
    return Generator.load(resolve(found.card.base).path, name=found.name, adapter=found.path)


def refuse(found: Resolved, kind: str, expected: str) -> ModelError:
    """The error for a model that cannot do what was asked."""
    what = f"{kind}, made for {found.card.task}" if found.card else kind
    return ModelError(f"{found.name} is a model of kind {what}; expected {expected}")


def temperature(card: Card | None) -> float:
    """A card's calibration, 1 where it has none."""
    return card.calibration.temperature if card and card.calibration else 1.0


def least_score(card: Card | None) -> float:
    """The score under which a model had better abstain, by its card; 0, never, where the card has none."""
    abstention = card.calibration.abstention if card and card.calibration else None
    return abstention.threshold if abstention else 0.0


def save_model(found: Resolved, folder: Path) -> None:
    """Save a model so that plain ``transformers`` loads it, with its card where it has one.

    Classifiers, generators and zero-shot encoders are saved whole, adapters merged; a sentence scorer, and a head on
    mean vectors, stays beside the adapter that it may have; other encoders and generators are plain already.

    Args:
        found: The model.
        folder: Made where it does not exist.

    Raises:
        WriteError: The folder cannot be written.
    """
    from newsml.models.quiet import quiet

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with loading_for("torch"), quiet():
            _save(found, folder)
        if found.card is not None:
            write_card(found.card.model_copy(update=_NOT_SAVED), folder)
    except OSError as error:
        if isinstance(error, NewsmlError):
            raise
        raise WriteError(f"{folder}: the model cannot be saved there ({error.strerror or error})") from error


def _save(found: Resolved, folder: Path) -> None:
    """Write the files of a model, each kind in its way."""
    kind = kind_of(found)
    labelled = kind == "newsml-adapter" and found.card is not None and found.card.labels is not None
    if kind in ("sequence-classifier", "nli") or (labelled and not (found.path / HEAD_FILE).is_file()):
        load_classifier(found, kind).save(folder)
    elif kind == "newsml-adapter" and found.card and found.card.task == "topics-zero-shot":
        merge(resolve(found.card.base or DEFAULT_BASE).path, found.path, name=found.name).save(folder)
        _copy_centre(found.path, folder)
    elif kind == "newsml-adapter" and found.card and found.card.task == "summary-abstractive":
        load_generator(found).save(folder)
    elif kind == "newsml-adapter":
        for path in (*found.path.glob("*.safetensors"), *found.path.glob("adapter_config.json")):
            shutil.copyfile(path, folder / path.name)
    elif kind == "encoder":
        load_torch_encoder(found).save(folder)
        _copy_centre(found.path, folder)
    else:
        ignored = shutil.ignore_patterns("manifest.json", ".*")
        shutil.copytree(found.path, folder, dirs_exist_ok=True, ignore=ignored)


def _copy_centre(source: Path, folder: Path) -> None:
    if (source / CENTRE_FILE).is_file():
        shutil.copyfile(source / CENTRE_FILE, folder / CENTRE_FILE)


_NOT_SAVED = {"sources": (), "files": (), "aliases": (), "convert": None}
"""What a card says of newsml's own copy of a model."""
