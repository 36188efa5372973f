"""Reading PubTator: what is taken, what is repaired, what is refused."""

import pytest

from core.domain import DocumentFact, EntityType, Mention, Relation, RelationLabel, Schema, Span
from core.formats import ReadResult, Severity, read_corpus
from core.formats.projection import get_fact_only

# "Aspirin" 0-7, "headache" 15-23, "Aspirin" 25-32, "nausea" 38-44.
TEXT = "7|t|Aspirin caused headache.\n7|a|Aspirin, not nausea."
MENTIONS = "7\t0\t7\tAspirin\tChemical\tD1\n7\t15\t23\theadache\tDisease\tD2"
SCHEMA = Schema((EntityType("Chemical"), EntityType("Disease")), (RelationLabel("CID", (("Chemical", "Disease"),)),))


def read(text: str, *, schema: Schema | None = None) -> ReadResult:
    return read_corpus(text.encode(), source="file.txt", format_name="pubtator", schema=schema)


def refusals(text: str, *, schema: Schema | None = None) -> list[tuple[int | None, str]]:
    issues = read(text, schema=schema).report.issues
    return [(issue.line, issue.message) for issue in issues if issue.severity is Severity.REFUSED]


def test_title_and_abstract_are_joined_by_one_space_and_concepts_stay_facts() -> None:
    result = read(f"{TEXT}\n{MENTIONS}\n7\tCID\tD1\tD2\n")
    (document,) = result.corpus.documents
    aspirin = Mention(Span(0, 7), "Chemical")
    assert document.text == "Aspirin caused headache. Aspirin, not nausea."
    assert document.metadata == (("title_end", "24"),)
    assert document.mentions == (aspirin, Mention(Span(15, 23), "Disease"))
    assert document.mentions[0].concept_ids == ("D1",)
    assert document.facts == (DocumentFact("CID", "D1", "D2"),)
    assert document.relations == ()
    report = result.report
    assert (report.num_documents, report.num_mentions, report.num_facts, report.issues) == (1, 2, 1, ())


def test_windows_line_ends_and_missing_blank_lines_do_not_matter() -> None:
    result = read("7|t|One\r\n7|a|Two\r\n7\t4\t7\tTwo\tChemical\tD1\r\n8|t|Three\r\n8|a|\r\n")
    assert [document.text for document in result.corpus.documents] == ["One Two", "Three"]
    assert result.report.issues == ()


@pytest.mark.parametrize(
    ("columns", "concept_ids", "names"),
    [
        ("D1|D2\tskin toxicity|liver toxicity", ("D1", "D2"), ("skin toxicity", "liver toxicity")),
        ("D1|-1\ta|b", ("D1", "-1"), ("a", "b")),
        ("-1", (), ()),
        ("", (), ()),
        ("D1\t", ("D1",), ()),
        (" D1", ("D1",), ()),
        ("3172,3651", ("3172", "3651"), ()),
        ("c|SUB|A|123|G,rs7", ("c|SUB|A|123|G", "rs7"), ()),
    ],
)
def test_concept_column_of_composites_variants_and_absence(
    columns: str, concept_ids: tuple[str, ...], names: tuple[str, ...]
) -> None:
    (document,) = read(f"{TEXT}\n7\t0\t7\tAspirin\tChemical\t{columns}\n").corpus.documents
    assert (document.mentions[0].concept_ids, document.mentions[0].names) == (concept_ids, names)


def test_a_number_in_the_seventh_column_is_a_score() -> None:
    (document,) = read(f"{TEXT}\n7\t0\t7\tAspirin\tChemical\tD1\t0.75\n").corpus.documents
    assert (document.mentions[0].score, document.mentions[0].names) == (0.75, ())


def test_a_relation_between_spans_joins_mentions_also_where_two_share_a_span() -> None:
    shared = "7\t15\t23\theadache\tSymptom\tD2"
    result = read(f"{TEXT}\n{MENTIONS}\n{shared}\n7\tCID\t@0:7\t@15:23:Disease\n")
    (document,) = result.corpus.documents
    assert document.relations == (Relation(Mention(Span(0, 7), "Chemical"), Mention(Span(15, 23), "Disease"), "CID"),)


def test_a_fact_marked_fact_only_is_kept_and_remembered() -> None:
    (document,) = read(f"{TEXT}\n{MENTIONS}\n7\tCID\tD1\tD9\tfact-only\n").corpus.documents
    assert document.facts == (DocumentFact("CID", "D1", "D9"),)
    assert get_fact_only(document) == {DocumentFact("CID", "D1", "D9")}


def test_overlapping_mentions_are_allowed() -> None:
    result = read(f"{TEXT}\n{MENTIONS}\n7\t0\t14\tAspirin caused\tEvent\tD3\n")
    assert result.report.num_mentions == 3
    assert result.report.issues == ()


def test_offsets_count_code_points_not_bytes_or_utf16_units() -> None:
    (document,) = read("7|t|😀 e\u0301 aspirin\n7|a|\n7\t5\t12\taspirin\tChemical\tD1").corpus.documents
    assert document.mentions[0].span.text(document.text) == "aspirin"


def test_a_wrong_offset_is_repaired_when_the_surface_is_near_and_unique() -> None:
    result = read(f"{TEXT}\n7\t35\t41\tnausea\tDisease\tD3\n")
    assert result.corpus.documents[0].mentions[0].span == Span(38, 44)
    (issue,) = result.report.issues
    assert (issue.line, issue.severity, issue.message) == (3, "repaired", "'nausea' moved from 35:41 to 38:44.")


def test_surrounding_spaces_in_the_surface_are_repaired() -> None:
    result = read(f"{TEXT}\n7\t0\t7\tAspirin  \tChemical\tD1\n")
    assert result.corpus.documents[0].mentions[0].span == Span(0, 7)
    assert result.report.issues[0].message == "'Aspirin  ' differs from 'Aspirin' at 0:7 in spaces; text kept."


def test_a_mention_stated_twice_is_kept_once_with_both_concepts() -> None:
    result = read(f"{TEXT}\n7\t0\t7\tAspirin\tChemical\tD1\n7\t0\t7\tAspirin\tChemical\tD9\n")
    (mention,) = result.corpus.documents[0].mentions
    assert mention.concept_ids == ("D1", "D9")
    assert result.report.issues[0].message == ("'Aspirin' is stated twice as Chemical; kept once, concept ids joined.")


def test_a_relation_stated_twice_is_kept_once() -> None:
    result = read(f"{TEXT}\n{MENTIONS}\n7\tCID\tD1\tD2\n7\tCID\tD1\tD2\n")
    assert result.report.num_facts == 1
    assert result.report.issues[0].message == "The relation is stated twice; kept once."


def test_other_fifth_columns_are_noted_once() -> None:
    result = read(f"{TEXT}\n{MENTIONS}\n7\tCID\tD1\tD2\tNovel\n7\tBind\tD1\tD2\tNo\n")
    assert [(issue.line, issue.severity) for issue in result.report.issues] == [(5, "noted")]


BROKEN = {
    "junk line": (
        f"{TEXT}\nno tabs here",
        3,
        "'no tabs here' is no PubTator line. Write ID|t|title, ID|a|abstract, or tab-separated columns.",
    ),
    "too many columns": (
        f"{TEXT}\n7\t0\t7\tAspirin\tChemical\tD1\ta\tb",
        3,
        "A mention with 8 columns; it has 5 to 7 columns. Correct or remove the line.",
    ),
    "no entity type": (
        f"{TEXT}\n7\t0\t7\tAspirin\t\tD1",
        3,
        "A mention with no entity type; it has 5 to 7 columns. Correct or remove the line.",
    ),
    "neither mention nor relation": (
        f"{TEXT}\n7\t0\tx\tAspirin\tChemical\tD1",
        3,
        "6 tab-separated columns that are neither a mention (ID, start, end, surface, type, concept) nor a "
        "relation (ID, label, head, tail). Correct or remove the line.",
    ),
    "annotation before any text": (
        "7\tCID\tD1\tD2",
        1,
        "An annotation without a text above it. Put it right under its title and abstract.",
    ),
    "annotation of another document": (
        f"{TEXT}\n8\t0\t7\tAspirin\tChemical\tD1",
        3,
        "An annotation of document '8' under document '7'. Put it under its own title and abstract.",
    ),
    "no title": ("7|a|Abstract", 1, "Document '7' has no title. Add a line 7|t| before the abstract."),
    "two titles": ("7|t|One\n7|t|Two", 2, "Document '7' has a second title. Remove one of the two."),
    "two abstracts": (f"{TEXT}\n7|a|Two", 3, "Document '7' has a second abstract. Remove one of the two."),
    "duplicate document": (
        f"{TEXT}\n\n{TEXT}",
        4,
        "Document '7' stands already in line 1. Remove one of the two or give it another id.",
    ),
    "span out of range": (
        f"{TEXT}\n7\t90\t97\tAspirin\tChemical\tD1",
        3,
        "Span 90:97 of 'Aspirin' ends beyond the text of 45 characters; it stands nowhere within 20 characters. "
        "Correct the offsets; they count characters from 0, end exclusive.",
    ),
    "reversed span": (
        f"{TEXT}\n7\t7\t0\tAspirin\tChemical\tD1",
        3,
        "Span 7:0 must satisfy 0 <= start < end. Correct the offsets; they count characters from 0, end exclusive.",
    ),
    "empty span": (
        f"{TEXT}\n7\t7\t7\t\tChemical\tD1",
        3,
        "Span 7:7 must satisfy 0 <= start < end. Correct the offsets; they count characters from 0, end exclusive.",
    ),
    "wrong surface": (
        f"{TEXT}\n7\t0\t7\tAspirim\tChemical\tD1",
        3,
        "Span 0:7 holds 'Aspirin', not 'Aspirim'; it stands nowhere within 20 characters. "
        "Correct the offsets; they count characters from 0, end exclusive.",
    ),
    "ambiguous surface": (
        f"{TEXT}\n7\t12\t19\tAspirin\tChemical\tD1",
        3,
        "Span 12:19 holds 'ed head', not 'Aspirin'; it stands 2 times within 20 characters. "
        "Correct the offsets; they count characters from 0, end exclusive.",
    ),
    "missing concept": (
        f"{TEXT}\n{MENTIONS}\n7\tCID\tD1\tD9",
        5,
        "No mention of document '7' has the concept 'D9'. "
        'Add it to a mention, correct the line, or write "fact-only" as its fifth column.',
    ),
    "missing mention": (
        f"{TEXT}\n{MENTIONS}\n7\tCID\t@0:7\t@38:44",
        5,
        "No mention stands at 38:44. Add the mention or correct the relation.",
    ),
    "missing mention of a type": (
        f"{TEXT}\n{MENTIONS}\n7\tCID\t@0:7\t@15:23:Gene",
        5,
        "No Gene mention stands at 15:23. Add the mention or correct the relation.",
    ),
    "mention of two types": (
        f"{TEXT}\n{MENTIONS}\n7\t15\t23\theadache\tSymptom\tD2\n7\tCID\t@0:7\t@15:23",
        6,
        "Several mentions stand at 15:23. Name the type as well: @15:23:Disease.",
    ),
    "mention with concept": (
        f"{TEXT}\n{MENTIONS}\n7\tCID\t@0:7\tD2",
        5,
        "The line joins a mention (@start:end) with a concept. Name two of the same kind.",
    ),
    "mention with itself": (
        f"{TEXT}\n{MENTIONS}\n7\tCID\t@0:7\t@0:7",
        5,
        "Relation CID joins a mention with itself at Span(start=0, end=7). Correct or remove the line.",
    ),
}


@pytest.mark.parametrize(("text", "line", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_line_and_remedy(text: str, line: int, message: str) -> None:
    assert refusals(text) == [(line, message)]


UNFIT = {
    "unknown type": (
        f"{TEXT}\n7\t0\t7\tAspirin\tDrug\tD1\n7\t25\t32\tAspirin\tDrug\tD1",
        [(3, "Unknown entity type 'Drug'; known: Chemical, Disease.", "entity type")],
    ),
    "unknown label of a fact": (
        f"{TEXT}\n{MENTIONS}\n7\tTREATS\tD1\tD2",
        [(5, "Unknown relation label 'TREATS'; known: CID.", "label")],
    ),
    "illegal fact": (
        f"{TEXT}\n{MENTIONS}\n7\tCID\tD2\tD1",
        [(5, "Label CID may not join Disease → Chemical.", "label")],
    ),
    "illegal relation": (
        f"{TEXT}\n{MENTIONS}\n7\tCID\t@15:23\t@0:7",
        [(5, "Label CID may not join Disease → Chemical.", "label")],
    ),
}


@pytest.mark.parametrize(("text", "faults"), UNFIT.values(), ids=UNFIT)
def test_names_outside_the_schema_are_refused_once_each(text: str, faults: list[tuple[int, str, str]]) -> None:
    remedy = "Correct the line, or allow this {} in the project's schema and import again."
    expected = [(line, f"{fault} {remedy.format(kind)}") for line, fault, kind in faults]
    assert refusals(text, schema=SCHEMA) == expected


def test_a_file_within_the_schema_is_taken() -> None:
    assert not read(f"{TEXT}\n{MENTIONS}\n7\tCID\tD1\tD2\n7\tCID\t@0:7\t@15:23", schema=SCHEMA).report.is_refused


@pytest.mark.parametrize(("first", "unit"), [(3, "UTF-16 units"), (5, "bytes of UTF-8")])
def test_offsets_of_another_unit_are_converted_in_mentions_and_references(first: int, unit: str) -> None:
    rash = first + 9
    text = (
        "7|t|😀 rash, rash\n7|a|Aspirin.\n"
        f"7\t{first}\t{first + 4}\trash\tDisease\tD1\n7\t{rash + 2}\t{rash + 9}\tAspirin\tChemical\tD2\n"
        f"7\tCID\t@{rash + 2}:{rash + 9}\t@{first}:{first + 4}\n"
    )
    result = read_corpus(text.encode(), source="f")
    (document,) = result.corpus.documents
    assert [one.span.text(document.text) for one in document.mentions] == ["rash", "Aspirin"]
    assert [(one.head.span.start, one.tail.span.start) for one in document.relations] == [(13, 2)]
    assert [one.message for one in result.report.issues] == [f"Offsets of '7' count {unit}; converted."]
