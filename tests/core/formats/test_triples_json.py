"""JSON of text and triples of strings: the rule of places, and what has none."""

import json

import pytest

from core.formats import ReadResult, Severity, get_tally, read_corpus
from core.formats.triples_json import locate_strings

Triple = tuple[str, str, str]


def read(text: str, *triples: Triple) -> ReadResult:
    items = [{"text": text, "triple_list": triples}]
    result = read_corpus(json.dumps(items, ensure_ascii=False).encode(), source="a.json")
    assert result.report.format_name == "triples-json"
    assert not result.report.is_refused
    return result


def places(text: str, *strings: str) -> dict[str, int]:
    return {string: span.start for string, span in locate_strings(text, strings).items()}


def test_strings_become_mentions_and_triples_relations_head_first() -> None:
    (found,) = read("Ada was born in London .", ("Ada", "birthPlace", "London")).corpus.documents
    (relation,) = found.relations
    assert (relation.head.span.text(found.text), relation.tail.span.text(found.text)) == ("Ada", "London")
    assert [one.entity_type for one in found.mentions] == ["Entity", "Entity"]
    assert len(found.sentences) == 1


def test_a_place_on_word_borders_goes_before_an_earlier_one_inside_a_word() -> None:
    assert places("Romans left Rome for Rom .", "Rom") == {"Rom": 21}


def test_without_a_place_on_borders_the_first_one_counts() -> None:
    assert places("The Romans and the Romanians .", "Roma") == {"Roma": 4}


def test_a_repeated_string_stands_where_it_first_occurs() -> None:
    assert places("Ada met Ada .", "Ada") == {"Ada": 0}


def test_a_short_string_keeps_out_of_a_longer_one_where_it_can() -> None:
    assert places("Union Berlin plays in Berlin .", "Berlin", "Union Berlin") == {"Union Berlin": 0, "Berlin": 22}
    assert places("Union Berlin plays .", "Berlin", "Union Berlin") == {"Union Berlin": 0, "Berlin": 6}


def test_signs_at_the_ends_of_a_string_are_no_borders_to_fail_at() -> None:
    assert places("He ( C++ ) wrote .", "C++") == {"C++": 5}


def test_a_pair_may_carry_several_labels() -> None:
    document = read("Ada rules London .", ("Ada", "leads", "London"), ("Ada", "owns", "London")).corpus.documents[0]
    assert [one.label for one in document.relations] == ["leads", "owns"]
    assert len(document.mentions) == 2


def test_a_string_that_is_not_in_the_sentence_is_reported_and_counted() -> None:
    result = read("Ada sleeps .", ("Ada", "birthPlace", "London"))
    (document,) = result.corpus.documents
    assert (len(document.mentions), document.relations) == (1, ())
    assert get_tally(document) == {"triples with a string that is not in the sentence": 1}
    (issue,) = result.report.issues
    assert issue.severity is Severity.NOTED
    assert "('Ada', birthPlace, 'London') is left out" in issue.message


def test_a_string_related_to_itself_and_a_repeated_or_nested_triple_are_counted() -> None:
    nested = ("Union Berlin", "home", "Berlin")
    (document,) = read("Union Berlin plays .", nested, nested, ("Berlin", "same", "Berlin")).corpus.documents
    assert len(document.relations) == 1
    assert get_tally(document) == {
        "relations of overlapping mentions": 1,
        "triples stated twice": 1,
        "triples of one string with itself": 1,
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('[{"text": "Ada", "triple_list": [["Ada", "x"]]}]', 'Item 1: The key "triple_list.0.2" is missing.'),
        ('[{"text": " ", "triple_list": []}]', "The sentence is empty."),
    ],
)
def test_a_faulty_item_is_refused(data: str, message: str) -> None:
    report = read_corpus(data.encode(), source="a.json").report
    assert report.is_refused
    assert message in report.issues[0].message
