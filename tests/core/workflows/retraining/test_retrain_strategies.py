"""Architectures and strategies of a retraining, each through the whole pipeline on a tiny encoder."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain import Mention, Relation, Sentence, Span, Split, State
from core.ensemble.dataset import Dataset
from core.ensemble.ensemble import Ensemble
from core.errors import NotEnoughDataError, ParserNotFoundError
from core.models.joint import JointModel
from core.nlp.dependency import Parse
from core.settings import Settings
from core.training.trainer import pick_device
from core.workflows.documents.gold_documents import keep_reviewed, orient_relations
from core.workflows.model_library.compare import Comparison, compare_models
from core.workflows.model_library.promote import promote
from core.workflows.prediction.extractors import load_extractor
from core.workflows.prediction.model_cache import ModelCache
from core.workflows.prediction.parsers import load_parser
from core.workflows.prediction.predict import make_extractor
from core.workflows.projects import create_project
from core.workflows.retraining import retrain
from core.workflows.retraining.retrain_data import collect_documents, load_documents, save_documents
from db.queries import models, projects, users
from db.session import Session
from db.tables import SyntheticRow
from tests.builders import make_drug_schema, make_schema, write_tiny_encoder
from tests.core.workflows.training import FULL, QUICK, make_document, run, seed_project

BRIEF = {**QUICK, "num_epochs": 1}


class ChainParser:
    """Every token hangs on the one before it."""

    name, version = "chain", "1"

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        return [self._parse(text) for text in texts]

    def _parse(self, text: str) -> Parse:
        tokens, start = [], 0
        for word in text.split():
            start = text.index(word, start)
            tokens.append(Span(start, start + len(word)))
            start += len(word)
        return Parse(tuple(tokens), tuple(max(0, index - 1) for index in range(len(tokens))))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def run_folder(settings: Settings) -> Path:
    """Where a job of this name keeps its files, as a worker would choose it."""
    return settings.home / "artifacts" / "runs" / "job-a"


@pytest.mark.parametrize(
    "options",
    [{"architecture": "redn"}, {"marking": "markers", "loss": "focal", "has_auxiliary": True, "method": "weighting"}],
    ids=["redn", "cls with markers, focal loss and auxiliary head"],
)
def test_members_of_every_kind_vote(session: Session, tmp_path: Path, options: dict[str, object]) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder")
    project_id = seed_project(session, splits=FULL)
    result = run(session, project_id, tmp_path / "a", encoder=str(encoder), **{**BRIEF, **options})
    (model,) = models.list_models(session, project_id)
    assert model.architecture == options.get("architecture", "cls")
    assert model.settings["marking"] == options.get("marking", "masks")
    assert 0 <= result["f1"] <= 1
    ensemble = Ensemble.load(tmp_path / "a", device=pick_device("cpu"), get_parser=load_parser)
    dataset = Dataset.load(tmp_path / "a" / "dataset.json")
    assert len(ensemble.classify(dataset.test)) == 8


def test_a_graph_ensemble_records_its_parser(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrain, "load_parser", lambda _name: ChainParser())
    encoder = write_tiny_encoder(tmp_path / "encoder")
    project_id = seed_project(session, splits=FULL)
    run(session, project_id, tmp_path / "a", encoder=str(encoder), architecture="syntax_gcn", **BRIEF)
    found = models.find_run(session, "a")
    assert found is not None and found.versions["parser"] == "chain 1"
    assert found.settings["loss"] == "focal"


def test_without_a_parser_a_graph_ensemble_ends_before_its_first_task(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, splits=FULL)
    with pytest.raises(ParserNotFoundError, match="no-such-parser"):
        run(session, project_id, tmp_path / "a", architecture="syntax_gcn", parser="no-such-parser")


def test_soft_labels_come_from_teachers_that_saw_gold_alone(session: Session, tmp_path: Path) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder")
    project_id = seed_project(session, splits=FULL, synthetic_states=(State.ACCEPTED,) * 3)
    run(session, project_id, tmp_path / "a", encoder=str(encoder), has_soft_labels=True, is_two_stage=True, **BRIEF)
    summaries = [json.loads((tmp_path / "a" / f"teacher-{n}" / "summary.json").read_text()) for n in (1, 2, 3)]
    assert [one["num_instances"] for one in summaries] == [24, 24, 24]
    member = json.loads((tmp_path / "a" / "member-1" / "summary.json").read_text())
    assert member["num_instances"] == 27 and len(member["earlier_stages"]) == 1
    assert not {one["seed"] for one in summaries} & {0, 1}
    assert "Fewer accepted synthetic sentences" in " ".join(models.list_models(session, project_id)[0].metrics["notes"])


def test_without_synthetic_sentences_there_are_no_teachers_and_the_notes_say_so(
    session: Session, tmp_path: Path
) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder")
    project_id = seed_project(session, splits=FULL)
    result = run(session, project_id, tmp_path / "a", encoder=str(encoder), has_soft_labels=True, **BRIEF)
    assert not (tmp_path / "a" / "teacher-1").exists()
    assert "No synthetic sentence is accepted, so there was nothing to give soft labels." in result["notes"]


def test_a_student_is_a_model_of_its_own_that_promotes_predicts_and_compares(
    session: Session, settings: Settings
) -> None:
    encoder = write_tiny_encoder(settings.home / "encoder")
    project_id = seed_project(session, splits=FULL, synthetic_states=(State.ACCEPTED,) * 2)
    result = run(session, project_id, run_folder(settings), encoder=str(encoder), has_student=True, **QUICK)
    student, ensemble = models.list_models(session, project_id)
    assert student.name == f"{ensemble.name}-student" == result["student"]["model"]
    assert student.metrics["student_of"] == ensemble.name
    assert len(models.list_members(session, student.id)) == 1
    promote(session, project_id, student.id, user_id=users.get_or_add_user(session))
    assert isinstance(compare_models(settings, current=ensemble, candidate=student), Comparison)
    cache = ModelCache(settings)
    extractor, name = make_extractor(session, project_id, cache)
    assert name == student.name
    assert extractor.ensemble is not None and len(extractor.ensemble.members) == 1
    assert load_extractor(student.name, cache, session).ensemble is extractor.ensemble


def test_a_joint_model_is_stored_with_strict_extraction_as_its_headline(session: Session, settings: Settings) -> None:
    encoder = write_tiny_encoder(settings.home / "encoder")
    project_id = seed_project(session, splits=FULL)
    result = run(session, project_id, run_folder(settings), encoder=str(encoder), architecture="joint", num_epochs=2)
    (model,) = models.list_models(session, project_id)
    assert (model.kind, model.architecture, result["split"]) == ("joint", "joint", "test")
    assert "strict" in result["protocol"]
    assert set(model.metrics["protocols"]) == {"mentions", "strict", "boundaries", "end-token"}
    assert model.metrics["num_items"] == 4
    assert result["f1"] == model.metrics["scores"]["micro"]["f1"]
    assert "strict" in model.metrics["threshold"]["protocol"] and model.metrics["threshold_curve"]


def test_a_joint_model_may_train_on_synthetic_sentences_under_their_names(session: Session, settings: Settings) -> None:
    encoder = write_tiny_encoder(settings.home / "encoder")
    project_id = seed_project(session, splits=FULL, synthetic_states=(State.ACCEPTED,) * 3 + (State.REJECTED,))
    named = {"head_name": "β-carotene", "tail_name": "rash"}
    session.exec(sa.update(SyntheticRow).where(sa.column("text").contains(" in 0 ")).values(**named))
    run_path = run_folder(settings)
    own = {"architecture": "joint", "method": "dare", "num_epochs": 1}
    run(session, project_id, run_path, encoder=str(encoder), **own)
    (model,) = models.list_models(session, project_id)
    assert any(
        "1 accepted synthetic sentences" in note and "2 without names" in note for note in model.metrics["notes"]
    )
    _, gold = load_documents(run_path)
    (written,) = (one for one in gold[Split.TRAIN] if ("origin", "synthetic") in one.metadata)
    assert written.text == "β-carotene caused rash in 0 patients ."
    (relation,) = written.relations
    assert (relation.head.span.text(written.text), relation.tail.span.text(written.text)) == ("β-carotene", "rash")
    assert not any("synthetic" in one.id for split in (Split.DEV, Split.TEST) for one in gold[split])


def test_a_promoted_joint_model_finds_the_mentions_and_is_found_by_name(session: Session, settings: Settings) -> None:
    encoder = write_tiny_encoder(settings.home / "encoder")
    project_id = seed_project(session, splits=FULL)
    run(session, project_id, run_folder(settings), encoder=str(encoder), architecture="joint", num_epochs=1)
    (model,) = models.list_models(session, project_id)
    cache = ModelCache(settings)
    by_name = load_extractor(model.name, cache, session)
    assert by_name.schema == projects.get_schema(session, project_id) and by_name.ensemble is None
    promote(session, project_id, model.id, user_id=users.get_or_add_user(session))
    extractor, name = make_extractor(session, project_id, cache)
    assert name == model.name and isinstance(extractor.finder, JointModel)
    assert extractor.finder is by_name.finder


def test_documents_without_a_mention_cannot_train_a_joint_model(session: Session, tmp_path: Path) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder")
    project_id = create_project(session, "empty", template="chemical-disease")
    with pytest.raises(NotEnoughDataError, match=r"The train documents \(0\) have no gold mention"):
        run(session, project_id, tmp_path / "a", encoder=str(encoder), architecture="joint")


def test_documents_survive_their_files_even_with_equal_names(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, splits=FULL)
    gold, _ = collect_documents(session, project_id)
    gold[Split.TRAIN] = [replace(document, id="same") for document in gold[Split.TRAIN]]
    schema = projects.get_schema(session, project_id)
    first = save_documents(tmp_path, schema, gold)
    read_schema, read = load_documents(tmp_path)
    assert read_schema == schema
    assert [one.relations for one in read[Split.TRAIN]] == [one.relations for one in gold[Split.TRAIN]]
    gold[Split.DEV] = []
    assert save_documents(tmp_path, schema, gold) != first


def test_an_open_sentence_and_its_mentions_teach_nothing() -> None:
    document = make_document(0, Split.TRAIN)
    first, second = document.sentences
    kept = keep_reviewed(replace(document, sentences=(first, Sentence(second.span, State.PENDING))))
    assert kept.sentences == (first,)
    assert all(first.span.contains(mention.span) for mention in kept.mentions) and len(kept.mentions) == 2
    assert kept.relations == document.relations


def test_a_symmetric_relation_gets_the_order_of_the_text_and_a_directed_one_keeps_its_own() -> None:
    early, late = Mention(Span(0, 7), "Drug"), Mention(Span(12, 19), "Drug")
    document = replace(
        make_document(0, Split.TRAIN),
        mentions=(early, late),
        relations=(Relation(late, early, "INT"), Relation(late, early, "EFFECT")),
    )
    (oriented,) = orient_relations([document], make_drug_schema())
    assert oriented.relations == (Relation(early, late, "INT"), Relation(late, early, "EFFECT"))


def test_a_symmetric_relation_between_two_types_gets_the_order_of_the_schema() -> None:
    label = replace(make_schema().relation_labels[0], is_symmetric=True)
    schema = replace(make_schema(), relation_labels=(label,))
    disease, chemical = Mention(Span(0, 7), "Disease"), Mention(Span(12, 19), "Chemical")
    document = replace(
        make_document(0, Split.TRAIN), mentions=(disease, chemical), relations=(Relation(disease, chemical, "CID"),)
    )
    (oriented,) = orient_relations([document], schema)
    assert oriented.relations == (Relation(chemical, disease, "CID"),)
