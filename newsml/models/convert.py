"""A GGUF file into a plain ``transformers`` folder: weights, configuration, tokenizer.

Owns that one conversion. Knows nothing of where the file came from or where the folder goes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from newsml.errors import ModelError
from newsml.models.card import GgufConversion
from newsml.models.quiet import quiet


def convert_gguf(conversion: GgufConversion, folder: Path, *, max_tokens: int) -> None:
    """Replace the GGUF file in a folder by bfloat16 safetensors, ``config.json`` and the tokenizer's files.

    Args:
        conversion: What to convert.
        folder: Where the file lies.
        max_tokens: Longest input, written into the tokenizer's configuration.

    Raises:
        ModelError: The file is no model that ``transformers`` reads, or has no chat template.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=conversion.file)
            model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=conversion.file, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{conversion.file} cannot be read as a GGUF model ({error})".splitlines()[0]) from error
    if not tokenizer.chat_template:
        raise ModelError(f"{conversion.file} has no chat template, expected an instruction-tuned model")
    if conversion.split_digits:
        _split_digits(tokenizer)
    tokenizer.model_max_length = max_tokens
    # The weights are plain numbers now; save_pretrained refuses a model that still claims to be quantised.
    del model.config.quantization_config
    model.hf_quantizer = None
    model.is_quantized = False
    with quiet():
        model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / conversion.file).unlink()
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)  # safetensors writes for the owner alone; a cache may be shared


def _split_digits(tokenizer: Any) -> None:
    """Split numbers before words, as llama.cpp does for the pre-tokenizer named ``smollm``."""
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    steps = [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
    tokenizer.backend_tokenizer.pre_tokenizer = Sequence(steps)
