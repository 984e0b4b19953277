"""What a target's name is made of: a person's surname, an organisation's initials, a country's adjectives.

Owns the reading of the target alone. Knows nothing of the article it is looked for in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsml.errors import QueryError
from newsml.text.lexicon import (
    ALIASES,
    DEMONYMS,
    DIRECTIONS,
    FUNCTION_WORDS,
    GENERATIONS,
    HONORIFICS,
    NATIONALITIES,
    ORGANISATION_WORDS,
    PARTICLES,
)
from newsml.text.words import Word, words_of

MAX_TARGET_WORDS = 12
"""More words than this make a claim or a description; no name or policy in the news is so long."""

Case = Literal["any", "capital", "acronym"]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a name.

    Attributes:
        keys: Its words.
        case: How it must be written: ``"acronym"`` in capitals, ``"capital"`` with a capital where the article shows
            that the word is a name, ``"any"`` either way.
    """

    keys: tuple[str, ...]
    case: Case = "any"


@dataclass(frozen=True, slots=True)
class Person:
    """A person's name in parts, as keys.

    Attributes:
        first: The first name.
        middle: Every name between the first and the last.
        last: The last name, without particles.
    """

    first: str
    middle: tuple[str, ...]
    last: str


@dataclass(frozen=True, slots=True)
class TargetName:
    """A target, read.

    Attributes:
        forms: Ways to write the whole name, the given one first.
        demonyms: Adjectives and people's names made from it, singular.
        person: Its parts, where it looks like a person's full name.
        initials: What an organisation's name is shortened to (three letters or more), or an empty string.
        content: Content words in order, where the target is a thing or policy rather than a name; else empty.
    """

    forms: tuple[Form, ...]
    demonyms: tuple[tuple[str, ...], ...] = ()
    person: Person | None = None
    initials: str = ""
    content: tuple[str, ...] = ()


def read_target(target: str) -> TargetName:
    """Read a target as typed.

    Args:
        target: A person, organisation, country, thing or policy: ``"Anders Fogh Rasmussen"``, ``"gun control"``.

    Returns:
        Its parts.

    Raises:
        QueryError: It is empty, has no letter or digit, or is too long to be a name.
    """
    words = words_of(target)
    if not words:
        raise QueryError(f"target {target!r:.60}: nothing to look for; give a name such as 'Russia' or 'gun control'")
    if len(words) > MAX_TARGET_WORDS:
        raise QueryError(
            f"target {target!r:.60} has {len(words)} words, at most {MAX_TARGET_WORDS} make a target; "
            "ask about a statement as a claim instead"
        )
    if len(words) > 1 and words[0].key == "the":
        words = words[1:]
    keys = tuple(word.key for word in words)
    forms, demonyms = [Form(keys, _case(words))], DEMONYMS.get(" ".join(keys), ())
    for names, adjectives in ALIASES:
        shared = [_form(name) for name in names]
        if any(form.keys == keys for form in shared) and (len(words) > 1 or words[0].capital):
            forms += [form for form in shared if form.keys != keys]
            demonyms = adjectives
    bare = _without_titles(words)
    if bare != words:
        forms.append(Form(tuple(word.key for word in bare), _case(bare)))
    person = _person(bare)
    return TargetName(
        tuple(forms),
        tuple(tuple(form.split()) for form in demonyms),
        person,
        "" if person else _initials(words),
        () if person else _content(words),
    )


def _form(name: str) -> Form:
    words = words_of(name)
    return Form(tuple(word.key for word in words), _case(words))


def _case(words: tuple[Word, ...]) -> Case:
    if len(words) > 1 or not words[0].capital:
        return "any"
    return "acronym" if words[0].acronym else "capital"


def _without_titles(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words without leading titles ("Secretary of State John Kerry") and a trailing "Jr."."""
    first = 0
    while first < len(words) - 1 and words[first].key in HONORIFICS and words[first].capital:
        first += 3 if words[first + 1].key == "of" and first + 3 < len(words) else 1
    rest = words[first:]
    named = first and all(word.capital or word.key in PARTICLES for word in rest)
    rest = rest if named and not any(word.key in ORGANISATION_WORDS for word in rest) else words
    return rest[:-1] if len(rest) > 2 and rest[-1].key in GENERATIONS else rest


def _person(words: tuple[Word, ...]) -> Person | None:
    """The name's parts where two to four capitalised words, none typical of organisations or places, make it up."""
    keys = tuple(word.key for word in words)
    likely = (
        2 <= len(words) <= 5
        and all(word.capital or word.key in PARTICLES for word in words)
        and words[0].capital
        and words[-1].capital
        and not any(word.acronym and not word.initial for word in words)
        and not any(key in ORGANISATION_WORDS or key in FUNCTION_WORDS or key in NATIONALITIES for key in keys)
        and (keys[0] not in DIRECTIONS or (keys[0] in PARTICLES and len(keys) > 2))
        and not any(character.isdigit() for key in keys for character in key)
        and keys not in {tuple(name.split()) for name in DEMONYMS}
    )
    return Person(keys[0], keys[1:-1], keys[-1]) if likely else None


def _initials(words: tuple[Word, ...]) -> str:
    letters = "".join(word.key[0] for word in words if word.key not in FUNCTION_WORDS)
    names = all(word.capital or word.key in FUNCTION_WORDS for word in words)
    return letters if names and len(letters) > 2 else ""


def _content(words: tuple[Word, ...]) -> tuple[str, ...]:
    """Content words of a target that is no proper name: it has a word in lower case that is no function word."""
    content = tuple(word.key for word in words if word.key not in FUNCTION_WORDS)
    common = any(not word.capital and word.key not in FUNCTION_WORDS for word in words)
    return content if common and len(content) > 1 else ()
