"""Tables: columns are told from their names or chosen; formulas never reach a spreadsheet unescaped."""

import csv
import io

import pytest

from core.domain import Corpus, Document, Mention, Relation, Sentence, Span, Split, State
from core.formats import ReadResult, read_corpus, write_corpus
from tests.builders import make_drug_schema
from tests.core.formats.torture import SCHEMA, make_document

MASKED = "index\tsentence\tlabel\thead\ttail\thead_type\ttail_type\tdocument\tsplit\torigin\n"


def read(text: str, *, columns: dict[str, str] | None = None) -> ReadResult:
    return read_corpus(text.encode(), source="t.csv", format_name="table", columns=columns)


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
            "The file is a table with the columns k, Befund; none is known to hold the text. Choose the one that does",
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
    report = read("sentence,head,tail,label\nAspirin helps.,Aspirin,rash,CID\n").report
    assert (report.issues[0].line, report.issues[0].message) == (
        2,
        "'rash' is not in 'Aspirin helps.'. Correct the name or the sentence.",
    )


def test_a_row_of_more_cells_than_columns_is_refused_and_not_cut_off() -> None:
    report = read("text,label\nAspirin helps.,x,,\nAspirin, we think, helps.,x\n").report
    assert [(issue.line, issue.message) for issue in report.issues] == [
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
    report = read('text,label\n"' + "a" * (2**20 + 1) + '",x\n').report
    assert report.issues[0].message.startswith("Not a readable table: field larger than field limit")
