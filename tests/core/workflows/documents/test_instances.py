"""Gold documents → labelled instances."""

from dataclasses import replace

import pytest

from core.domain import NO_RELATION, Document, Mention, Relation, RelationLabel, Sentence, Span, State
from core.workflows.documents.instances import build_instances, list_names
from tests.builders import find_mention, make_drug_schema, make_instance, make_schema

TEXT = "Aspirin caused nausea but no rash. Codeine relieved cough."


def make_document(
    *relations: tuple[str, str], states: tuple[State, State] = (State.ACCEPTED, State.ACCEPTED)
) -> Document:
    types = {"Aspirin": "Chemical", "nausea": "Disease", "rash": "Disease", "Codeine": "Chemical", "cough": "Disease"}
    mentions = {word: find_mention(TEXT, word, entity_type) for word, entity_type in types.items()}
    sentences = (Sentence(Span(0, 34), states[0]), Sentence(Span(35, len(TEXT)), states[1]))
    links = tuple(Relation(mentions[head], mentions[tail], "CID") for head, tail in relations)
    return Document("d", TEXT, sentences, tuple(mentions.values()), links)


def labels(document: Document) -> dict[tuple[str, str], str | None]:
    found = build_instances([document], make_schema())
    return {(i.head.span.text(i.text), i.tail.span.text(i.text)): i.label for i in found.instances}


def test_every_legal_pair_of_a_reviewed_sentence_is_an_instance() -> None:
    assert labels(make_document(("Aspirin", "nausea"))) == {
        ("Aspirin", "nausea"): "CID",
        ("Aspirin", "rash"): NO_RELATION,
        ("Codeine", "cough"): NO_RELATION,
    }


def test_a_sentence_nobody_reviewed_gives_no_instances_and_no_misses() -> None:
    document = make_document(("Codeine", "cough"), states=(State.ACCEPTED, State.PENDING))
    assert ("Codeine", "cough") not in labels(document)
    assert build_instances([document], make_schema()).unreachable == ()


def test_a_relation_across_sentences_is_unreachable_not_forgotten() -> None:
    found = build_instances([make_document(("Aspirin", "cough"))], make_schema())
    assert [label for _, label in found.unreachable] == ["CID"]


@pytest.mark.parametrize("state", [State.REJECTED, State.PENDING])
def test_a_relation_across_sentences_of_a_mention_that_is_not_gold_is_no_miss(state: State) -> None:
    document = make_document(("Aspirin", "cough"))
    cough = replace(document.mentions[-1], state=state)
    link = replace(document.relations[0], tail=cough)
    document = replace(document, mentions=(*document.mentions[:-1], cough), relations=(link,))
    assert build_instances([document], make_schema()).unreachable == ()


def test_overlapping_mentions_are_a_pair_that_an_architecture_may_leave_out() -> None:
    text = "Cocaine addiction."
    head, tail = Mention(Span(0, 7), "Chemical"), Mention(Span(0, 17), "Disease")
    document = Document(
        "d", text, (Sentence(Span(0, 18), State.ACCEPTED),), (head, tail), (Relation(head, tail, "CID"),)
    )
    found = build_instances([document], make_schema())
    assert [one.label for one in found.instances] == ["CID"]
    assert found.unreachable == ()


def test_rejected_mentions_and_pending_relations_take_no_part() -> None:
    head, tail = find_mention(TEXT, "Aspirin", "Chemical"), find_mention(TEXT, "nausea", "Disease")
    rejected = Mention(find_mention(TEXT, "rash", "Disease").span, "Disease", state=State.REJECTED)
    pending = Relation(head, tail, "CID", state=State.PENDING)
    sentences = (Sentence(Span(0, 34), State.ACCEPTED),)
    found = build_instances([Document("d", TEXT, sentences, (head, tail, rejected), (pending,))], make_schema())
    assert [(i.tail.span.text(i.text), i.label) for i in found.instances] == [("nausea", NO_RELATION)]


def test_a_pair_with_two_labels_is_one_instance_with_both() -> None:
    text = "Aspirin and codeine interact."
    first, second = find_mention(text, "Aspirin", "Drug"), find_mention(text, "codeine", "Drug")
    sentences = (Sentence(Span(0, len(text)), State.ACCEPTED),)
    both = (Relation(first, second, "EFFECT"), Relation(first, second, "INT"))
    found = build_instances([Document("d", text, sentences, (first, second), both)], make_drug_schema())
    # The other order is a candidate too, but INT has no direction: it is neither related nor unrelated.
    assert [(i.label, i.other_labels) for i in found.instances] == [("EFFECT", ("INT",))]
    assert found.unreachable == ()


def test_a_label_that_may_not_join_a_pair_is_a_miss_and_no_label_of_its_instance() -> None:
    schema = make_schema()
    schema = replace(
        schema, relation_labels=(*schema.relation_labels, RelationLabel("WORSE", (("Disease", "Disease"),)))
    )
    document = make_document(("Aspirin", "nausea"))
    wrong = replace(document, relations=(replace(document.relations[0], label="WORSE"),))
    found = build_instances([wrong], schema)
    assert {one.label for one in found.instances} == {NO_RELATION}
    assert [label for _, label in found.unreachable] == ["WORSE"]


def test_ids_are_the_same_for_every_reading_of_the_same_pair() -> None:
    first, second = (build_instances([make_document()], make_schema()).instances for _ in range(2))
    assert [i.id for i in first] == [i.id for i in second]
    assert len({i.id for i in first}) == 3


def test_documents_of_one_name_keep_their_instances_apart() -> None:
    twins = [make_document(("Aspirin", "nausea")), make_document()]
    found = build_instances(twins, make_schema()).instances
    assert len({one.id for one in found}) == len(found) == 6


def test_names_that_begin_a_sentence_are_taken_only_where_a_type_has_no_other() -> None:
    first = make_instance("Aspirin caused severe rash .", "Aspirin", "severe rash", "CID")
    second = make_instance("Nausea followed codeine .", "codeine", "Nausea", "CID")
    assert list_names([first, second]) == [("Disease", "severe rash"), ("Chemical", "codeine")]
    assert list_names([first]) == [("Disease", "severe rash"), ("Chemical", "Aspirin")]
