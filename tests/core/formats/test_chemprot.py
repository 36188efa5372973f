"""ChemProt as a zip of its three tables, told from their columns."""

import pytest

from core.domain import Document, Mention, Relation, Span
from core.formats import ReadResult, read_corpus
from core.formats.archives import pack_zip

ABSTRACTS = b"7\tAspirin\tIt blocks COX and PTGS.\r\n8\tRash\tNothing.\r\n"
ENTITIES = b"7\tT1\tCHEMICAL\t0\t7\tAspirin\r\n7\tT2\tGENE-Y\t18\t21\tCOX\r\n7\tT3\tGENE-N\t26\t30\tPTGS\r\n"
RELATIONS = (
    b"7\tCPR:4\tY \tINHIBITOR\tArg1:T1\tArg2:T2\r\n7\tCPR:4\tY \tDOWNREGULATOR\tArg1:T1\tArg2:T2\r\n"
    b"7\tCPR:2\tN \tREGULATOR\tArg1:T1\tArg2:T3\r\n"
)
GOLD = b"7\tCPR:4\tArg1:T1\tArg2:T2\r\n"


def read(**changed: bytes) -> ReadResult:
    tables = {"one": ABSTRACTS, "two": ENTITIES, "three": RELATIONS, "four": GOLD} | changed
    return read_corpus(pack_zip({f"part/{name}": data for name, data in tables.items() if data}), source="c.zip")


def test_the_tables_are_told_from_their_columns_and_all_groups_are_taken() -> None:
    result = read()
    assert result.report.format_name == "chemprot"
    first, second = result.corpus.documents
    aspirin, cox, ptgs = (
        Mention(Span(*s), t) for s, t in (((0, 7), "CHEMICAL"), ((18, 21), "GENE-Y"), ((26, 30), "GENE-N"))
    )
    assert first == Document(
        "7",
        "Aspirin It blocks COX and PTGS.",
        mentions=(aspirin, cox, ptgs),
        relations=(Relation(aspirin, cox, "CPR:4"), Relation(aspirin, ptgs, "CPR:2")),
        metadata=(("count: relations stated twice", "1"),),
    )
    assert second == Document("8", "Rash Nothing.")
    assert [one.message for one in result.report.issues] == [
        "Left out, as they are none of abstracts, entities, relations: part/four."
    ]


def test_an_offset_beside_its_surface_is_repaired_and_said() -> None:
    result = read(two=ENTITIES.replace(b"0\t7", b"2\t9"))
    assert result.corpus.documents[0].mentions[0].span == Span(0, 7)
    assert result.report.issues[0].message == "Document 7: T1: 'Aspirin' moved from 2:9 to 0:7."


@pytest.mark.parametrize(
    ("table", "data", "message", "line"),
    [
        ("two", ENTITIES.replace(b"Aspirin", b"Codeine"), "part/one: Document 7: Span 0:7 holds 'Aspirin'", 1),
        ("three", RELATIONS + b"7\tCPR:4\n", "part/three: 2 columns between tabs, expected 6", 4),
        ("three", RELATIONS.replace(b"Arg2:T3", b"Arg2:T9"), "part/one: Document 7: Line 3 of the relations joins", 1),
        ("one", ABSTRACTS.replace(b"7\tAsp", b"9\tAsp"), "part/one: No abstract 7", None),
        ("three", b"", "part: no file holds the relations of ChemProt.", None),
        ("four", ENTITIES, "part/four and part/two are both entities.", None),
    ],
)
def test_a_broken_table_is_refused_by_name(table: str, data: bytes, message: str, line: int | None) -> None:
    report = read(**{table: data}).report
    refusal = next(one for one in report.issues if one.severity == "refused")
    assert refusal.message.startswith(message)
    assert (refusal.line, report.num_documents) == (line, 0)


def test_offsets_that_count_utf_16_units_are_converted() -> None:
    abstracts = "7\t😀 COX\tand PTGS.\n".encode()
    entities = b"7\tT1\tGENE-Y\t3\t6\tCOX\n7\tT2\tGENE-Y\t11\t15\tPTGS\n"
    relations = b"7\tCPR:4\tY \tX\tArg1:T1\tArg2:T2\n"
    result = read(one=abstracts, two=entities, three=relations, four=b"")
    assert [one.span for one in result.corpus.documents[0].mentions] == [Span(2, 5), Span(10, 14)]
    assert [one.message for one in result.report.issues] == ["Offsets of 7 count UTF-16 units; converted."]
