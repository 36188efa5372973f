"""Snapshots: what they hold, that they never change, what is exported of them, and how two differ."""

import io
import json
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.artifacts import ArtifactStore
from core.domain import JobKind, Mention, Relation, Span, Split, State, SyntheticSentence
from core.errors import ConflictError, DomainError, NotFoundError, SnapshotError
from core.formats import read_corpus
from core.workflows.curation import curate
from core.workflows.data_out.export import ExportFilter
from core.workflows.data_out.snapshot import CARD_NAME, create_snapshot, read_snapshot, snapshot_for_run
from core.workflows.data_out.snapshot_diff import diff_snapshots, diff_to_json
from core.workflows.data_out.snapshot_export import export_snapshot
from core.workflows.data_out.snapshot_files import hash_bytes, write_files, zip_files
from core.workflows.projects import create_project, delete_project, set_guideline
from db.queries import documents, intake, jobs, projects, snapshots, synthetic, users
from db.queries.snapshots import SnapshotView
from db.session import Session
from tests.core.workflows.training import make_document, seed_project

SPLITS = {Split.TRAIN: 2, Split.DEV: 1, Split.TEST: 0}


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore((tmp_path / "artifacts").as_uri(), cache_path=tmp_path / "cache")


@pytest.fixture
def project_id(session: Session) -> int:
    return seed_project(session, splits=SPLITS, synthetic_states=(State.ACCEPTED, State.PENDING))


def make(session: Session, store: ArtifactStore, project_id: int, name: str = "", **chosen: object) -> SnapshotView:
    wanted = replace(ExportFilter(), **chosen)  # type: ignore[arg-type]
    return create_snapshot(session, store, project_id, wanted, name=name, user_id=users.get_or_add_user(session))


def first_sentence(session: Session, project_id: int) -> int:
    document_id = documents.list_documents(session, project_id)[0].id
    return documents.list_sentence_ids(session, [document_id])[0]


def test_a_snapshot_holds_the_chosen_data_and_its_counts(
    session: Session, store: ArtifactStore, project_id: int
) -> None:
    made = make(session, store, project_id)
    assert made.name == "p-1"
    assert (made.counts["documents"], made.counts["relations"], made.counts["synthetic"]) == (3, 3, 1)
    corpus = read_snapshot(store, made)
    assert [document.id for document in corpus.documents] == ["dev-0", "train-0", "train-1"]
    assert make(session, store, project_id, splits=(Split.DEV,)).counts["documents"] == 1


def test_the_hash_follows_the_content_and_not_the_order_in_which_it_came(
    session: Session, store: ArtifactStore
) -> None:
    made = []
    for name, numbers in (("one", (0, 1)), ("two", (1, 0))):
        project_id = create_project(session, name, template="chemical-disease")
        for number in numbers:
            intake.store_document(session, project_id, make_document(number, Split.TRAIN), source_name="t")
        made.append(make(session, store, project_id))
    assert made[0].content_hash == made[1].content_hash


def test_later_decisions_leave_a_snapshot_as_it_is(session: Session, store: ArtifactStore, project_id: int) -> None:
    made = make(session, store, project_id, "before")
    data = export_snapshot(store, made, format_name="jsonl")
    curate.apply_sentence_event(
        session, project_id=project_id, user_id=users.get_or_add_user(session),
        sentence_id=first_sentence(session, project_id), version=1, event={"kind": "flag", "value": True},
    )  # fmt: skip
    assert export_snapshot(store, snapshots.get_snapshot(session, "before"), format_name="jsonl") == data
    assert make(session, store, project_id, "after").content_hash != made.content_hash


def test_a_name_is_given_once_and_fits_a_file_name(session: Session, store: ArtifactStore, project_id: int) -> None:
    make(session, store, project_id, "a")
    with pytest.raises(ConflictError, match="'a' exists already; snapshots never change"):
        make(session, store, project_id, "a")
    for name in ("../a", "a b", ".a", "ä"):
        with pytest.raises(DomainError, match="is no name of a snapshot"):
            make(session, store, project_id, name)
    with pytest.raises(NotFoundError, match="No snapshot 'b'; there are: a"):
        snapshots.get_snapshot(session, "b")


def test_documents_that_share_an_id_are_told_apart(session: Session, store: ArtifactStore, project_id: int) -> None:
    twin = replace(make_document(7, Split.TRAIN), id="train-0")
    intake.store_document(session, project_id, twin, source_name="t")
    made = make(session, store, project_id)
    data = export_snapshot(store, made, format_name="jsonl")
    result = read_corpus(data["data.jsonl"], source="data.jsonl")
    assert not result.report.is_refused
    assert "train-0~2" in {document.id for document in result.corpus.documents}
    assert json.loads(data[CARD_NAME])["renamed_documents"] == 1


def test_what_the_schema_no_longer_allows_comes_out_all_the_same(
    session: Session, store: ArtifactStore, project_id: int
) -> None:
    document = make_document(8, Split.TRAIN)
    old = replace(document, relations=(Relation(*document.mentions[:2], "OLD"),))
    intake.store_document(session, project_id, old, source_name="t")
    corpus = read_snapshot(store, make(session, store, project_id))
    assert "OLD" in {relation.label for one in corpus.documents for relation in one.relations}


@pytest.mark.parametrize("format_name", ["jsonl", "pubtator"])
def test_an_export_is_the_same_bytes_every_time(
    session: Session, store: ArtifactStore, project_id: int, format_name: str
) -> None:
    made = make(session, store, project_id)
    first, second = (zip_files(export_snapshot(store, made, format_name=format_name)) for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_manifest_holds_the_hash_of_every_other_file(
    session: Session, store: ArtifactStore, project_id: int, tmp_path: Path
) -> None:
    files = export_snapshot(store, make(session, store, project_id), format_name="pubtator")
    lines = files["MANIFEST"].decode().splitlines()
    assert dict(line.split("  ")[::-1] for line in lines) == {
        name: hash_bytes(data) for name, data in files.items() if name != "MANIFEST"
    }
    write_files(files, tmp_path / "out")
    subprocess.run(["sha256sum", "--check", "--quiet", "MANIFEST"], cwd=tmp_path / "out", check=True)


def test_the_card_tells_what_who_and_under_which_terms(session: Session, store: ArtifactStore, project_id: int) -> None:
    before = projects.get_project(session, project_id).guideline
    set_guideline(session, project_id, "Only *caused* counts.", before=before)
    reviewer = users.get_or_add_user(session, "ada", role="curator")
    curate.apply_sentence_event(
        session, project_id=project_id, user_id=reviewer, sentence_id=first_sentence(session, project_id),
        version=1, event={"kind": "flag", "value": True},
    )  # fmt: skip
    made = create_snapshot(session, store, project_id, ExportFilter(), name="c", licence="CC BY 4.0", user_id=reviewer)
    files = export_snapshot(store, made, format_name="jsonl")
    card = json.loads(files[CARD_NAME])
    assert (card["licence"], card["guideline"]) == ("CC BY 4.0", "Only *caused* counts.")
    assert card["agreement"] == {"relations": None, "synthetic": None}
    assert card["reviewers"] == {"curator": {"people": 1, "decisions": 1}}
    assert card["sources"] == {"t": 3}
    assert card["by_label"] == {"CID": {"curated": 3, "synthetic": 1}}
    assert card["synthetic_share"] == round(1 / 7, 4)
    text = files["card.md"].decode()
    assert "- licence: CC BY 4.0" in text and "Only *caused* counts." in text and "| curator | 1 | 1 |" in text
    assert "pairs of mentions: not measurable, no two people decided on the same" in text
    assert "ada" not in text


def test_the_card_tells_how_far_reviewers_agree(session: Session, store: ArtifactStore, project_id: int) -> None:
    sentence_id = first_sentence(session, project_id)
    for version, (name, kind) in enumerate((("ada", "reopen"), ("ada", "accept"), ("bob", "accept")), start=1):
        curate.apply_sentence_event(
            session, project_id=project_id, user_id=users.get_or_add_user(session, name), sentence_id=sentence_id,
            version=version, event={"kind": kind},
        )  # fmt: skip
    files = export_snapshot(store, make(session, store, project_id), format_name="jsonl")
    agreement = json.loads(files[CARD_NAME])["agreement"]
    assert agreement == {"relations": {"items": 1, "observed": 1.0, "alpha": None}, "synthetic": None}
    text = files["card.md"].decode()
    assert "1 decided by two or more people, 100.0% of pairs of decisions equal" in text
    assert "second opinions, not independent ones" in text


def test_a_file_that_was_changed_is_not_given_out(session: Session, store: ArtifactStore, project_id: int) -> None:
    made = make(session, store, project_id)
    path = store.path(made.artifact_key) / "data.jsonl"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SnapshotError, match=r"data\.jsonl was changed"):
        export_snapshot(store, made, format_name="jsonl")


def test_two_snapshots_differ_by_the_items_that_changed(
    session: Session, store: ArtifactStore, project_id: int
) -> None:
    before = make(session, store, project_id, "before")
    intake.store_document(session, project_id, make_document(5, Split.TRAIN), source_name="t")
    curate.apply_sentence_event(
        session, project_id=project_id, user_id=users.get_or_add_user(session),
        sentence_id=first_sentence(session, project_id), version=1, event={"kind": "flag", "value": True},
    )  # fmt: skip
    head, tail = Mention(Span(0, 10), "Chemical"), Mention(Span(11, 20), "Disease")
    synthetic.add_synthetic(
        session, project_id, [SyntheticSentence("$CHEMICAL$ $DISEASE$ .", "CID", head, tail, State.ACCEPTED)]
    )
    after = make(session, store, project_id, "after")
    kinds = diff_snapshots(store, before, after)
    counts = {kind: (len(one.added), len(one.removed), len(one.changed)) for kind, one in kinds.items()}
    assert counts == {
        "documents": (1, 0, 0), "sentences": (2, 0, 1), "mentions": (4, 0, 0),
        "relations": (1, 0, 0), "facts": (0, 0, 0), "synthetic": (1, 0, 0),
    }  # fmt: skip
    assert kinds["documents"].added == ({"document": "train-5"},)
    assert kinds["relations"].added[0]["label"] == "CID"
    back = diff_snapshots(store, after, before)
    assert len(back["documents"].removed) == 1
    assert diff_to_json(before, before, diff_snapshots(store, before, before))["same"] is True


def test_a_training_names_its_snapshot_and_makes_one_only_where_the_data_is_new(
    session: Session, store: ArtifactStore, project_id: int
) -> None:
    named = make(session, store, project_id, "mine")
    job = jobs.add_job(session, "0123456789abcdef", JobKind.RETRAIN, project_id=project_id, params={})
    assert snapshot_for_run(session, store, job).name == "mine"
    intake.store_document(session, project_id, make_document(5, Split.TRAIN), source_name="t")
    made = snapshot_for_run(session, store, job)
    assert made.name == "p-run-456789abcdef"
    assert made.content_hash != named.content_hash
    assert snapshot_for_run(session, store, job) == made


def test_only_the_end_of_its_project_takes_a_snapshot_along(
    session: Session, store: ArtifactStore, project_id: int, tmp_path: Path
) -> None:
    other = create_project(session, "other", template="chemical-disease")
    gone, kept = make(session, store, project_id), make(session, store, other)
    delete_project(session, project_id, store, uploads_path=tmp_path)
    assert [one.name for one in snapshots.list_snapshots(session)] == [kept.name]
    assert not store.path(gone.artifact_key).exists()
    assert store.path(kept.artifact_key).exists()
