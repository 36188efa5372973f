"""From text to a generator under a name: folder, card, repeated commands, the job, the base of a generation."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from core.domain import JobKind
from core.errors import ConflictError, ModelError, NotFoundError
from core.generation.config import SamplingConfig
from core.generation.domain import give_new_pieces
from core.generation.domain_config import ModelSize
from core.generation.generator import Generator, load_generator
from core.generation.sampling import draw_sentences
from core.models.encoder import load_encoder
from core.settings import Settings
from core.workflows.model_library.generators import (
    GeneratorRecord,
    check_name,
    find_generator,
    generator_key,
    list_generators,
    open_store,
)
from core.workflows.model_library.sources import resolve_base
from core.workflows.pipelines import get_pipeline
from core.workflows.synthesis import pretrain, synthesise
from core.workflows.synthesis.pretrain import PretrainPipeline, pretrain_generator
from core.workflows.synthesis.pretrain_params import PretrainParams
from db.queries import jobs, projects
from db.session import Session
from tests.builders import ignore_progress, make_schema, write_tiny_encoder
from tests.core.pretraining.pretraining_text import TINY, write_corpus


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation of its own, in which "tiny" is tiny indeed."""
    monkeypatch.setenv("DARE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(pretrain, "SIZES", {"tiny": TINY, "small": ModelSize(1, 384, 2, 320)})
    return Settings()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus.txt")


def make_params(corpus: Path, **values: object) -> PretrainParams:
    usual = {"text": [str(corpus)], "name": "mine", "pieces": 3000, "context": 32, "held_out_one_in": 10}
    return PretrainParams.from_json({**usual, "precision": "fp32", "device": "cpu", **values})


def test_the_result_is_an_ordinary_folder_with_a_card_that_says_how_it_was_made(
    settings: Settings, corpus: Path
) -> None:
    record = pretrain_generator(make_params(corpus, seed=3), settings=settings)
    path = find_generator(settings, "mine")
    assert path == settings.home / "artifacts" / "generators" / "mine"
    names = {file.name for file in path.iterdir()}
    assert names >= {"config.json", "generator.json", "model.safetensors", "README.md", "tokenizer.json"}
    assert load_generator(str(path), masks=("$CHEMICAL$",), seed=0).max_pieces == 32
    card = (path / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(corpus.read_bytes()).hexdigest() in card
    assert "dare pretrain-generator --text corpus.txt --base tiny --out mine --pieces 3000" in card
    assert f"{record.perplexity:.2f}" in card
    assert "| seed | 3 |" in card
    assert str(corpus.parent) not in card
    assert list_generators(settings) == [record]
    assert sorted(one.name for one in path.parent.iterdir() if one.is_dir()) == ["mine"]


def test_a_generator_is_continued_under_another_name(settings: Settings, corpus: Path) -> None:
    first = pretrain_generator(make_params(corpus, pieces=10_000), settings=settings)
    more = pretrain_generator(make_params(corpus, base="mine", name="more", pieces=1), settings=settings)
    assert more.num_weights == first.num_weights
    assert more.recipe["learning_rate"] == 5e-5
    assert more.perplexity == pytest.approx(first.perplexity, rel=0.05)


def test_an_encoder_is_continued_as_a_decoder_that_reads_leftwards(settings: Settings, corpus: Path) -> None:
    encoder = write_tiny_encoder(corpus.parent / "encoder")
    pretrain_generator(make_params(corpus, base=str(encoder), pieces=2_000), settings=settings)
    generator = load_generator(str(find_generator(settings, "mine")), masks=("$DRUG$",), seed=0)
    rows = torch.randint(5, 60, (1, 12))
    changed = rows.clone()
    changed[0, -1] = 7
    with torch.inference_mode():
        logits = [generator.model(input_ids=ids).logits[0, :-1] for ids in (rows, changed)]
    torch.testing.assert_close(logits[0], logits[1])


def test_an_encoder_gets_new_pieces_that_begin_near_its_own(corpus: Path) -> None:
    encoder = load_encoder(str(write_tiny_encoder(corpus.parent / "encoder")))
    base = load_generator(str(corpus.parent / "encoder"), masks=(), seed=0)
    made = give_new_pieces(base, [corpus], 400, make_params(corpus).config())
    vectors, old = made.model.get_input_embeddings().weight.detach(), encoder.vectors
    rash = made.tokenizer.encode(" rash")
    assert len(rash) == 1
    torch.testing.assert_close(vectors[rash[0]], old[encoder.tokenizer.convert_tokens_to_ids("rash")])
    end = made.tokenizer.eos_token_id
    torch.testing.assert_close(vectors[end], old[encoder.tokenizer.sep_token_id])
    assert made.model.get_output_embeddings().weight is made.model.get_input_embeddings().weight


def test_a_decoder_with_new_pieces_writes_the_case_and_the_spaces_it_read(settings: Settings, corpus: Path) -> None:
    encoder = write_tiny_encoder(corpus.parent / "encoder")
    params = make_params(corpus, base=str(encoder), new_pieces=400, pieces=60_000, learning_rate=5e-3)
    pretrain_generator(params, settings=settings)
    generator = load_generator(str(find_generator(settings, "mine")), masks=(), seed=0)
    sentences = draw_sentences(generator, 8, config=SamplingConfig(seed=0, top_k=1, max_new_pieces=40), seed=0)
    assert re.fullmatch(r"[A-Z][a-z]+ (caused|relieved) [a-z]+ in .*", sentences[0])
    assert "--new-pieces 400" in params.command()


def test_a_new_model_takes_over_pieces_and_vectors_of_an_encoder(
    settings: Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = write_tiny_encoder(corpus.parent / "encoder")
    seen: list[torch.Tensor] = []
    real = pretrain.make_base_of_pieces

    def make(tokenizer: PreTrainedTokenizerFast, vectors: torch.Tensor, *arguments: object) -> Generator:
        generator = real(tokenizer, vectors, *arguments)  # type: ignore[arg-type]
        seen.append(generator.model.get_input_embeddings().weight.detach().clone())
        return generator

    monkeypatch.setattr(pretrain, "make_base_of_pieces", make)
    pretrain_generator(make_params(corpus, pieces_of=str(encoder), pieces=2_000), settings=settings)
    torch.testing.assert_close(seen[0], load_encoder(str(encoder)).vectors)
    made = load_generator(str(find_generator(settings, "mine")), masks=(), seed=0)
    assert len(made.tokenizer) == len(seen[0])


def test_vectors_of_another_width_and_pieces_for_a_finished_model_are_refused(settings: Settings, corpus: Path) -> None:
    encoder = write_tiny_encoder(corpus.parent / "encoder")
    with pytest.raises(ModelError, match="vectors have 32 numbers, a model of this size 384"):
        pretrain_generator(make_params(corpus, base="small", pieces_of=str(encoder)), settings=settings)
    with pytest.raises(ModelError, match="has pieces of its own"):
        make_params(corpus, base="mine", pieces_of=str(encoder))


def test_half_precision_takes_half_the_room_and_loads_as_float32(settings: Settings, corpus: Path) -> None:
    pretrain_generator(make_params(corpus), settings=settings)
    pretrain_generator(make_params(corpus, name="half", is_half=True), settings=settings)
    whole, half = (find_generator(settings, name) / "model.safetensors" for name in ("mine", "half"))
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    made = load_generator(str(half.parent), masks=(), seed=0)
    assert {weights.dtype for weights in made.model.parameters()} == {torch.float32}


def test_a_repeated_command_trains_nothing_and_another_one_must_ask_to_replace(
    settings: Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = pretrain_generator(make_params(corpus), settings=settings)
    with monkeypatch.context() as patch:
        patch.setattr(pretrain, "pretrain", None)
        assert pretrain_generator(make_params(corpus), settings=settings) == record
    for other in ({"seed": 1}, {"pieces": 4000}):
        with pytest.raises(ConflictError, match=r"generator 'mine' already, made by `dare .*--replace"):
            pretrain_generator(make_params(corpus, **other), settings=settings)
    replaced = pretrain_generator(make_params(corpus, seed=1, is_replacing=True), settings=settings)
    assert list_generators(settings) == [replaced]
    assert replaced.recipe["seed"] == 1


def test_an_unfinished_training_is_not_mixed_with_other_settings(
    settings: Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pretrain, "copy_best", break_off)
        with pytest.raises(OSError, match="No space"):
            pretrain_generator(make_params(corpus), settings=settings)
    assert list_generators(settings) == []
    with pytest.raises(ConflictError, match="unfinished training in .*mine.* has other settings or files"):
        pretrain_generator(make_params(corpus, seed=1), settings=settings)
    steps = pretrain_generator(make_params(corpus), settings=settings).steps
    longer = make_params(corpus, seed=1, is_replacing=True)
    assert pretrain_generator(longer, settings=settings).steps == steps


def test_a_failed_write_of_the_result_leaves_the_generator_that_was_there(
    settings: Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = pretrain_generator(make_params(corpus), settings=settings)
    weights = (find_generator(settings, "mine") / "model.safetensors").read_bytes()

    def write_card(path: Path, _: GeneratorRecord) -> None:
        (path / "README.md").write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pretrain, "write_card", write_card)
    with pytest.raises(OSError, match="No space"):
        pretrain_generator(make_params(corpus, seed=1, is_replacing=True), settings=settings)
    assert list_generators(settings) == [record]
    assert (find_generator(settings, "mine") / "model.safetensors").read_bytes() == weights


def test_two_runs_of_one_training_at_a_time_are_refused(settings: Settings, corpus: Path) -> None:
    work_path = open_store(settings).path(generator_key("mine")).with_name(".mine.training")
    work_path.parent.mkdir(parents=True)
    with (
        pretrain.only_run(work_path),
        pytest.raises(ConflictError, match="is running in another process"),
    ):
        pretrain_generator(make_params(corpus), settings=settings)


def test_names_that_are_paths_or_mean_something_else_are_refused(settings: Settings) -> None:
    for name in ("../mine", "", "a/b", ".hidden", "x" * 65):
        with pytest.raises(ModelError, match="must be 1 to 64 letters"):
            check_name(name)
    for name in ("tiny", "scratch"):
        with pytest.raises(ModelError, match="already means a generator from nothing"):
            check_name(name)
    with pytest.raises(NotFoundError, match=r"No generator '\.\./\.\.'; there are: none"):
        find_generator(settings, "../..")
    assert resolve_base(settings, "org/model") == "org/model"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"text": []}, "No text file is named"),
        ({"minutes": 0.0}, "minutes is 0.0; it must be more than 0"),
        ({"batch_size": 0}, "batch_size is 0; it must be at least 1"),
        ({"seed": "one"}, "seed is 'one'; it needs a whole number"),
        ({"epochs": 3}, r"Unknown parameters \['epochs'\]"),
    ],
)
def test_parameters_that_no_training_can_use_are_refused(corpus: Path, values: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make_params(corpus, **values)


def test_without_a_limit_an_hour_is_the_budget(corpus: Path) -> None:
    assert make_params(corpus, pieces=None).config().minutes == 60


def start_job(session: Session, run_path: Path, params: PretrainParams) -> tuple[PretrainPipeline, jobs.Job]:
    project_id = projects.add_project(session, "p", template="x", description="", guideline="", schema=make_schema())
    job = jobs.add_job(session, "j", JobKind.PRETRAIN, project_id=project_id, params=params.to_json())
    run_path.mkdir(parents=True)
    pipeline = get_pipeline(job.kind)
    assert isinstance(pipeline, PretrainPipeline)
    return pipeline, job


def test_a_job_goes_on_after_its_task_was_killed_and_ends_in_the_named_generator(
    session: Session, settings: Settings, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_path = tmp_path / "run"
    pipeline, job = start_job(session, run_path, make_params(corpus))
    assert pipeline.prepare(session, job, run_path) == [["pretrain"]]
    out_path = run_path / "pretrain"
    out_path.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(pretrain, "copy_best", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            pipeline.run_task("pretrain", run_path, out_path, ignore_progress)
    told: list[str] = []
    pipeline.run_task("pretrain", run_path, out_path, lambda _, message="", **__: told.append(message))
    assert [message.split()[0] for message in told] == ["going", "3,072"]  # validated, nothing learnt again
    result = pipeline.finish(session, job, run_path)
    assert pipeline.finish(session, job, run_path) == result
    (record,) = list_generators(settings)
    assert record.to_json() == json.loads(json.dumps(result))


def test_a_job_is_refused_before_it_trains_where_a_file_is_missing_or_the_name_is_taken(
    session: Session, settings: Settings, corpus: Path, tmp_path: Path
) -> None:
    pipeline, job = start_job(session, tmp_path / "run", replace(make_params(corpus), text=("/no/such.txt",)))
    with pytest.raises(NotFoundError, match="There is no file '/no/such.txt' on this machine"):
        pipeline.prepare(session, job, tmp_path / "run")
    pretrain_generator(make_params(corpus), settings=settings)
    job.params = make_params(corpus, seed=5).to_json()
    with pytest.raises(ConflictError, match="generator 'mine' already"):
        pipeline.prepare(session, job, tmp_path / "run")


def test_a_generation_finds_its_base_by_name(settings: Settings, corpus: Path, tmp_path: Path) -> None:
    pretrain_generator(make_params(corpus), settings=settings)
    plan = synthesise.GenerationPlan(
        synthesise.GenerateParams(base="mine"), ("$CHEMICAL$",), (), plain=(), gold=(), heldout=(), synthetic=()
    )
    assert synthesise._find_base(plan, tmp_path) == str(find_generator(settings, "mine"))
