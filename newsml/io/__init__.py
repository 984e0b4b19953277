"""Articles in, results out: the readers and writers of files."""

from newsml.io.corpus import read_corpus
from newsml.io.read import read, read_text
from newsml.io.results import read_results
from newsml.io.write import write_jsonl, write_results

__all__ = ["read", "read_corpus", "read_results", "read_text", "write_jsonl", "write_results"]
