"""Which documents are held out where a project has no dev split."""

from core.domain import Document
from core.workflows.documents.datasets import hold_out, is_drawn


def make_documents(number: int, *, first: int = 0) -> list[Document]:
    return [Document("same name", f"Text number {one}.") for one in range(first, first + number)]


def test_about_a_fifth_is_held_out_and_every_document_is_on_one_side() -> None:
    documents = make_documents(400)
    train, dev = hold_out(documents)
    assert sorted((*train, *dev), key=documents.index) == documents
    assert 0.15 < len(dev) / 400 < 0.25
    assert dev == [one for one in documents if is_drawn(one)]


def test_a_document_stays_on_its_side_while_a_project_grows_and_shrinks() -> None:
    documents = make_documents(100)
    _, before = hold_out(documents)
    for others in ([*documents, *make_documents(50, first=100)], documents[10:], documents[::-1]):
        _, after = hold_out(others)
        assert {one.text for one in after} & {one.text for one in documents} == {
            one.text for one in before if one in others
        }


def test_few_documents_still_give_both_sides() -> None:
    for number in range(2, 30):
        train, dev = hold_out(make_documents(number))
        assert train and len(dev) >= max(1, round(number / 10))
    (single,) = make_documents(1)
    assert hold_out([single]) == ([single], [])
    assert hold_out([]) == ([], [])
