"""A tree of topics, and the one newsml ships: IPTC Media Topics.

Owns identifiers, names and their hierarchy. Knows nothing of models, articles or scores.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from newsml.errors import ModelError, suggest


@dataclass(frozen=True, slots=True)
class Concept:
    """A topic in a taxonomy.

    Attributes:
        id: Identifier such as ``"medtop:16000000"``.
        name: Name, unique in its taxonomy.
        parent: Identifier of the broader concept, or None at the top.
        also: Other names it is found by: spellings, former names.
    """

    id: str
    name: str
    parent: str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Concepts in a tree, in the order of their publisher.

    Attributes:
        concepts: Every concept; parents may stand before or after their children.
        version: Date or number of the publisher's release.

    Raises:
        ModelError: Two concepts share an identifier or a name, a parent is missing, or a concept is its own ancestor.
    """

    concepts: tuple[Concept, ...]
    version: str = ""
    _found_by: Mapping[str, Concept] = field(init=False, repr=False, compare=False)
    _children: Mapping[str | None, tuple[Concept, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = _index(self.concepts, lambda concept: (concept.id,))
        names = _index(self.concepts, lambda concept: (concept.name,))
        others = _index(self.concepts, lambda concept: concept.also)
        object.__setattr__(self, "_found_by", {**others, **names, **by_id})
        children: dict[str | None, tuple[Concept, ...]] = {}
        for concept in self.concepts:
            children[concept.parent] = (*children.get(concept.parent, ()), concept)
            if concept.parent is not None and concept.parent.casefold() not in by_id:
                raise ModelError(f"topic {concept.id!r}: its parent {concept.parent!r} is not in the taxonomy")
        object.__setattr__(self, "_children", children)
        reached = [concept for root in self.top() for concept in self._below(root)]
        if len(reached) < len(self.concepts):
            lost = next(concept for concept in self.concepts if concept not in reached)
            raise ModelError(f"topic {lost.id!r} is its own ancestor; a taxonomy is a tree")

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every concept, in order."""
        return tuple(concept.name for concept in self.concepts)

    def top(self) -> tuple[Concept, ...]:
        """The concepts without a parent, in order."""
        return self._children.get(None, ())

    def children(self, concept: str) -> tuple[Concept, ...]:
        """The concepts one level under an identifier or name, in order; empty for a leaf."""
        return self._children.get(self.node(concept).id, ())

    def node(self, concept: str) -> Concept:
        """Find a concept by its identifier, its name or another of its names, upper or lower case.

        Raises:
            ModelError: There is none; near names are offered.
        """
        found = self._found_by.get(concept.casefold())
        if found is None:
            near = suggest(concept, [*self.names, *(one.id for one in self.concepts)])
            raise ModelError(f"no topic {concept!r} in the taxonomy{near or '; expected an identifier or a name'}")
        return found

    def path(self, concept: str) -> tuple[str, ...]:
        """Names from the top of the tree down to a concept, given by identifier or name."""
        node = self.node(concept)
        above = self.path(node.parent) if node.parent is not None else ()
        return (*above, node.name)

    def _below(self, concept: Concept) -> list[Concept]:
        return [concept, *(low for child in self._children.get(concept.id, ()) for low in self._below(child))]


@cache
def iptc() -> Taxonomy:
    """IPTC Media Topics: 17 top-level topics, 1,085 in all, six levels deep.

    Identifiers, English names (en-GB) and hierarchy of the NewsCodes vocabulary ``medtop`` as last updated on
    2025-03-31, without retired concepts; © IPTC, CC BY 4.0. Read once, when first asked for. ``medtop:11000000`` goes
    by its name before that date, *politics*, as in published classifiers; *politics and government* finds it too.
    """
    data = json.loads(files("newsml.tasks").joinpath("iptc.json").read_text(encoding="utf-8"))
    concepts = (
        Concept(entry["id"], entry["name"], entry.get("parent"), tuple(entry.get("also", ())))
        for entry in data["concepts"]
    )
    return Taxonomy(tuple(concepts), version=data["version"])


def tree_of(labels: Iterable[str]) -> Taxonomy | None:
    """The IPTC tree where all labels are among its top topics."""
    tree = iptc()
    return tree if set(labels) <= {concept.name for concept in tree.top()} else None


def _index(concepts: Iterable[Concept], keys: Callable[[Concept], Iterable[str]]) -> dict[str, Concept]:
    index: dict[str, Concept] = {}
    for concept in concepts:
        for key in keys(concept):
            other = index.setdefault(key.casefold(), concept)
            if other is not concept:
                raise ModelError(f"topics {other.id!r} and {concept.id!r} share the name or identifier {key!r}")
    return index
