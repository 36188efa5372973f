"""Tables: columns are told from their names or chosen; formulas never reach a spreadsheet unescaped."""

import csv
import io

import pytest

from core.domain import (
    Corpus,
    Document,
    EntityType,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Sentence,
    Span,
    Split,
    State,
)
from core.formats import ReadResult, read_corpus, write_corpus
from tests.builders import make_drug_schema, make_schema
from tests.core.formats.torture import SCHEMA, make_document

MASKED = "index\tsentence\tlabel\thead\ttail\thead_type\ttail_type\tdocument\tsplit\torigin\n"


def read(text: str, *, columns: dict[str, str] | None = None, schema: Schema | None = None) -> ReadResult:
    return read_corpus(text.encode(), source="t.csv", format_name="table", columns=columns, schema=schema)


def say(result: ReadResult) -> list[tuple[int | None, str]]:
    return [(issue.line, issue.message) for issue in result.report.issues]


def read_documents(text: str, *, columns: dict[str, str] | None = None) -> tuple[Document, ...]:
    result = read(text, columns=columns)
    assert not result.report.is_refused, result.report.issues
    return result.corpus.documents


def test_texts_alone_are_documents_named_by_their_id() -> None:
    found = read_documents('PMID,Abstract,Split\n7,"One, two.",dev\n8,Three.,\n')
    assert found == (Document("7", "One, two.", split=Split.DEV), Document("8", "Three."))


def test_columns_with_unknown_names_are_chosen() -> None:
    assert read_documents("k;Befund\n7;Eins.\n", columns={"text": "Befund", "id": "k"}) == (Document("7", "Eins."),)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {},
            "The file is a table with the columns k, Befund; none is known to hold the text. Say which one does, or",
        ),
        ({"text": "Text"}, "There is no column 'Text'; the columns are k, Befund."),
        ({"text": "Befund", "colour": "k"}, "A column cannot mean 'colour'. Choose one of: text, head"),
    ],
)
def test_a_column_that_is_not_there_is_named(columns: dict[str, str], message: str) -> None:
    assert read("k,Befund\n7,Eins.\n", columns=columns).report.issues[0].message.startswith(message)


def test_rows_of_one_sentence_become_one_document() -> None:
    text = "sentence,head,tail,label,head_type,tail_type\n"
    text += "Aspirin gave rash and fever.,Aspirin,rash,CID,Chemical,Disease\n"
    text += "Aspirin gave rash and fever.,Aspirin,fever,no_relation,Chemical,Disease\n"
    (document,) = read_documents(text)
    aspirin, rash, fever = document.mentions
    assert (fever.span, document.relations) == (Span(22, 27), (Relation(aspirin, rash, "CID"),))
    assert document.sentences == (Sentence(Span(0, 28), State.ACCEPTED),)


def test_a_name_that_is_not_in_its_sentence_is_refused_with_its_line() -> None:
    text = "sentence,head,tail,label,head_type,tail_type\nAspirin helps.,Aspirin,rash,CID,Chemical,Disease\n"
    assert say(read(text)) == [(2, "'rash' is not in 'Aspirin helps.'. Correct the name or the sentence.")]


def test_a_row_of_more_cells_than_columns_is_refused_and_not_cut_off() -> None:
    assert say(read("text,split\nAspirin helps.,dev,,\nAspirin, we think, helps.,dev\n")) == [
        (
            3,
            "The row has 4 cells, the first line 2. Put cells that hold the separator in double quotes, "
            "or name all columns.",
        )
    ]


def test_masks_give_way_to_the_names_also_of_two_equal_types() -> None:
    text = MASKED + "0\t$DRUG_B$ blocks $DRUG_A$.\tEFFECT\tcodeine\taspirin\tDrug\tDrug\td\ttrain\tcurated\n"
    (document,) = read_documents(text)
    head, tail = document.relations[0].head, document.relations[0].tail
    assert document.text == "aspirin blocks codeine."
    assert (head.span.text(document.text), tail.span.text(document.text)) == ("codeine", "aspirin")


def test_a_sentence_with_one_mask_of_two_is_refused() -> None:
    text = MASKED + "0\t$DRUG_B$ blocks it.\tEFFECT\tcodeine\taspirin\tDrug\tDrug\td\ttrain\tcurated\n"
    assert "holds 1 masks" in read(text).report.issues[0].message


def test_every_candidate_pair_is_a_row_and_a_symmetric_one_only_once() -> None:
    text = "aspirin, codeine, ibuprofen"
    drugs = [Mention(Span(start, start + len(name)), "Drug") for name, start in (("aspirin", 0), ("codeine", 9))]
    document = Document("d", text, (Sentence(Span(0, 27), State.ACCEPTED),), tuple(drugs), (Relation(*drugs, "INT"),))
    written = write_corpus(Corpus((document,), schema=make_drug_schema()), format_name="masked-tsv")
    rows = written.data.decode().splitlines()[1:]
    assert [row.split("\t")[:3] for row in rows] == [["0", "$DRUG_A$, $DRUG_B$, ibuprofen", "INT"]]


def test_sentences_that_nobody_reviewed_are_no_rows_and_counted() -> None:
    text, chemical, disease = "aspirin rash", "aspirin", "rash"
    document = make_document("d", text, chemical, disease)
    pending = Document("d", text, (Sentence(Span(0, 12)),), document.mentions, document.relations)
    report = write_corpus(Corpus((pending,), schema=SCHEMA), format_name="masked-tsv").report
    assert report.dropped == {"sentences without review": 1, "relations of sentences without review": 1}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'="])
def test_a_cell_that_a_spreadsheet_would_run_is_escaped_and_comes_back(start: str) -> None:
    document = make_document("d", f"{start}1 aspirin rash", "aspirin", "rash")
    written = write_corpus(Corpus((document,), schema=SCHEMA), format_name="masked-csv")
    rows = list(csv.reader(io.StringIO(written.data.decode(), newline="")))
    assert rows[1][1] == f"'{start}1 $CHEMICAL$ $DISEASE$"
    assert written.report.changed == {"cells that a spreadsheet would run": 1}
    assert read_corpus(written.data, source="a").corpus.documents[0].text == document.text


def test_a_broken_table_is_refused() -> None:
    report = read('text,split\n"' + "a" * (2**20 + 1) + '",x\n').report
    assert report.issues[0].message.startswith("Not a readable table: field larger than field limit")


def test_a_label_without_head_and_tail_is_left_out_and_said_beside_other_columns_that_are() -> None:
    result = read("text,label,journal,id\nAspirin caused rash.,CID,Pain,7\n")
    assert result.corpus.documents == (Document("7", "Aspirin caused rash."),)
    assert say(result) == [
        (1, "Columns left out, since a head and a tail are missing: label."),
        (1, "Columns left out, since nothing says what they hold: journal."),
    ]


def test_a_table_of_ours_has_no_column_that_is_left_out() -> None:
    document = make_document("d", "aspirin rash", "aspirin", "rash")
    for name in ("masked-tsv", "masked-csv"):
        written = write_corpus(Corpus((document,), schema=SCHEMA), format_name=name)
        assert read_corpus(written.data, source="a").report.issues == ()


UNTYPED = "sentence,head,tail,label\nAspirin caused rash.,Aspirin,rash,{label}\n"
CHEMICAL, DISEASE = EntityType("Chemical"), EntityType("Disease")
TREATS = RelationLabel("TREATS", (("Chemical", "Disease"), ("Disease", "Disease")))
MANY = Schema((CHEMICAL, DISEASE), (*make_schema().relation_labels, TREATS))


def find_types(result: ReadResult) -> list[str]:
    return [mention.entity_type for document in result.corpus.documents for mention in document.mentions]


def test_types_that_a_table_does_not_give_are_those_of_its_label_and_said_to_be() -> None:
    result = read(UNTYPED.format(label="CID"), schema=MANY)
    assert find_types(result) == ["Chemical", "Disease"]
    assert say(result) == [
        (
            2,
            "The types of head and tail are not given; the label 'CID' joins Chemical → Disease alone, "
            "so that is taken.",
        )
    ]


def test_a_row_without_relation_has_the_types_of_the_only_pair_of_the_schema() -> None:
    result = read(UNTYPED.format(label="none"), schema=make_schema())
    assert find_types(result) == ["Chemical", "Disease"]
    assert "every label of the project joins Chemical → Disease alone" in result.report.issues[0].message


def test_one_type_that_is_given_can_tell_the_other() -> None:
    result = read(UNTYPED.format(label="TREATS"), schema=MANY, columns={"head_type": "=Chemical"})
    assert find_types(result) == ["Chemical", "Disease"]
    assert result.report.issues[0].message.startswith("The type of the tail is not given; the label 'TREATS' joins")


@pytest.mark.parametrize(
    ("label", "columns", "fault"),
    [
        (
            "TREATS",
            {},
            "The types of head and tail are not given, and the label 'TREATS' joins Chemical → Disease, "
            "Disease → Disease. Say which columns hold the types, or give one type for all rows.",
        ),
        ("", {}, "The types of head and tail are not given, and the labels of the project join Chemical → Disease, "),
        ("CID", {"head_type": "=Disease"}, "The type of the tail is not given, and the label 'CID' joins no pair with"),
        ("causes", {}, "Unknown relation label 'causes'; known: CID, TREATS."),
    ],
)
def test_types_that_nothing_tells_are_asked_for_and_not_invented(
    label: str, columns: dict[str, str], fault: str
) -> None:
    result = read(UNTYPED.format(label=label), schema=MANY, columns=columns)
    (issue,) = result.report.issues
    assert (issue.severity, issue.line) == ("refused", 2)
    assert issue.message.startswith(fault)
    assert "Entity" not in issue.message


def test_a_symmetric_label_of_two_types_does_not_tell_which_is_the_head() -> None:
    schema = Schema((CHEMICAL, DISEASE), (RelationLabel("WITH", (("Chemical", "Disease"),), is_symmetric=True),))
    report = read(UNTYPED.format(label="WITH"), schema=schema).report
    assert "the label 'WITH' joins Chemical → Disease, Disease → Chemical." in report.issues[0].message


def test_where_any_type_is_taken_a_table_without_types_has_one_and_says_so() -> None:
    result = read(UNTYPED.format(label="CID"))
    assert find_types(result) == ["Entity", "Entity"]
    assert say(result) == [(2, "The types of head and tail are not given; Entity is taken.")]


def test_masks_are_named_by_the_types_that_the_label_tells() -> None:
    text = "sentence,head,tail,label\n$CHEMICAL$ caused $DISEASE$.,Aspirin,rash,CID\n"
    assert read(text, schema=make_schema()).corpus.documents[0].text == "Aspirin caused rash."


def test_rows_of_one_sentence_are_one_document_though_ids_number_the_rows() -> None:
    text = (
        "id,sentence,head,head_type,tail,tail_type,label\n"
        "1,Aspirin and codeine caused nausea.,Aspirin,Chemical,nausea,Disease,CID\n"
        "2,Aspirin and codeine caused nausea.,codeine,Chemical,nausea,Disease,CID\n"
        "3,Codeine helped.,Codeine,Chemical,helped,Disease,CID\n"
    )
    first, second = read_documents(text)
    assert (first.id, len(first.mentions), len(first.relations)) == ("1", 3, 2)
    assert second.id == "3"


def test_sentences_of_documents_stay_apart_where_ids_are_not_those_of_rows() -> None:
    text = (
        "id,sentence,head,head_type,tail,tail_type,label\n"
        "d1,Aspirin caused nausea.,Aspirin,Chemical,nausea,Disease,CID\n"
        "d1,Codeine caused nausea.,Codeine,Chemical,nausea,Disease,CID\n"
        "d2,Aspirin caused nausea.,Aspirin,Chemical,nausea,Disease,CID\n"
    )
    assert [one.id for one in read_documents(text)] == ["d1", "d1-2", "d2"]
