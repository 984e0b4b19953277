"""Make the probes that models in int8 are compared on, from the labelled sample articles.

    python scripts/make_probes.py

A probe is what a classifier reads, with the label that the writer of the article gave: passages with their topic,
claims with the sentences that bear on them, sentences with a target in brackets. Claims of other articles are
unrelated.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from newsml.tasks.inputs import Passage, claim_pair, target_pair
from newsml.text.mentions import find_mentions
from newsml.text.sentences import split

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Write the file."""
    text = json.dumps(probes(), ensure_ascii=False, indent=0)
    (ROOT / "newsml" / "models" / "probes.json").write_text(text + "\n", encoding="utf-8")


def probes() -> dict[str, list[tuple[str, str, str]]]:
    """By task, first and second text and label."""
    lines = (ROOT / "seeds" / "labelled.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    others = [*rows[1:], rows[0]]
    return {
        "topics": [(row["title"], passage, row["topic"]) for row in rows for passage in _passages(row)],
        "claims": [probe for row, other in zip(rows, others, strict=True) for probe in _claims(row, other)],
        "targets": [probe for row in rows for probe in _targets(row)],
    }


def _passages(row: dict[str, Any]) -> list[str]:
    """The two halves of an article."""
    sentences = [" ".join(sentence.text.split()) for sentence in split(row["text"])]
    middle = (len(sentences) + 1) // 2
    return [" ".join(sentences[:middle]), " ".join(sentences[middle:])]


def _claims(row: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Each claim with the title and the sentences that its evidence is in; and one about another article."""
    title, *_ = split(row["title"], field="title")
    sentences = split(row["text"])
    found = []
    for claim in row["claims"]:
        bearing = [one for one in sentences if any(part in one.text for part in claim["evidence"])]
        pair = claim_pair(claim["claim"], [title, *bearing[:4]])
        found.append((pair.first, pair.second or "", claim["label"]))
    unrelated = claim_pair(other["claims"][0]["claim"], [title, *sentences[:4]])
    return [*found, (unrelated.first, unrelated.second or "", "unrelated")]


def _targets(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The first sentence that names each target, one with evidence before others."""
    found = []
    for target in row["targets"]:
        mentions = find_mentions(target["target"], split(row["text"]), ())
        bearing = [one for one in mentions if any(part in one.sentence.text for part in target["evidence"])]
        for mention in [*bearing, *mentions][:1]:
            pair = target_pair(Passage.of(mention), target["target"])
            found.append((pair.first, pair.second or "", target["label"]))
    return found


if __name__ == "__main__":
    main()
