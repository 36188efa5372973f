"""SemEval-2010 task 8: tags, direction, Other."""

import pytest

from core.formats import ReadResult, Severity, read_corpus

TAGGED = '"The <e1>rain</e1> brought a <e2>flood</e2>."'


def read(*blocks: str) -> ReadResult:
    result = read_corpus("\r\n\r\n".join(blocks).encode(), source="train.txt")
    assert result.report.format_name == "semeval"
    return result


def block(label: str, *, number: int = 1, tagged: str = TAGGED, comment: str = "") -> str:
    return f"{number}\t{tagged}\r\n{label}\r\nComment: {comment}"


def test_quotes_and_tags_go_and_the_two_nominals_stay() -> None:
    (found,) = read(block("Cause-Effect(e1,e2)", comment="clear")).corpus.documents
    assert (found.id, found.text) == ("1", "The rain brought a flood.")
    assert [one.span.text(found.text) for one in found.mentions] == ["rain", "flood"]
    assert found.metadata == (("comment", "clear"),)
    assert found.sentences[0].span.text(found.text) == found.text


@pytest.mark.parametrize(("order", "head", "tail"), [("e1,e2", "rain", "flood"), ("e2,e1", "flood", "rain")])
def test_the_direction_of_a_label_is_the_order_of_head_and_tail(order: str, head: str, tail: str) -> None:
    (found,) = read(block(f"Cause-Effect({order})")).corpus.documents
    (relation,) = found.relations
    assert relation.label == "Cause-Effect"
    assert (relation.head.span.text(found.text), relation.tail.span.text(found.text)) == (head, tail)


def test_other_is_no_relation_of_a_reviewed_sentence() -> None:
    (found,) = read(block("Other")).corpus.documents
    assert found.relations == ()
    assert found.sentences[0].state.is_gold


def test_a_sentence_without_a_label_waits_for_review() -> None:
    result = read(f"1\t{TAGGED}", f"2\t{TAGGED}")
    assert [one.sentences[0].state.is_gold for one in result.corpus.documents] == [False, False]
    (issue,) = result.report.issues
    assert (issue.severity, issue.line) == (Severity.NOTED, 1)


def test_the_second_nominal_may_stand_first() -> None:
    tagged = '"A <e2>flood</e2> after <e1>rain</e1>."'
    (found,) = read(block("Cause-Effect(e1,e2)", tagged=tagged)).corpus.documents
    assert found.relations[0].head.span.text(found.text) == "rain"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (block("Cause-Effect"), 2, "'Cause-Effect' is no label"),
        (block("Cause-Effect(e1,e1)"), 2, "is no label"),
        (block("Other\r\nOther"), 3, "'Other' is a second label of sentence 1"),
        (block("Other", tagged="The <e1>rain</e1> fell."), 1, "<e2> is missing"),
        (block("Other", tagged="<e1>a</e1> <e1>b</e1> <e2>c</e2>"), 1, "<e1> stands twice"),
        (block("Other", tagged="<e1></e1>a <e2>c</e2>"), 1, "must satisfy 0 <= start < end"),
        (f"{block('Other')}\r\n\r\n{block('Other')}", 5, "Sentence 1 stands already in line 1"),
    ],
)
def test_a_faulty_block_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    report = read(text).report
    assert report.is_refused
    assert message in report.issues[0].message
    assert report.issues[0].line == line


def test_a_line_before_any_sentence_is_refused() -> None:
    report = read_corpus(b"Other\n", source="a.txt", format_name="semeval").report
    assert "'Other' stands before any sentence" in report.issues[0].message
