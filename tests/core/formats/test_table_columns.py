"""What counts as a table: a first line of names with rows below that fit, and no prose however many commas it has."""

import pytest

from core.formats import Severity, detect_format, read_corpus
from core.formats.table_columns import WINDOW

TABLES = {
    "unknown names": "passage_text,journal,year\nAspirin helps.,Lancet,2001\n",
    "semicolons": "note;who\r\nAspirin helps, we think.;AB\r\n",
    "tabs": "note\twho\nAspirin helps, we think.\tAB\n",
    "a known text and an unknown column": "text,journal\nAspirin helps.,Lancet\n",
    "line breaks and separators in quotes": 'note,who\n"Aspirin\nhelps, and\n\nmore.",AB\n"One ""a"", b",CD\n',
    "row numbers without a name": ",note\n0,Aspirin helps.\n1,Codeine helps.\n",
    "empty last columns": "note,who,,\nAspirin helps.,AB,,\n",
    "blank lines": "\n\nnote,who\n\nAspirin helps.,AB\n\n",
    "commas that nobody quoted": "note,who,year\nAspirin, we think, helps.,AB,2001\nNo.,CD,2002\n",
    "questions as names": "Note,Relation?,No.\nAspirin helps.,yes,1\n",
    "spaces behind commas": "note, who, year\n" + "Aspirin helps., AB, 2001\n" * 5,
    "spaces behind commas and a known text": "text, who\nAspirin helps., AB\nCodeine helps., CD\n",
    "line ends of an old Mac": "note,who\rAspirin helps.,AB\r",
    "a row longer than what is looked at": "note,who\nAspirin.,AB\n" + "a" * WINDOW + ",AB\nx\n",
}
PROSE = {
    "one line": "Aspirin,codeine",
    "a comma in each of two lines": "Aspirin, it seems\nhelps, and harms\n",
    "a sentence a line": "Aspirin, we think, helps.\n" * 20,
    "short notes": "fever, nausea\nrash, itching\n",
    "a title and an abstract": "Aspirin, codeine and pain\nWe gave aspirin, then codeine. It failed, but late.\n",
    "a chemical name in the title": "Use of N,N-dimethylaniline\nWe gave, at first, N,N-dimethylaniline, and ended.\n",
    "the name of a part with a comma": "Abstract, in short\nAspirin, we think, helps.\n",
    "indentation": "\tAspirin helps\n\tCodeine harms\n",
    "parts named before a tab": "Background\tAspirin is old.\nMethods\tWe gave it.\n",
    "keys and values": "Name:\tAB\nAge:\t50\n",
    "a numbered list": "1.\tAspirin helps\n2.\tCodeine harms\n",
    "a reference list": "1. Trials. 2001 Mar;5(3):12-15.\n\nAspirin, codeine.\n\nAB C(1), DE F(2).\n",
    "records of PubMed": "PMID- 1\nOWN - NLM\nTI  - Aspirin, codeine.\nAB  - Aspirin, we think,\n      helps.\n",
    "annotations of brat": "T1\tDrug 0 7\taspirin\nT2\tDrug 12 19\tcodeine\n",
    "names above a text of one column": "sentence\nAspirin helps.\n",
    "uneven rows": "note\twho\tyear\nAspirin helps.\nCodeine harms.\tAB\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_names_above_rows_that_fit_are_a_table(name: str) -> None:
    assert detect_format(TABLES[name].encode()) == "table"


@pytest.mark.parametrize("name", PROSE)
def test_prose_is_no_table(name: str) -> None:
    result = read_corpus(PROSE[name].encode(), source="a.txt")
    assert [document.text for document in result.corpus.documents] == [PROSE[name]]


def test_a_table_is_never_stored_as_one_text_in_silence() -> None:
    data = TABLES["unknown names"].encode()
    refused = read_corpus(data, source="a.csv")
    assert (refused.report.is_refused, refused.corpus.documents) == (True, ())
    message = refused.report.issues[0].message
    assert "columns passage_text, journal, year;" in message
    assert "Say which one does, or call it text; read as plain text" in message and "--" not in message
    assert len(read_corpus(data, source="a.csv", format_name="text").corpus.documents) == 1


def test_a_chosen_column_makes_a_table_of_a_file() -> None:
    data = b"note, who\nAspirin helps., AB\n"
    assert detect_format(data) == "text", "two lines with a comma are prose"
    (document,) = read_corpus(data, source="a.csv", columns={"text": "note"}).corpus.documents
    assert document.text == "Aspirin helps."


def test_rows_without_names_are_one_text_and_the_report_says_so() -> None:
    report = read_corpus(b"17\tCHEMICAL\taspirin\n18\tGENE\tCOX\n19\tGENE\tTNF\n", source="a.txt").report
    assert report.format_name == "text"
    assert [(issue.severity, "without the names" in issue.message) for issue in report.issues] == [
        (Severity.NOTED, True)
    ]
