"""brat: mentions and relations are ours, the rest is kept as metadata and comes out again where it belongs."""

from dataclasses import replace

import pytest

from core.domain import Corpus, Document, Mention, Relation, Span
from core.errors import FormatError
from core.formats import ReadResult, Severity, read_corpus, write_corpus
from core.formats.archives import pack_zip, unpack_zip

TEXT = "😀 Aspirin blocks\nCOX-1 and COX-2 genes."
LINES = """T1\tDrug 2 9\tAspirin
T2\tGene 17 22\tCOX-1
T3\tGene 17 22;33 38\tCOX-1 genes
T4\tTrigger 10 16\tblocks
E1\tBlocking:T4 Theme:T2
R1\tInhibits Arg2:T2 Arg1:T1
*\tEquiv T2 T3
A1\tNegation E1
M1\tSure T2 High
N1\tReference T1 MESH:D001241\tAspirin
#1\tAnnotatorNotes R1\tas in [1] and T2
"""


def read(text: str, lines: str, *, newline: str = "\n") -> ReadResult:
    files = {"a/b.txt": text.replace("\n", newline).encode(), "a/b.ann": lines.replace("\n", newline).encode()}
    return read_corpus(pack_zip(files), source="a.zip")


def read_document(text: str, lines: str) -> Document:
    result = read(text, lines)
    assert not result.report.is_refused, result.report.issues
    return result.corpus.documents[0]


def test_mentions_relations_and_concepts_are_read() -> None:
    document = read_document(TEXT, LINES)
    aspirin, gene = document.mentions[:2]
    assert (document.id, document.text) == ("a/b", TEXT)
    assert (aspirin, aspirin.concept_ids) == (Mention(Span(2, 9), "Drug"), ("MESH:D001241",))
    assert document.relations == (Relation(aspirin, gene, "Inhibits"),)


def test_a_discontinuous_mention_covers_its_parts_and_is_written_in_parts_again() -> None:
    document = read_document(TEXT, LINES)
    assert (document.mentions[2].span, document.mentions[2].names) == (Span(17, 38), ("COX-1 genes",))
    data = write_corpus(Corpus((document,)), format_name="brat").data
    assert b"T3\tGene 17 22;33 38\tCOX-1 genes\n" in unpack_zip(data)["a_b.ann"]


def test_events_attributes_notes_and_equivalences_are_kept_and_written_again() -> None:
    document = read_document(TEXT, LINES)
    assert ("brat E1", "Blocking:[Trigger@10:16] Theme:[Gene@17:22]") in document.metadata
    written = unpack_zip(write_corpus(Corpus((document,)), format_name="brat").data)["a_b.ann"].decode()
    for line in ("E1\tBlocking:T4 Theme:T2", "*\tEquiv T2 T3", "A1\tNegation E1", "M1\tSure T2 High"):
        assert f"{line}\n" in written
    assert "#1\tAnnotatorNotes R1\tas in [1] and T2\n" in written


def test_a_kept_line_whose_mention_is_gone_is_counted() -> None:
    document = read_document(TEXT, LINES)
    kept = document.mentions[:1]
    report = write_corpus(Corpus((replace(document, mentions=kept, relations=()),)), format_name="brat").report
    assert report.dropped == {"brat lines about mentions that are gone": 4}


def test_offsets_that_count_a_windows_line_end_as_one_are_converted() -> None:
    text = "One.\nTwo aspirin.\nThree rash and more.\n" * 30
    start = text.rindex("aspirin")
    rash = text.rindex("rash")
    lines = f"T1\tDrug {start} {start + 7}\taspirin\nT2\tDisease {rash} {rash + 4}\trash\n"
    result = read(text, lines, newline="\r\n")
    document = result.corpus.documents[0]
    assert "\r\n" in document.text
    assert [one.span.text(document.text) for one in document.mentions] == ["aspirin", "rash"]
    assert result.report.issues[0].message == "a/b: Offsets of 'a/b' count characters with CR LF as one; converted."


def test_a_moved_surface_is_repaired_only_where_it_stands_once_nearby() -> None:
    result = read("Aspirin and rash.", "T1\tDisease 11 15\trash\n")
    assert result.corpus.documents[0].mentions == (Mention(Span(12, 16), "Disease"),)
    assert [one.severity for one in result.report.issues] == [Severity.REPAIRED]
    twice = read("rash, rash.", "T1\tDisease 1 5\trash\n").report
    assert "it stands 2 times within 20 characters" in twice.issues[0].message and twice.is_refused


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("T1\tDrug 0 x\tAspirin\n", "is no text-bound line"),
        ("T1\tDrug 0 7\tAspirin\nT1\tDrug 8 11\tand\n", "T1 is given twice"),
        ("T1\tDrug 0 7\tAspirin\nR1\tX Arg1:T1 Arg2:T9\n", "missing mention 'T9'"),
        ("Q1\tWhat\n", "is no line of a brat file"),
        ("T1\tDrug 0 700\tAspirin and so on\n", "ends beyond the text"),
    ],
)
def test_a_broken_line_is_refused_with_the_name_of_its_file(lines: str, message: str) -> None:
    report = read("Aspirin and rash.", lines).report
    assert message in report.issues[0].message
    assert report.issues[0].message.startswith("a/b: ")


def test_a_text_without_annotations_is_left_out_and_an_annotation_without_text_refused() -> None:
    files = {"a.txt": b"Aspirin.", "b.txt": b"Rash.", "b.ann": b"", "c.ann": b"T1\tDrug 0 1\tA\n"}
    report = read_corpus(pack_zip(files), source="a.zip").report
    assert [one.message for one in report.issues] == [
        "c.ann: its text c.txt is missing. Add it to the archive.",
        "Texts without an annotation file are left out, 1 in all: a.txt.",
    ]
    assert report.is_refused


def test_a_type_that_brat_cannot_hold_is_refused() -> None:
    document = Document("d", "Aspirin.", mentions=(Mention(Span(0, 7), "My Drug"),))
    with pytest.raises(FormatError, match="Entity type 'My Drug' holds a space"):
        write_corpus(Corpus((document,)), format_name="brat")


def test_file_names_are_safe_and_unlike_each_other() -> None:
    corpus = Corpus((Document("../a", "One."), Document(".._a", "Two."), Document("..", "Three.")))
    names = unpack_zip(write_corpus(corpus, format_name="brat").data)
    assert [name for name in names if name.endswith(".txt")] == ["_a.txt", "_a-2.txt", "document.txt"]


EVERY_KIND = """T7\tDrug 2 9\tAspirin
T2\tGene 17 22\tCOX-1
T9\tGene 17 22;33 38\tCOX-1 genes
T4\tTrigger 10 16\tblocks
E1\tBlocking:T4 Theme:T2 Cause:T7
E2\tRegulation:T4 Theme:E1
R5\tInhibits Inhibitor:T7 Target:T2
R2\tPart-of Arg1:T9 Arg2:T2
R9\tCauses Arg1:E1 Arg2:T9
*\tEquiv T2 T9
A1\tNegation E1
A3\tCertain R5 High
M2\tSure T2
N3\tReference T7 MESH:D001241\tAspirin
N1\tReference T7 CAS:50-78-2\t
N4\tReference E1 GO:0004666\tblocking
#1\tAnnotatorNotes R5\tas in [1] and T2
#2\tAnnotatorNotes E2\tnote of an event
"""


def lines_of(document: Document) -> list[str]:
    lines = unpack_zip(write_corpus(Corpus((document,)), format_name="brat").data)["a_b.ann"].decode().split("\n")
    return sorted(line for line in lines if line and not line.startswith("#\tdare"))


def test_every_line_of_every_kind_comes_out_as_it_came_in() -> None:
    assert lines_of(read_document(TEXT, EVERY_KIND)) == sorted(EVERY_KIND.strip("\n").split("\n"))


def test_lines_name_the_right_mentions_where_offsets_were_converted() -> None:
    lines = (
        "T1\tDrug 3 10\tAspirin\nT2\tGene 18 23;24 27\tCOX-1 and\nT3\tTrigger 11 17\tblocks\nE1\tBlocking:T3 Theme:T1\n"
    )
    document = read_document(TEXT, lines)
    assert [one.span for one in document.mentions] == [Span(2, 9), Span(17, 26), Span(10, 16)]
    assert lines_of(document) == sorted(
        [
            "T1\tDrug 2 9\tAspirin",
            "T2\tGene 17 22;23 26\tCOX-1 and",
            "T3\tTrigger 10 16\tblocks",
            "E1\tBlocking:T3 Theme:T1",
        ]
    )


def test_a_new_mention_takes_an_id_that_is_free() -> None:
    document = read_document("Aspirin and rash.", "T2\tDrug 0 7\tAspirin\n")
    more = (Mention(Span(12, 16), "Disease"), Mention(Span(8, 11), "Other"))
    ids = [line.split("\t")[0] for line in lines_of(replace(document, mentions=(*document.mentions, *more)))]
    assert ids == ["T2", "T3", "T4"]


def test_a_normalisation_whose_concept_was_corrected_is_counted() -> None:
    document = read_document(TEXT, "T1\tDrug 2 9\tAspirin\nN1\tReference T1 MESH:D001241\tAspirin\n")
    corrected = replace(document, mentions=(replace(document.mentions[0], concept_ids=("MESH:D2",)),))
    written = write_corpus(Corpus((corrected,)), format_name="brat")
    assert written.report.dropped == {"brat lines about concepts that are gone": 1}
    assert "N1\tReference T1 MESH:D2\t" in lines_of(corrected)


def test_files_that_are_neither_texts_nor_annotations_are_named() -> None:
    files = {"a.txt": b"Aspirin.", "a.ann": b"", "annotation.conf": b"[entities]", "notes.md": b"x"}
    report = read_corpus(pack_zip(files), source="a.zip").report
    assert [one.message for one in report.issues] == [
        "Files that are no texts or annotations are left out: annotation.conf, notes.md."
    ]


def test_texts_without_annotations_are_counted_and_the_first_named() -> None:
    files = {"a.txt": b"Aspirin.", "a.ann": b""} | {f"notes/{number}.txt": b"Rash." for number in range(7)}
    report = read_corpus(pack_zip(files), source="a.zip").report
    assert [one.message for one in report.issues] == [
        "Texts without an annotation file are left out, 7 in all: "
        "notes/0.txt, notes/1.txt, notes/2.txt, notes/3.txt, notes/4.txt, …."
    ]
