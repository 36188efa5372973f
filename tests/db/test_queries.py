"""Counts, views, predictions, jobs, models, synthetic sentences."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.domain import (
    NO_RELATION,
    Document,
    JobKind,
    JobState,
    Mention,
    ModelState,
    Relation,
    Schema,
    Sentence,
    SentencePrediction,
    Source,
    Span,
    Split,
    State,
    SyntheticSentence,
)
from core.errors import ConflictError, NotFoundError
from db.queries import (
    annotations,
    bulk_edits,
    decisions,
    documents,
    edits,
    intake,
    jobs,
    models,
    projects,
    quotas,
    synthetic,
    synthetic_edits,
    users,
)
from db.queries.predictions import store_predictions
from db.queries.projects import LabelBalance
from db.queries.synthetic import SyntheticOrder
from db.session import Engine, Session
from db.tables import Decision, MentionRow

TEXT = "Aspirin caused rash and fever. Codeine with aspirin helped."
FIRST, SECOND = Span(0, 30), Span(31, 59)


def mention(surface: str, entity_type: str, state: State = State.ACCEPTED) -> Mention:
    start = TEXT.index(surface)
    return Mention(Span(start, start + len(surface)), entity_type, state=state)


ASPIRIN, RASH, FEVER = mention("Aspirin", "Chemical"), mention("rash", "Disease"), mention("fever", "Disease")
CODEINE, SECOND_ASPIRIN = mention("Codeine", "Chemical"), mention("aspirin", "Chemical")


def store(session: Session, project_id: int, *, state: State = State.ACCEPTED) -> list[int]:
    document = Document(
        "d1",
        TEXT,
        (Sentence(FIRST, state), Sentence(SECOND, state)),
        (ASPIRIN, RASH, FEVER, CODEINE, SECOND_ASPIRIN),
        (Relation(ASPIRIN, RASH, "CID"),),
    )
    document_id = intake.store_document(session, project_id, document, source_name="f.txt")
    return documents.list_sentence_ids(session, [document_id])


def make_synthetic(text: str, label: str = "CID", state: State = State.PENDING) -> SyntheticSentence:
    head, tail = Mention(Span(0, 3), "Chemical"), Mention(Span(4, 7), "Disease")
    return SyntheticSentence(f"$A$ $B$ {text}", label, head, tail, state)


def test_views_show_live_items_in_sentence_coordinates_with_context(session: Session, project_id: int) -> None:
    first, second = store(session, project_id)
    session.exec(sa.update(MentionRow).where(sa.column("entity_type") == "Disease", sa.column("start") > 20).values(
        state=State.REJECTED
    ))  # fmt: skip
    views = annotations.get_sentence_views(session, [second, 999, first])
    assert [view.id for view in views] == [second, first]
    assert views[0].text == "Codeine with aspirin helped."
    assert [(m.start, m.end, m.entity_type) for m in views[0].mentions] == [(0, 7, "Chemical"), (13, 20, "Chemical")]
    assert views[0].context_before == TEXT[:31] and views[0].context_after == ""
    assert [m.entity_type for m in views[1].mentions] == ["Chemical", "Disease"]
    assert [(r.head_id, r.tail_id) for r in views[1].relations] == [tuple(m.id for m in views[1].mentions)]
    assert annotations.get_sentence_views(session, [first], project_id=project_id + 1) == []


def test_context_is_cut_at_400_characters(session: Session, project_id: int) -> None:
    text = "x" * 1000 + "Hit." + "y" * 1000
    document = Document("d", text, (Sentence(Span(1000, 1004)),))
    document_id = intake.store_document(session, project_id, document, source_name="")
    (view,) = annotations.get_sentence_views(session, documents.list_sentence_ids(session, [document_id]))
    assert (view.context_before, view.text, view.context_after) == ("x" * 400, "Hit.", "y" * 400)


def test_forty_views_take_three_queries(engine: Engine, session: Session, project_id: int) -> None:
    ids = store(session, project_id)
    session.commit()
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    annotations.get_sentence_views(session, ids)
    assert len(statements) == 3


def test_class_balance_counts_legal_pairs_without_a_relation(session: Session, project_id: int) -> None:
    store(session, project_id)
    synthetic.add_synthetic(session, project_id, [make_synthetic("a", state=State.ACCEPTED), make_synthetic("b")])
    # Aspirin → rash is CID; aspirin → fever and the symmetric pair codeine, aspirin have no relation.
    assert projects.get_class_balance(session, project_id) == [
        LabelBalance("CID", 1, 1),
        LabelBalance("WITH", 0, 0),
        LabelBalance(NO_RELATION, 2, 0),
    ]


def test_unreviewed_sentences_do_not_count_as_gold(session: Session, project_id: int) -> None:
    store(session, project_id, state=State.PENDING)
    assert {balance.gold for balance in projects.get_class_balance(session, project_id)} == {0}
    counts = projects.count_project(session, project_id)
    assert counts.sentences == {State.PENDING: 2}
    assert counts.relations == {"CID": {State.ACCEPTED: 1}}
    assert (counts.documents, counts.flagged) == (1, 0)


def test_documents_are_listed_with_their_review_progress(session: Session, project_id: int) -> None:
    store(session, project_id)
    other = intake.store_document(session, project_id, Document("d2", "x", split=Split.DEV), source_name="g")
    first, second = documents.list_documents(session, project_id)
    assert (first.external_id, first.length, first.sentences, first.reviewed) == ("d1", len(TEXT), 2, 2)
    assert documents.list_documents(session, project_id, after_id=first.id) == [second]
    assert [line.id for line in documents.list_documents(session, project_id, split=Split.DEV)] == [other]
    assert documents.count_documents(session, project_id) == {Split.TRAIN: 1, Split.DEV: 1}
    assert [d.id for d in documents.stream_documents(session, project_id, only_reviewed=True)] == ["d1"]


def test_prediction_replaces_what_a_model_said_but_nothing_a_person_decided(session: Session, project_id: int) -> None:
    sentence_id, _ = store(session, project_id, state=State.PENDING)
    before = edits.load_sentence(session, sentence_id, project_id=project_id).annotation
    local = {name: Mention(Span(*span), kind) for name, span, kind in (
        ("aspirin", (0, 7), "Chemical"), ("rash", (15, 19), "Disease"), ("caused", (8, 14), "Disease"))}  # fmt: skip
    pair = Relation(local["aspirin"], local["caused"], "CID", 0.6)
    told = SentencePrediction(tuple(local.values()), (pair,), uncertainty=0.3)
    assert store_predictions(session, {sentence_id: told}, predicted_by="m1") == [sentence_id]
    after = edits.load_sentence(session, sentence_id, project_id=project_id)
    new = [m for m in after.annotation.mentions.values() if m.source is Source.MODEL]
    assert [(m.span, m.state) for m in new] == [(Span(8, 14), State.PENDING)]
    assert after.version == 2 and len(after.annotation.relations) == 2

    store_predictions(session, {sentence_id: SentencePrediction((), ())}, predicted_by="m2")
    assert edits.load_sentence(session, sentence_id, project_id=project_id).annotation == before


def test_prediction_leaves_reviewed_sentences_and_rejected_mentions_alone(session: Session, project_id: int) -> None:
    first, second = store(session, project_id)
    told = SentencePrediction((Mention(Span(8, 14), "Disease"),), ())
    assert store_predictions(session, {first: told}, predicted_by="m") == []

    session.exec(sa.update(MentionRow).values(state=State.REJECTED))
    loaded = edits.load_sentence(session, second, project_id=project_id)
    edits.save_annotation(session, loaded, edits.Annotation(State.PENDING, mentions=loaded.annotation.mentions))
    again = SentencePrediction((Mention(Span(0, 7), "Chemical"),), ())
    store_predictions(session, {second: again}, predicted_by="m")
    assert annotations.get_sentence_view(session, second).mentions == ()


def test_saving_a_stale_annotation_is_a_conflict(session: Session, project_id: int) -> None:
    sentence_id, _ = store(session, project_id)
    loaded = edits.load_sentence(session, sentence_id, project_id=project_id)
    edits.save_annotation(session, loaded, loaded.annotation)
    with pytest.raises(ConflictError, match=f"Sentence {sentence_id} was changed elsewhere since version 1"):
        edits.save_annotation(session, loaded, loaded.annotation)


def test_annotation_survives_json(session: Session, project_id: int) -> None:
    sentence_id, _ = store(session, project_id)
    annotation = edits.load_sentence(session, sentence_id, project_id=project_id).annotation
    assert repr(edits.Annotation.from_json(annotation.to_json())) == repr(annotation)


def test_decisions_can_only_be_added(session: Session, project_id: int) -> None:
    user_id = users.get_or_add_user(session)
    decisions.add_decision(
        session, project_id=project_id, user_id=user_id, target=("sentence", 1), action="flag", before={}, after={}
    )
    session.commit()
    for change in (sa.update(Decision).values(action="accept"), sa.delete(Decision)):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            session.exec(change)
        session.rollback()
    assert [decision.action for decision in decisions.list_decisions(session, project_id=project_id)] == ["flag"]


def test_deleting_a_project_takes_everything_in_it_and_nothing_else(session: Session, project_id: int) -> None:
    user_id = users.get_or_add_user(session)
    store(session, project_id)
    synthetic.add_synthetic(session, project_id, [make_synthetic("a")])
    decisions.add_decision(
        session, project_id=project_id, user_id=user_id, target=("sentence", 1), action="flag", before={}, after={}
    )
    model_id = models.add_model(
        session, project_id=project_id, name="m", architecture="cls", kind="ensemble", artifact_key="k"
    )
    models.set_project_model(session, project_id, model_id)
    projects.delete_project(session, project_id)
    session.commit()
    tables = ("project", "sentence", "mention", "relation", "synthetic_sentence", "decision", "model", "entity_type")
    left = {table: session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}
    assert set(left.values()) == {0}
    assert users.get_user_names(session) == {user_id: "local"}
    with pytest.raises(NotFoundError, match="may have been deleted"):
        projects.get_project(session, project_id)


def test_job_lives_from_queued_to_done(session: Session, project_id: int) -> None:
    jobs.add_job(session, "j1", JobKind.RETRAIN, project_id=project_id, params={"members": 3})
    assert jobs.start_job(session, "j1").state is JobState.RUNNING
    started = jobs.start_job(session, "j1").started_at
    jobs.set_stage(session, "j1", "members")
    jobs.end_job(session, "j1", JobState.FAILED, error="no memory")
    assert jobs.requeue_job(session, "j1").error == ""
    jobs.finish_job(session, "j1", result={"model_id": 4})
    session.commit()
    session.expire_all()
    job = jobs.get_job(session, "j1")
    assert (job.state, job.result, job.stage) == (JobState.DONE, {"model_id": 4}, "members")
    assert job.started_at == started and job.finished_at is not None
    assert jobs.list_jobs(session, project_id=project_id, states=[JobState.DONE]) == [job]
    assert jobs.list_jobs(session, kinds=[JobKind.GENERATE]) == []
    with pytest.raises(NotFoundError, match="'nope'"):
        jobs.get_job(session, "nope")


def test_progress_keeps_at_most_400_points_with_the_first_and_the_newest(session: Session, project_id: int) -> None:
    jobs.add_job(session, "j1", JobKind.RETRAIN, project_id=project_id, params={})
    for number in range(10):
        points = [{"fraction": (number * 100 + step) / 1000} for step in range(100)]
        jobs.upsert_progress(session, "j1", "member-1", fraction=number / 10, message=f"epoch {number}", points=points)
    (progress,) = jobs.get_progress(session, "j1")
    assert (progress.fraction, progress.message) == (0.9, "epoch 9")
    assert 200 <= len(progress.values) <= 400
    assert (progress.values[0], progress.values[-1]) == ({"fraction": 0.0}, {"fraction": 0.999})


def test_worker_reports_under_its_name(session: Session) -> None:
    jobs.upsert_worker_status(session, "local:0", state="loading", message="model", device="cpu")
    jobs.upsert_worker_status(session, "local:0", state="ready")
    (worker,) = jobs.list_workers(session)
    assert (worker.state, worker.message, worker.device) == ("ready", "", "cpu")


def test_model_of_a_job_is_stored_once_with_its_members(session: Session, project_id: int) -> None:
    jobs.add_job(session, "j1", JobKind.RETRAIN, project_id=project_id, params={})
    members = [models.MemberView(0, 7, "k/0", {"f1": 0.5}), models.MemberView(1, 8, "k/1", {})]
    ids = {
        models.add_model(
            session,
            project_id=project_id,
            name="DARE 1",
            architecture="cls",
            kind="ensemble",
            artifact_key="k",
            job_id="j1",
            members=members,
        )
        for _ in range(2)
    }
    (model_id,) = ids
    assert models.list_members(session, model_id) == members
    assert models.get_model(session, model_id).state is ModelState.CANDIDATE
    shipped = models.add_model(session, project_id=None, name="s", architecture="joint", kind="joint", artifact_key="s")
    assert [model.id for model in models.list_models(session, project_id, with_shipped=True)] == [model_id, shipped]
    run = models.RunView("j1", project_id, "dare", "cls", {"epochs": 3}, "abc", 1, {"torch": "2"})
    models.add_run(session, run)
    models.add_run(session, run)
    assert models.find_run(session, "j1") == run
    assert models.find_run(session, "j2") is None


def test_synthetic_queue_is_sorted_by_a_score_with_the_unscored_last(session: Session, project_id: int) -> None:
    scores = (0.9, None, 0.2, 0.5, None, 0.2)
    many = [replace(make_synthetic(str(n), "CID"), agreement=score) for n, score in enumerate(scores)]
    synthetic.add_synthetic(session, project_id, many)
    for order, expected in (
        (SyntheticOrder.MOST_AGREED, [0.9, 0.5, 0.2, 0.2, None, None]),
        (SyntheticOrder.LEAST_AGREED, [0.2, 0.2, 0.5, 0.9, None, None]),
    ):
        views = []
        after = None
        while page := synthetic.list_synthetic(session, project_id, order=order, after=after, limit=2):
            views += page
            after = synthetic.get_queue_key(session, page[-1].id, order=order)
        assert [view.agreement for view in views] == expected
        assert len({view.id for view in views}) == len(scores)


def test_synthetic_queue_is_paged_and_filtered(session: Session, project_id: int) -> None:
    many = [make_synthetic(str(number), NO_RELATION if number % 3 == 0 else "CID") for number in range(30)]
    synthetic.add_synthetic(session, project_id, many)
    first = synthetic.list_synthetic(session, project_id, label="CID", limit=12)
    after = synthetic.get_queue_key(session, first[-1].id)
    rest = synthetic.list_synthetic(session, project_id, label="CID", limit=12, after=after)
    assert (len(first), len(rest)) == (12, 8)
    assert len({view.id for view in (*first, *rest)}) == 20
    assert synthetic.count_queue(session, project_id, label="CID") == 20
    counts = synthetic.count_synthetic(session, project_id)
    assert counts == {"CID": {State.PENDING: 20}, NO_RELATION: {State.PENDING: 10}}


def test_synthetic_queue_ends_at_the_least_agreement(session: Session, project_id: int) -> None:
    scores = [0.5, 0.79, 0.8, None, 0.95]
    many = [replace(make_synthetic(str(n), "CID"), agreement=score) for n, score in enumerate(scores)]
    synthetic.add_synthetic(session, project_id, many)
    order = SyntheticOrder.LEAST_AGREED
    found = synthetic.list_synthetic(session, project_id, min_agreement=0.8, order=order)
    assert [view.agreement for view in found] == [0.8, 0.95]
    assert synthetic.count_queue(session, project_id, min_agreement=0.8) == 2
    assert synthetic.list_ids(session, project_id, min_agreement=0.8) == [found[0].id, found[1].id]


def test_quota_belongs_to_a_project_and_a_label_and_goes_with_the_project(session: Session, project_id: int) -> None:
    other = projects.add_project(session, "q", template="x", description="", guideline="", schema=Schema((), ()))
    quotas.set_quota(session, project_id, "CID", 5)
    quotas.set_quota(session, project_id, "CID", 6)
    quotas.set_quota(session, other, "CID", 7)
    assert (quotas.get_quotas(session, project_id), quotas.get_quotas(session, other)) == ({"CID": 6}, {"CID": 7})
    quotas.set_quota(session, project_id, "CID", None)
    projects.delete_project(session, other)
    assert (quotas.get_quotas(session, project_id), quotas.get_quotas(session, other)) == ({}, {})


def test_a_bulk_step_of_thousands_takes_few_statements(session: Session, project_id: int, engine: Engine) -> None:
    synthetic.add_synthetic(session, project_id, [make_synthetic(str(number)) for number in range(2_500)])
    session.commit()
    views = synthetic.list_synthetic(session, project_id, limit=2_500)
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    after = [(view, replace(synthetic_edits.to_edit(view), state=State.ACCEPTED)) for view in views]
    bulk_edits.save_synthetic_edits(session, after)
    assert len(statements) == 3
    assert synthetic.count_synthetic(session, project_id) == {"CID": {State.ACCEPTED: 2_500}}
