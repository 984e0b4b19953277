"""Where an article names a target: in full, in part, or by an adjective made from its name.

Owns the search for mentions. Knows nothing of models; attitudes are judged elsewhere.

Three kinds are told apart, so that a reducer can weigh them. ``"name"``: the target as given (possessives, plurals,
accents and typography aside), with or without a middle name or title, or another name of the same country
(``U.S.``, ``United States``) or organisation (``WHO``). ``"partial"``: part of the name (``Rasmussen``, ``Hillary``)
or, for a thing or policy in lower case, all its content words somewhere in one sentence. ``"demonym"``: ``Russian``
for *Russia*; it counts, because "Russia's aggression" and "Russian aggression" carry the same attitude. Capitals
stand in for their country ("Moscow") in the news; they are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from newsml.article import Sentence, Span
from newsml.text.lexicon import DEMONYMS, FUNCTION_WORDS, GENERATIONS, ORGANISATION_WORDS
from newsml.text.names import Form, TargetName, read_target
from newsml.text.persons import PersonSearch
from newsml.text.words import ArticleWords, Line, Word, adjacent, read_words, singular

MentionKind = Literal["name", "partial", "demonym"]
_ORDER: tuple[MentionKind, ...] = ("name", "partial", "demonym")
_Found = tuple[int, int, MentionKind]
_PLACE_PREFIXES = frozenset({"north", "south", "latin", "central", "captain", "new", "northern"})
_PREFIXED_PLACES = DEMONYMS.keys() | {"america", "york"}


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that names the target.

    Attributes:
        sentence: The sentence it stands in.
        start: Offset of its first character in the sentence's field.
        end: Offset just past its last character; a possessive ending is left out.
        text: The characters between.
        kind: ``"name"``, ``"partial"`` or ``"demonym"``.
    """

    sentence: Sentence
    start: int
    end: int
    text: str
    kind: MentionKind

    def span(self, score: float | None = None) -> Span:
        """The mention as evidence, with an optional score."""
        return Span(self.start, self.end, self.text, self.sentence.field, score)


def mentions_at(places: Sequence[tuple[int, int]], sentences: Sequence[Sentence]) -> tuple[Mention, ...]:
    """The mentions at known places of the text.

    Args:
        places: Start and end offsets in the text.
        sentences: The text's sentences.

    Returns:
        A mention for each place that begins in a sentence, cut at the sentence's end; in order of the places.
    """
    found = []
    for start, end in places:
        for sentence in sentences:
            if sentence.start <= start < sentence.end:
                stop = min(end, sentence.end)
                text = sentence.text[start - sentence.start : stop - sentence.start]
                found.append(Mention(sentence, start, stop, text, "name"))
    return tuple(found)


def find_mentions(target: str, sentences: Sequence[Sentence], title: Sequence[Sentence] = ()) -> tuple[Mention, ...]:
    """Find every place in an article that names a target.

    Args:
        target: A person, organisation, country, thing or policy. Acronyms are matched in capitals only (``US`` is not
            "us"); a target in lower case is matched in any case and inflection.
        sentences: The sentences of the body.
        title: The sentences of the title.

    Returns:
        The mentions in order of the article, title first; they do not overlap.

    Raises:
        QueryError: The target is empty, has no letter or digit, or is too long to be a name.
    """
    name = read_target(target)
    return mentions_in(read_words(sentences, title), name) if sentences or title else ()


def mentions_in(words: ArticleWords, name: TargetName) -> tuple[Mention, ...]:
    """Find every mention of a target in an article already split into words.

    Args:
        words: The article.
        name: The target, read.

    Returns:
        As ``find_mentions``.
    """
    search = _Search(words, name)
    return tuple(mention for line in words.lines for mention in search.mentions(line))


class _Search:
    """One target in one article: what is known of both, and the matchers."""

    def __init__(self, words: ArticleWords, name: TargetName) -> None:
        self.words = words
        self.name = name
        self.cased = any(line.casing in ("sentence", "title") for line in words.lines)
        self.stems = frozenset(map(_stem, name.content))
        self.prefixes = {key[:3] for key in name.content}
        self.person = PersonSearch(words, name.person) if name.person else None

    def mentions(self, line: Line) -> Iterator[Mention]:
        """The mentions in a line, in order; where two overlap, the fuller name."""
        taken: set[int] = set()
        kept: list[_Found] = []
        for first, last, kind in sorted(self._found(line), key=lambda f: (_ORDER.index(f[2]), f[0] - f[1])):
            if taken.isdisjoint(range(first, last)):
                taken.update(range(first, last))
                kept.append((first, last, kind))
        base = line.sentence.start
        for first, last, kind in sorted(kept):
            start, end = line.words[first].start, line.words[last - 1].end
            yield Mention(line.sentence, start, end, line.sentence.text[start - base : end - base], kind)

    def _found(self, line: Line) -> Iterator[_Found]:
        whole = False
        for first in range(len(line.words)):
            for form in self.name.forms:
                if last := self._form_at(line, first, form):
                    whole = True
                    yield first, last, "name"
            for demonym in self.name.demonyms:
                if last := self._demonym_at(line, first, demonym):
                    yield first, last, "demonym"
            if self.person:
                yield from self.person.at(line, first)
        yield from self._initials(line)
        if self.name.content and not whole:
            yield from self._content(line)

    def _form_at(self, line: Line, first: int, form: Form) -> int:
        """Index past the last word where the form stands at ``first``, else 0."""
        last = first + len(form.keys)
        here = line.words[first:last]
        if len(here) < len(form.keys) or here[0].key[0] != form.keys[0][0]:
            return 0
        keys = tuple(word.key for word in here)
        plural = len(form.keys[-1]) > 3 and not self.person
        same = keys[-1] == form.keys[-1] or (plural and singular(keys[-1]) == singular(form.keys[-1]))
        if keys[:-1] != form.keys[:-1] or not same:
            return self._plural_acronym(here, form, last)
        if not adjacent(here) or not self._cased_as(line, here[0], form) or self._of_another(line, first, last, form):
            return 0
        return last

    def _plural_acronym(self, here: Sequence[Word], form: Form, last: int) -> int:
        same = form.case == "acronym" and here[0].acronym and here[0].key == form.keys[0] + "s"
        return last if same and here[0].text.endswith("s") else 0

    def _cased_as(self, line: Line, word: Word, form: Form) -> bool:
        if form.case == "any":
            return True
        if form.case == "acronym":
            if line.casing == "upper" or not self.cased:
                return word.key not in FUNCTION_WORDS or "." in word.text
            return word.acronym
        return word.capital or line.casing == "lower" or form.keys[0] not in self.words.names

    def _of_another(self, line: Line, first: int, last: int, form: Form) -> bool:
        """Whether the words belong to a longer name of something else."""
        before = line.words[first - 1] if first and adjacent(line.words[first - 1 : first + 1]) else None
        after = line.words[last] if last < len(line.words) and adjacent(line.words[last - 1 : last + 1]) else None
        if self.person and after and after.key in GENERATIONS:
            return True
        if len(form.keys) > 1 or not before:
            return False
        if before.key == "of" and form.keys[0] == "america":
            return first > 1 and line.words[first - 2].key in ORGANISATION_WORDS
        return before.capital and before.key in _PLACE_PREFIXES and form.keys[0] in _PREFIXED_PLACES

    def _demonym_at(self, line: Line, first: int, demonym: tuple[str, ...]) -> int:
        here = line.words[first : first + len(demonym)]
        if len(here) < len(demonym) or not adjacent(here):
            return 0
        keys = tuple(word.key for word in here)
        if keys[:-1] != demonym[:-1] or keys[-1] not in (demonym[-1], demonym[-1] + "s"):
            return 0
        capital = here[0].capital or line.casing == "lower"
        before = line.words[first - 1].key if first else ""
        return first + len(demonym) if capital and before not in ("north", "south", "latin", "african") else 0

    def _initials(self, line: Line) -> Iterator[_Found]:
        """The acronym of a name, and the name that an acronym stands for."""
        words = line.words
        if self.name.initials:
            for index, word in enumerate(words):
                if word.acronym and word.key == self.name.initials:
                    yield index, index + 1, "name"
        form = self.name.forms[0]
        if form.case == "acronym" and len(form.keys[0]) > 2 and line.casing == "sentence":
            for first, word in enumerate(words):
                if word.capital and word.key[0] == form.keys[0][0] and (last := _spells(words, first, form.keys[0])):
                    yield first, last, "name"

    def _content(self, line: Line) -> Iterator[_Found]:
        """The stretch from the first to the last of the target's content words, where the sentence has them all."""
        places: dict[str, int] = {}
        for index, word in enumerate(line.words):
            if word.key[:3] in self.prefixes and (stem := _stem(word.key)) in self.stems:
                places.setdefault(stem, index)
        if len(places) == len(self.stems):
            yield min(places.values()), max(places.values()) + 1, "partial"


def _spells(words: Sequence[Word], first: int, letters: str) -> int:
    """Index past a run of capitalised words whose initials are the letters, function words aside; else 0."""
    at = 0
    for index in range(first, len(words)):
        word = words[index]
        if index > first and not adjacent(words[index - 1 : index + 1]):
            return 0
        if word.capital and not word.acronym and word.key[0] == letters[at]:
            at += 1
            if at == len(letters):
                return index + 1
        elif word.capital or word.key not in FUNCTION_WORDS:
            return 0
    return 0


def _stem(key: str) -> str:
    import snowballstemmer

    stem: str = snowballstemmer.stemmer("english").stemWord(key)
    return stem
