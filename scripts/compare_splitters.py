"""Print how well and how fast sentence splitters find the boundaries of tests/data/news_sentences.jsonl.

Launch: python scripts/compare_splitters.py
Others than newsml's own need: pip install pysbd==0.3.4 nupunkt==0.8.0 syntok==1.4.4 sentencex==1.0.32
"""

import json
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent
GOLD = ROOT / "tests" / "data" / "news_sentences.jsonl"
Splitter = Callable[[str], Iterable[int]]


def newsml() -> Splitter:
    """The splitter newsml uses: nupunkt with news words, joins and layout."""
    module = import_module("newsml.text.sentences")
    return lambda text: (sentence.end for sentence in module.split(text))


def nupunkt() -> Splitter:
    """Nupunkt as it comes, line breaks after headings and before bullets included."""
    module = import_module("nupunkt")
    return lambda text: (end for _, end in module.sentence_spans(text, line_breaks=True))


def pysbd() -> Splitter:
    """pysbd, with the offsets it gives."""
    segmenter = import_module("pysbd").Segmenter(language="en", clean=False, char_span=True)
    return lambda text: (span.start + len(span.sent.rstrip()) for span in segmenter.segment(text))


def sentencex() -> Splitter:
    """sentencex, stripped of trailing white space."""
    module = import_module("sentencex")
    return lambda text: (
        part["start_index"] + len(text[part["start_index"] : part["end_index"]].rstrip())
        for part in module.get_sentence_boundaries("en", text)
    )


def syntok() -> Splitter:
    """syntok, from the offsets of its tokens."""
    module = import_module("syntok.segmenter")
    return lambda text: (
        tokens[-1].offset + len(tokens[-1].value)
        for paragraph in module.analyze(text)
        for tokens in map(list, paragraph)
    )


def main() -> None:
    """Print the table."""
    rows = [json.loads(line) for line in GOLD.read_text("utf-8").splitlines()]
    texts = [row["text"] for row in rows]
    gold: set[tuple[int, int]] = set()
    for number, row in enumerate(rows):
        end = 0
        for sentence in row["sentences"]:
            end = row["text"].index(sentence, end) + len(sentence)
            gold.add((number, end))
    last = {(number, len(text.rstrip())) for number, text in enumerate(texts)}  # Every splitter finds these.
    print(f"{len(texts)} passages, {len(gold)} sentences, {len(gold - last)} inner boundaries")
    print(f"{'splitter':<10} {'precision':>9} {'recall':>9} {'F1':>9} {'characters/s':>13}")
    for make in (newsml, nupunkt, pysbd, sentencex, syntok):
        try:
            split = make()
        except ImportError:
            print(f"{make.__name__:<10} not installed")
            continue
        found = {(number, end) for number, text in enumerate(texts) for end in split(text)} - last
        right = len(found & (gold - last))
        precision, recall = right / len(found), right / len(gold - last)
        started = time.perf_counter()
        for text in texts * 20:
            list(split(text))
        rate = 20 * sum(map(len, texts)) / (time.perf_counter() - started)
        f1 = 2 * precision * recall / (precision + recall)
        print(f"{make.__name__:<10} {precision:>9.3f} {recall:>9.3f} {f1:>9.3f} {rate:>13,.0f}")


if __name__ == "__main__":
    main()
