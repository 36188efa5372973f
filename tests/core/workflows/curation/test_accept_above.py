"""Accepting all suggestions above a score: which ones count, what stays, one undo, nothing in between overwritten."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.domain import (
    NO_RELATION,
    Document,
    EntityType,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Sentence,
    Source,
    Span,
    Split,
    State,
)
from core.errors import ConflictError, NotFoundError
from core.workflows.curation import curate
from core.workflows.curation.accept_above import accept_above, draw_examples, get_counts
from core.workflows.curation.undo import undo
from core.workflows.curation.unrelated_pairs import UnrelatedPairs, count_in_outlines, count_unrelated
from core.workflows.documents.instances import build_instances
from db.queries import annotations, decisions, documents, intake, projects, users
from db.queries.annotations import SentenceView
from db.queries.pending_above import AboveCounts, AboveScore, Outline
from db.queries.queue import QueueFilter
from db.session import Session

TEXT = "Aspirin caused rash."
SCHEMA = Schema(
    (EntityType("Chemical"), EntityType("Disease")),
    (RelationLabel("CID", (("Chemical", "Disease"),)), RelationLabel("TREATS", (("Chemical", "Disease"),))),
)


class Desk:
    """A project whose sentences are given by the scores of head, tail and relation, and the relation's label."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.project_id = projects.add_project(session, "p", template="x", description="", guideline="", schema=SCHEMA)
        self.user_id = users.get_or_add_user(session, "ada")
        self.ids: list[int] = []

    def add(
        self, head: float | None, tail: float | None, relation: float, label: str = "CID", *, split: Split = Split.TRAIN
    ) -> None:
        text = f"{TEXT} Number {len(self.ids)}."
        aspirin, rash = _suggest(0, 7, "Chemical", head), _suggest(15, 19, "Disease", tail)
        link = Relation(aspirin, rash, label, relation, State.PENDING, Source.MODEL)
        whole = (Sentence(Span(0, len(text))),)
        document = Document(f"d{len(self.ids)}", text, whole, (aspirin, rash), (link,), split=split)
        document_id = intake.store_document(self.session, self.project_id, document, source_name="s")
        self.ids += documents.list_sentence_ids(self.session, [document_id])
        self.session.commit()

    def choose(self, score: float, label: str | None = None, *, split: Split | None = None) -> AboveScore:
        return AboveScore(QueueFilter(self.project_id, split=split), score, label)

    def accept(self, chosen: AboveScore) -> int:
        changed = accept_above(self.session, self.user_id, chosen, expected=get_counts(self.session, chosen))
        self.session.commit()
        return changed

    def views(self) -> list[SentenceView]:
        return annotations.get_sentence_views(self.session, self.ids)

    def states(self) -> list[str]:
        """For each sentence its state, those of its mentions and that of its relation, by their first letters."""
        return ["".join(_letters(view)) for view in self.views()]


def _suggest(start: int, end: int, entity_type: str, score: float | None) -> Mention:
    return Mention(Span(start, end), entity_type, score=score, state=State.PENDING, source=Source.MODEL)


def _letters(view: SentenceView) -> Sequence[str]:
    items = (*view.mentions, *view.relations)
    return [view.state.value[0], *(item.state.value[0] for item in items)]


@pytest.fixture
def desk(session: Session) -> Desk:
    desk = Desk(session)
    desk.add(0.99, 0.95, 0.97)  # all above 0.9
    desk.add(0.99, 0.95, 0.50)  # the relation is not
    desk.add(0.99, 0.40, 0.97)  # a mention is not, so the relation stands on nothing sure
    desk.add(None, 0.95, 0.97, "TREATS")  # a mention without a score
    desk.add(0.20, 0.20, 0.20)
    return desk


def test_only_what_is_above_the_score_is_accepted_and_a_sentence_with_a_rest_stays_in_the_queue(desk: Desk) -> None:
    chosen = desk.choose(0.9)
    assert get_counts(desk.session, chosen) == AboveCounts(mentions=6, relations=1, sentences=4, unfinished=3)
    assert desk.accept(chosen) == 4
    assert desk.states() == ["aaaa", "paap", "papp", "ppap", "pppp"]


def test_count_tells_exactly_what_the_step_does_at_every_score_and_label(desk: Desk) -> None:
    for score in (0.1, 0.45, 0.9, 0.96, 0.98):
        for label in (None, "CID", "TREATS"):
            chosen = desk.choose(score, label)
            told = get_counts(desk.session, chosen)
            if not told.sentences:
                continue
            before = "".join(desk.states()).count("p")
            desk.accept(chosen)
            finished = sum(state[0] == "a" for state in desk.states())
            accepted = before - "".join(desk.states()).count("p") - finished
            assert (accepted, finished) == (told.mentions + told.relations, told.sentences - told.unfinished)
            undo(desk.session, desk.project_id, desk.user_id)
            desk.session.commit()
            assert set("".join(desk.states())) == {"p"}


def test_label_takes_its_relations_with_their_mentions_and_no_other_mention(desk: Desk) -> None:
    desk.accept(desk.choose(0.9, "CID"))
    assert desk.states() == ["aaaa", "pppp", "pppp", "pppp", "pppp"]


def test_split_of_the_filter_is_kept_to(desk: Desk) -> None:
    desk.add(0.99, 0.99, 0.99, split=Split.TEST)
    desk.accept(desk.choose(0.9, split=Split.TEST))
    assert [state[0] for state in desk.states()] == ["p"] * 5 + ["a"]


def test_relation_that_the_schema_does_not_allow_any_more_stays(desk: Desk) -> None:
    projects.set_legal_types(desk.session, desk.project_id, "CID", [("Disease", "Chemical")])
    chosen = desk.choose(0.9)
    assert get_counts(desk.session, chosen).relations == 0
    desk.accept(chosen)
    assert desk.states()[0] == "paap"


def test_step_is_one_batch_that_one_undo_takes_back_and_sentences_changed_since_are_left(desk: Desk) -> None:
    before = [(view.mentions, view.relations, view.state) for view in desk.views()]
    desk.accept(desk.choose(0.9))
    log = decisions.list_decisions(desk.session, project_id=desk.project_id)
    assert len({one.batch_id for one in log}) == 1 and {one.action for one in log} == {"accept_above"}
    changed = desk.views()[0]
    curate.apply_sentence_event(
        desk.session, project_id=desk.project_id, user_id=users.get_or_add_user(desk.session, "bob"),
        sentence_id=changed.id, version=changed.version, event={"kind": "flag"},
    )  # fmt: skip
    undone = undo(desk.session, desk.project_id, desk.user_id)
    assert (len(undone.restored), undone.left) == (3, (("sentence", changed.id),))
    after = [(view.mentions, view.relations, view.state) for view in desk.views()]
    assert after[1:] == before[1:] and desk.states()[0] == "aaaa"


def test_other_suggestions_than_those_told_of_are_not_accepted(desk: Desk) -> None:
    chosen = desk.choose(0.9)
    told = get_counts(desk.session, chosen)
    desk.add(0.99, 0.99, 0.99)
    with pytest.raises(ConflictError, match="not those that you were told of"):
        accept_above(desk.session, desk.user_id, chosen, expected=told)
    assert set("".join(desk.states())) == {"p"}


def test_nothing_above_the_score_is_said(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match=r"at least 1\.00"):
        desk.accept(desk.choose(1.0))


def test_sample_shows_at_most_ten_sentences_with_what_would_be_accepted(desk: Desk) -> None:
    for _ in range(12):
        desk.add(0.99, 0.99, 0.99)
    examples = draw_examples(desk.session, desk.choose(0.98))
    assert len(examples) == 10
    assert all(one.before.to_json() != one.after.to_json() and one.text.startswith(TEXT) for one in examples)


def test_pairs_that_nobody_related_are_counted_as_a_training_will_read_them(desk: Desk) -> None:
    assert count_unrelated(desk.session, desk.choose(0.9)) == UnrelatedPairs(0, is_exact=True)
    lone = (_suggest(0, 7, "Chemical", 0.99), _suggest(15, 19, "Disease", 0.95))
    document = Document("lone", TEXT, (Sentence(Span(0, len(TEXT))),), lone)
    for number in range(3):
        another = replace(document, id=f"lone-{number}", text=f"{TEXT} Again {number}.")
        intake.store_document(desk.session, desk.project_id, another, source_name="s")
    desk.session.commit()
    chosen = desk.choose(0.9)
    assert count_unrelated(desk.session, chosen) == UnrelatedPairs(3, is_exact=True)
    assert count_unrelated(desk.session, chosen, max_read=2).is_exact is False
    desk.accept(chosen)
    stored = documents.stream_documents(desk.session, desk.project_id, only_reviewed=True)
    assert [one.label for one in build_instances(stored, SCHEMA).instances].count(NO_RELATION) == 3


@pytest.mark.parametrize(
    ("outline", "unrelated"),
    [
        (Outline(("Gene",)), 0),
        (Outline(("Gene", "Drug", "Gene")), 3),  # two of drug and gene, one of the genes
        (Outline(("Gene", "Drug", "Gene"), ((1, 0, "HITS"),)), 2),
        (Outline(("Gene", "Gene"), ((1, 0, "BINDS"),)), 0),  # a symmetric label written backwards
    ],
)
def test_unrelated_pairs_follow_the_schema(outline: Outline, unrelated: int) -> None:
    labels = (
        RelationLabel("HITS", (("Drug", "Gene"),)),
        RelationLabel("BINDS", (("Gene", "Gene"),), is_symmetric=True),
    )
    schema = Schema((EntityType("Drug"), EntityType("Gene")), labels)
    assert count_in_outlines([outline, outline], schema) == 2 * unrelated
