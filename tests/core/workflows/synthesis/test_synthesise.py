"""Generation as a pipeline: gold from the database, a generator per label in tasks, synthetic rows at the end."""

import asyncio
import json
import os
import random
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.domain import (
    NO_RELATION,
    Document,
    EntityType,
    JobKind,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Sentence,
    Span,
    Split,
    State,
    SyntheticSentence,
)  # fmt: skip
from core.errors import EncoderNotFoundError, NotEnoughDataError, SchemaError
from core.generation.config import SCRATCH_NOTICE
from core.jobs.child import task_arguments
from core.jobs.progress import Progress
from core.jobs.ranks import find_free_port, rank_environments, run_ranks
from core.training.config import TrainingConfig
from core.workflows.documents.instances import mask_sentence
from core.workflows.retraining.retrain_data import collect_dataset
from core.workflows.synthesis import synthesise
from core.workflows.synthesis.judges import plan_judges
from core.workflows.synthesis.synthesise import GeneratePipeline
from core.workflows.synthesis.synthesise_params import GenerateParams
from core.workflows.synthesis.synthesise_plan import GenerationPlan, collect_plan
from db.queries import intake, jobs, projects, synthetic
from db.session import Session
from tests.builders import find_mention, ignore_progress, load_tiny_encoder

SCHEMA = Schema(
    (EntityType("Chemical"), EntityType("Disease")),
    (RelationLabel("CPR:3", (("Chemical", "Disease"),)), RelationLabel("treats", (("Chemical", "Disease"),))),
)
ROOT = Path(__file__).parents[4]
WHO = ("Two men", "One child", "Some mice", "Nine women")
TINY = {"base": "scratch", "num_layers": 1, "width": 64, "num_epochs": 12, "attempts_by_sentence": 60, "num_judges": 0}


def make_document(number: int, label: str | None, *, split: Split = Split.TRAIN, is_reviewed: bool = True) -> Document:
    """One sentence with one pair, different for each number."""
    rng = random.Random(number)
    how = "after" if label == "CPR:3" else "before"
    text = (
        f"{rng.choice(WHO)} had {rng.choice(['severe', 'mild', 'acute'])} rash {how} a "
        f"{rng.choice(['single', 'double', 'daily'])} dose of {rng.choice(['pure', 'oral'])} aspirin in {number} days."
    )
    head, tail = find_mention(text, "aspirin", "Chemical"), find_mention(text, "rash", "Disease")
    state = State.ACCEPTED if is_reviewed else State.PENDING
    return Document(
        f"{split}-{number}",
        text,
        (Sentence(Span(0, len(text)), state),),
        (head, tail),
        (Relation(head, tail, label),) if label else (),
        split=split,
    )


def seed_project(session: Session, *, gold: dict[str | None, int], num_test: int = 0, num_dev: int = 1) -> int:
    project_id = projects.add_project(session, "p", template="x", description="", guideline="", schema=SCHEMA)
    numbers = iter(range(10_000))
    for label, count in gold.items():
        for _ in range(count):
            intake.store_document(session, project_id, make_document(next(numbers), label), source_name="t")
    for split in (*[Split.TEST] * num_test, *[Split.DEV] * num_dev):
        document = make_document(next(numbers), "CPR:3", split=split)
        intake.store_document(session, project_id, document, source_name="t")
    session.commit()
    return project_id


def run(session: Session, project_id: int, run_path: Path, **params: object) -> dict[str, object]:
    """Run the whole pipeline in this process, as a worker would task by task."""
    job = jobs.add_job(session, f"job-{run_path.name}", JobKind.GENERATE, project_id=project_id, params=dict(params))
    pipeline = GeneratePipeline()
    run_path.mkdir(parents=True)
    for stage in pipeline.prepare(session, job, run_path):
        for task in stage:
            (run_path / task).mkdir()
            pipeline.run_task(task, run_path, run_path / task, ignore_progress)
            pipeline.keep(session, job, task, run_path)
    result = pipeline.finish(session, job, run_path)
    session.commit()
    return result


def test_a_run_ends_in_pending_sentences_with_masks_and_provenance(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40}, num_test=2)
    result = run(session, project_id, tmp_path / "a", labels=["CPR:3"], count=3, seed=1, **TINY)
    counts = result["labels"]["CPR:3"]
    views = synthetic.list_synthetic(session, project_id, job_id="job-a")
    assert len(views) == counts["kept"] == 3
    assert counts["generated"] == 3 + sum(counts["removed"].values())
    assert SCRATCH_NOTICE in result["notes"]
    for view in views:
        assert view.label == "CPR:3"
        assert view.state is State.PENDING
        assert view.text[view.head_start : view.head_end] == "$CHEMICAL$"
        assert view.text[view.tail_start : view.tail_end] == "$DISEASE$"
        assert view.provenance["base"] == "scratch"
        assert view.provenance["seed"] == "1"
        assert view.provenance["num_gold"] == "40"
        assert view.provenance["data_hash"] == result["data_hash"]
        assert float(view.provenance["mean_log_likelihood"]) < 0
        assert json.loads(view.provenance["sampling"])["top_p"] == 1.0
        assert "torch" in json.loads(view.provenance["versions"])


def test_finishing_twice_stores_the_sentences_once(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40})
    first = run(session, project_id, tmp_path / "a", labels=["CPR:3"], count=2, **TINY)
    job = jobs.get_job(session, "job-a")
    assert GeneratePipeline().finish(session, job, tmp_path / "a") == first
    assert synthetic.count_queue(session, project_id) == 2


def test_sentences_of_a_finished_label_stay_where_the_job_ends_early(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40, "treats": 40})
    params = {**TINY, "labels": ["CPR:3", "treats"], "count": 2}
    job = jobs.add_job(session, "j", JobKind.GENERATE, project_id=project_id, params=params)
    pipeline, run_path = GeneratePipeline(), tmp_path / "run"
    run_path.mkdir()
    for task in [stage[0] for stage in pipeline.prepare(session, job, run_path)]:
        (run_path / task).mkdir()
        pipeline.run_task(task, run_path, run_path / task, ignore_progress)
        for _ in range(2):  # a crash may make it run twice
            pipeline.keep(session, job, task, run_path)
    assert [view.label for view in synthetic.list_synthetic(session, project_id)] == ["CPR:3", "CPR:3"]


def test_a_label_keeps_its_sentences_though_another_one_wrote_one_of_them_too(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_id = seed_project(session, gold={"CPR:3": 12, "treats": 12})
    params = {"base": "scratch", "count": 2, "num_judges": 0, "labels": ["CPR:3", "treats"]}
    job = jobs.add_job(session, "j", JobKind.GENERATE, project_id=project_id, params=params)
    pipeline = GeneratePipeline()
    pipeline.prepare(session, job, tmp_path)
    head, tail = Mention(Span(0, 10), "Chemical"), Mention(Span(16, 25), "Disease")
    written = {
        task: [
            SyntheticSentence(f"$CHEMICAL$ {verb} $DISEASE$ .", label, head, tail, provenance=(("label", label),))
            for verb in verbs
        ]
        for task, label, verbs in (
            ("label-1-cpr-3", "CPR:3", ("hurt", "made")),
            ("label-2-treats", "treats", ("made", "ends")),
        )
    }
    monkeypatch.setattr(synthesise, "read_sentences", lambda path: written[path.name])
    for task in (*written, *written):  # a crash may make each run twice
        pipeline.keep(session, job, task, tmp_path)
    views = synthetic.list_synthetic(session, project_id)
    assert sorted((view.label, view.text.split()[1]) for view in views) == [
        ("CPR:3", "hurt"), ("CPR:3", "made"), ("treats", "ends"),
    ]  # fmt: skip


def test_a_second_job_repeats_nothing_of_the_first(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40})
    for name in ("a", "b"):
        run(session, project_id, tmp_path / name, labels=["CPR:3"], count=2, **TINY)
    texts = [view.text for view in synthetic.list_synthetic(session, project_id)]
    assert len(texts) == len(set(texts)) >= 3


def test_at_the_cap_the_result_says_which_filter_removed_most(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 5})
    params = {**TINY, "num_epochs": 1, "attempts_by_sentence": 1, "max_new_pieces": 4}
    counts = run(session, project_id, tmp_path / "a", labels=["CPR:3"], count=5, **params)["labels"]["CPR:3"]
    assert counts["kept"] == 0
    assert counts["warnings"][0].startswith("Only 5 gold sentences")
    assert "Only 0 of 5 sentences after 5 attempts" in counts["warnings"][1]
    assert "does not hold exactly one mask" in counts["warnings"][1]


def test_plan_names_tasks_that_are_safe_as_files_and_puts_the_base_first(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 12, "treats": 12, None: 12})
    params = {"base": "scratch", "count": 1, "num_judges": 0}
    job = jobs.add_job(session, "j", JobKind.GENERATE, project_id=project_id, params=params)
    stages = GeneratePipeline().prepare(session, job, tmp_path)
    assert stages == [["base"], ["label-1-cpr-3", "label-2-treats", "label-3-no-relation"]]
    plan = GenerationPlan.load(tmp_path)
    assert [label.label for label in plan.labels] == ["CPR:3", "treats", NO_RELATION]
    assert all("$CHEMICAL$" in text and "$DISEASE$" in text for label in plan.labels for text in label.sentences)
    assert plan == collect_plan(session, project_id, GenerateParams(base="scratch", count=1, num_judges=0))


def test_only_reviewed_train_sentences_are_learnt_and_held_out_ones_are_known(session: Session) -> None:
    project_id = seed_project(session, gold={"CPR:3": 12}, num_test=3)
    unread = make_document(500, None, is_reviewed=False)
    intake.store_document(session, project_id, unread, source_name="t")
    plan = collect_plan(session, project_id, GenerateParams(labels=("CPR:3",)))
    assert len(plan.labels[0].sentences) == len(plan.gold) == 12
    assert len(plan.heldout) == 3 + 1  # of dev
    assert len(plan.plain) == 13
    assert unread.text in plan.plain
    assert not any("500 days" in text for text in plan.gold)


def test_without_dev_what_will_choose_a_training_is_not_learnt_though_nobody_reviewed_it_yet(session: Session) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40}, num_dev=0)
    unread = [make_document(number, None, is_reviewed=False) for number in range(500, 540)]
    for document in unread:
        intake.store_document(session, project_id, document, source_name="t")
    plan = collect_plan(session, project_id, GenerateParams(labels=("CPR:3",)))
    dataset, _ = collect_dataset(session, project_id)
    dev = {mask_sentence(one, dataset.schema) for one in dataset.dev}
    assert set(plan.heldout) == dev and len(dev) + len(plan.gold) == 40
    assert not dev & {*plan.gold, *plan.labels[0].sentences}
    read = {*plan.plain}
    assert read.isdisjoint(one.text for one in dataset.dev)
    assert 0 < sum(one.text in read for one in unread) < 40
    assert f"No dev documents: {len(dev)} of the train documents" in plan.notes[-1]


def test_pretrained_base_needs_no_base_task(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 12})
    params = {"labels": ["CPR:3"], "base": str(tmp_path / "nowhere")}
    job = jobs.add_job(session, "j", JobKind.GENERATE, project_id=project_id, params=params)
    assert GeneratePipeline().prepare(session, job, tmp_path) == [["label-1-cpr-3"]]
    with pytest.raises(EncoderNotFoundError, match="nowhere"):
        GeneratePipeline().run_task("label-1-cpr-3", tmp_path, tmp_path, ignore_progress)


def test_label_with_few_gold_sentences_works_from_five_with_a_warning(session: Session) -> None:
    project_id = seed_project(session, gold={"CPR:3": 5, "treats": 4})
    plan = collect_plan(session, project_id, GenerateParams())
    assert [(label.label, label.warning[:23]) for label in plan.labels] == [("CPR:3", "Only 5 gold sentences: ")]
    assert plan.notes[0] == "Left out: treats has 4 gold sentences, fewer than 5."
    with pytest.raises(NotEnoughDataError, match=r"treats has 4; a label needs 5"):
        collect_plan(session, project_id, GenerateParams(labels=("CPR:3", "treats")))


def test_project_without_gold_is_refused(session: Session) -> None:
    with pytest.raises(NotEnoughDataError, match="Annotate page"):
        collect_plan(session, seed_project(session, gold={}), GenerateParams())


def test_label_outside_the_schema_is_refused(session: Session) -> None:
    project_id = seed_project(session, gold={"CPR:3": 5})
    with pytest.raises(SchemaError, match=r"Unknown relation labels \['CPR:9'\]; known: CPR:3, treats, NO_RELATION"):
        collect_plan(session, project_id, GenerateParams(labels=("CPR:9",)))


def test_without_a_word_the_batches_are_those_of_the_base(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40})
    run(session, project_id, tmp_path / "a", labels=["CPR:3"], count=1, **TINY)
    own = {**TINY, "base": str(tmp_path / "a" / "base"), "learning_rate": 1e-3}
    run(session, project_id, tmp_path / "b", labels=["CPR:3"], count=1, **own)
    used = {}
    for name in ("a", "b"):
        (view,) = synthetic.list_synthetic(session, project_id, job_id=f"job-{name}")
        training = json.loads(view.provenance["training"])
        used[name] = (training["batch_size"], training["gradient_accumulation"], training["learning_rate"])
    assert used == {"a": (8, 1, 1e-3), "b": (4, 2, 1e-3)}


def test_a_label_is_trained_with_the_batches_and_memory_that_were_asked_for(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40})
    asked = {"batch_size": 2, "gradient_accumulation": 4, "precision": "fp32", "has_gradient_checkpointing": True}
    run(session, project_id, tmp_path / "a", labels=["CPR:3"], count=1, **TINY, **asked)
    (view,) = synthetic.list_synthetic(session, project_id, job_id="job-a")
    training = json.loads(view.provenance["training"])
    assert {name: training[name] for name in asked} == asked
    assert view.provenance["num_processes"] == "1"


def test_a_label_has_the_processes_that_were_asked_for_and_the_base_one(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 12})
    job = jobs.add_job(
        session, "j", JobKind.GENERATE, project_id=project_id, params={"base": "scratch", "num_processes": 3}
    )
    pipeline = GeneratePipeline()
    assert pipeline.prepare(session, job, tmp_path) == [["base"], ["label-1-cpr-3"]]
    assert pipeline.num_processes("base", tmp_path) == 1
    assert pipeline.num_processes("label-1-cpr-3", tmp_path) == 3


def test_an_unchanged_label_is_not_trained_again_and_a_changed_one_is(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40, "treats": 40})
    own = {**TINY, "count": 1, "learning_rate": 1e-3}
    run(session, project_id, tmp_path / "a", labels=["CPR:3", "treats"], **own)
    own["base"] = str(tmp_path / "a" / "base")
    run(session, project_id, tmp_path / "b", labels=["CPR:3", "treats"], **own)
    intake.store_document(session, project_id, make_document(900, "treats"), source_name="t")
    result = run(session, project_id, tmp_path / "c", labels=["CPR:3", "treats"], **own)
    assert {label: counts["is_generator_reused"] for label, counts in result["labels"].items()} == {
        "CPR:3": True,
        "treats": False,
    }


def test_one_generator_writes_for_all_labels_behind_codes(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40, "treats": 40})
    own = {**TINY, "num_epochs": 30, "learning_rate": 3e-3, "is_shared": True}
    result = run(session, project_id, tmp_path / "a", labels=["CPR:3", "treats"], count=4, **own)
    plan = GenerationPlan.load(tmp_path / "a")
    assert plan.codes == ("$LABEL_1$", "$LABEL_2$")
    for label, how in (("CPR:3", " after a "), ("treats", " before a ")):
        views = synthetic.list_synthetic(session, project_id, label=label)
        assert len(views) == result["labels"][label]["kept"] > 0
        assert all("LABEL" not in view.text for view in views)
        assert sum(how in view.text for view in views) > len(views) / 2
        assert {view.provenance["reads"] for view in views} == {"all labels"}


def test_labels_may_want_different_numbers_and_none(session: Session) -> None:
    project_id = seed_project(session, gold={"CPR:3": 6, "treats": 6, None: 6})
    plan = collect_plan(session, project_id, GenerateParams(count=7, label_counts={"CPR:3": 2, NO_RELATION: 0}))
    assert [(label.label, label.count) for label in plan.labels] == [("CPR:3", 2), ("treats", 7)]
    with pytest.raises(NotEnoughDataError, match="every count is 0"):
        collect_plan(session, project_id, GenerateParams(labels=("treats",), label_counts={"treats": 0}))
    with pytest.raises(SchemaError, match="CPR:9"):
        collect_plan(session, project_id, GenerateParams(label_counts={"CPR:9": 1}))


def test_sentences_carry_names_of_the_project_novelty_and_the_nearest_gold(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 40})
    run(session, project_id, tmp_path / "a", labels=["CPR:3"], count=3, **TINY)
    gold = GenerationPlan.load(tmp_path / "a").gold
    for view in synthetic.list_synthetic(session, project_id):
        assert (view.head_name, view.tail_name) == ("aspirin", "rash")
        assert view.nearest_gold in gold
        assert view.novelty is not None
        assert 0 < view.novelty < 1
        assert (view.agreement, view.disagreement) == (None, None)


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Parameters of a generation with three judges on a tiny encoder, trained long enough to know the labels."""
    load_tiny_encoder(tmp_path / "encoder")
    training = TrainingConfig(num_epochs=20, learning_rate=3e-3, batch_size=8, precision="fp32")
    monkeypatch.setattr(
        "core.workflows.synthesis.synthesise_plan.plan_judges",
        lambda dataset, **options: replace(plan_judges(dataset, **options), training=training),
    )
    return {**TINY, "labels": ["CPR:3"], "num_judges": 3, "judge_encoder": str(tmp_path / "encoder")}


@pytest.mark.slow
def test_judges_score_every_sentence_and_the_gate_holds_the_doubtful_back(
    session: Session, tmp_path: Path, judged: dict[str, object]
) -> None:
    project_id = seed_project(session, gold={"CPR:3": 30, "treats": 30})
    open_gate = run(session, project_id, tmp_path / "a", count=5, **judged)
    views = synthetic.list_synthetic(session, project_id)
    assert len(views) == open_gate["labels"]["CPR:3"]["kept"] > 0
    for view in views:
        assert view.agreement is not None
        assert view.disagreement is not None
        assert 0 <= view.agreement <= 1
        assert json.loads(view.provenance["judges"])["number"] == 3
    shut = run(session, project_id, tmp_path / "b", count=2, **{**judged, "min_agreement": 1.0})
    assert shut["labels"]["CPR:3"]["kept"] == 0
    assert shut["labels"]["CPR:3"]["removed"]["judges"] > 0


def test_a_project_with_too_little_gold_is_told_that_nobody_judges(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, gold={"CPR:3": 12})
    result = run(session, project_id, tmp_path / "a", count=1, **{**TINY, "num_judges": 3})
    assert any(note.startswith("No judges") for note in result["notes"])


def prepare_label(session: Session, run_path: Path, **params: object) -> GeneratePipeline:
    """Bring a run to where the task label-1-cpr-3 is next."""
    project_id = seed_project(session, gold={"CPR:3": 40})
    given = {"labels": ["CPR:3"], "count": 2, **TINY, **params}
    job = jobs.add_job(session, "j", JobKind.GENERATE, project_id=project_id, params=given)
    pipeline = GeneratePipeline()
    (run_path / "base").mkdir(parents=True)
    pipeline.prepare(session, job, run_path)
    pipeline.run_task("base", run_path, run_path / "base", ignore_progress)
    return pipeline


def test_a_process_beside_the_main_one_trains_and_writes_nothing(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = prepare_label(session, tmp_path / "run", num_epochs=1)
    told: list[str] = []
    monkeypatch.setattr("core.workflows.synthesis.synthesise.Processes", lambda _: SimpleNamespace(index=1))
    (tmp_path / "scratch").mkdir()
    pipeline.run_task(
        "label-1-cpr-3", tmp_path / "run", tmp_path / "scratch", lambda _, message="", **__: told.append(message)
    )
    assert told[-1].startswith("epoch 1 of 1")
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.slow
def test_two_processes_train_a_label_and_the_main_one_writes_its_sentences(session: Session, tmp_path: Path) -> None:
    run_path = tmp_path / "run"
    asked = {"num_processes": 2, "gradient_accumulation": 2, "batch_size": 2, "has_gradient_checkpointing": True}
    pipeline = prepare_label(session, run_path, **asked)
    worker = {**os.environ, "PYTHONPATH": str(ROOT), "DARE_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    lines: list[Progress] = []
    asyncio.run(
        run_ranks(
            [sys.executable, "-m", "core.jobs.child", *task_arguments(JobKind.GENERATE, "label-1-cpr-3", run_path)],
            environments=rank_environments(worker, 2, devices=[], port=find_free_port()),
            log_path=tmp_path / "task.log",
            scratch_path=run_path / ".label-1-cpr-3.ranks",
            on_progress=lines.append,
        )
    )
    assert lines[-1] == Progress(1.0, "done")
    assert {path.name for path in run_path.iterdir() if path.is_dir()} == {"base", "label-1-cpr-3"}
    pipeline.keep(session, jobs.get_job(session, "j"), "label-1-cpr-3", run_path)
    result = pipeline.finish(session, jobs.get_job(session, "j"), run_path)
    assert result["labels"]["CPR:3"]["kept"] == 2
    assert "Traceback" not in (tmp_path / "task.1.log").read_text(encoding="utf-8")
