"""The IPTC tree, and what makes any taxonomy a tree."""

from __future__ import annotations

from collections import Counter

import pytest

from newsml.errors import ModelError
from newsml.tasks.taxonomy import Concept, Taxonomy, iptc

TOP = {
    "medtop:01000000": "arts, culture, entertainment and media",
    "medtop:02000000": "crime, law and justice",
    "medtop:03000000": "disaster, accident and emergency incident",
    "medtop:04000000": "economy, business and finance",
    "medtop:05000000": "education",
    "medtop:06000000": "environment",
    "medtop:07000000": "health",
    "medtop:08000000": "human interest",
    "medtop:09000000": "labour",
    "medtop:10000000": "lifestyle and leisure",
    "medtop:11000000": "politics",
    "medtop:12000000": "religion",
    "medtop:13000000": "science and technology",
    "medtop:14000000": "society",
    "medtop:15000000": "sport",
    "medtop:16000000": "conflict, war and peace",
    "medtop:17000000": "weather",
}


def test_the_top_level_is_the_seventeen() -> None:
    assert {concept.id: concept.name for concept in iptc().top()} == TOP
    assert len(iptc().top()) == 17


def test_the_tree_is_whole() -> None:
    concepts = {concept.id: concept for concept in iptc().concepts}
    depths = Counter(len(iptc().path(one)) for one in concepts)
    assert sum(depths.values()) == len(iptc().concepts) == 1085
    assert depths == {1: 17, 2: 120, 3: 515, 4: 379, 5: 49, 6: 5}
    for concept in concepts.values():
        assert concept.id.startswith("medtop:")
        assert len(concept.id) == len("medtop:00000000")
        assert concept.name == concept.name.strip() != ""
        assert "retired" not in concept.name
        assert concept.parent is None or concept.parent in concepts


def test_every_top_topic_has_children_with_unique_names() -> None:
    for top in iptc().top():
        names = [child.name for child in iptc().children(top.id)]
        assert len(names) > 2
        assert len(set(names)) == len(names)
        assert all(iptc().node(name).parent == top.id for name in names)
    assert len(set(iptc().names)) == len(iptc().names)


def test_paths_run_from_the_top_down() -> None:
    assert iptc().path("medtop:20000056") == ("conflict, war and peace", "armed conflict")
    assert iptc().path("military occupation") == ("conflict, war and peace", "armed conflict", "military occupation")
    assert iptc().path("medtop:17000000") == ("weather",)


def test_concepts_are_found_by_id_name_spelling_and_former_name() -> None:
    politics = iptc().node("medtop:11000000")
    assert iptc().node("politics") is iptc().node("Politics and government") is politics
    assert iptc().node("labor").name == "labour"
    assert iptc().node("soccer").name == "football"


def test_an_unknown_topic_offers_near_names() -> None:
    with pytest.raises(ModelError, match=r"no topic 'wether' in the taxonomy; did you mean 'weather'"):
        iptc().node("wether")
    with pytest.raises(ModelError, match="no topic"):
        iptc().children("qqqqqq")


def test_the_tree_is_read_once() -> None:
    assert iptc() is iptc()
    assert iptc().version == "2025-03-31"


def test_children_keep_their_order_and_leaves_have_none() -> None:
    tree = Taxonomy((Concept("1", "a"), Concept("3", "c", "1"), Concept("2", "b", "1")))
    assert [child.name for child in tree.children("a")] == ["c", "b"]
    assert tree.children("b") == ()
    assert tree.names == ("a", "c", "b")


@pytest.mark.parametrize(
    ("concepts", "message"),
    [
        ((Concept("1", "a"), Concept("1", "b")), "share the name or identifier '1'"),
        ((Concept("1", "a"), Concept("2", "A")), "share the name or identifier 'A'"),
        ((Concept("1", "a"), Concept("2", "b", "9")), "topic '2': its parent '9' is not in the taxonomy"),
        ((Concept("1", "a"), Concept("2", "b", "3"), Concept("3", "c", "2")), "topic '2' is its own ancestor"),
    ],
)
def test_what_is_no_tree_is_refused(concepts: tuple[Concept, ...], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Taxonomy(concepts)
