"""The command line as scripts see it: contract, exit codes, one clear line on an error."""

import json
import os
import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from core.cli.main import COMMANDS, app
from core.domain import Corpus, JobKind
from core.formats import write_corpus
from core.settings import Settings
from core.starter import DEFAULT_STARTER, get_starter, list_starters
from core.starter.demo import read_demo
from core.workflows.prediction.model_cache import ModelCache
from core.workflows.retraining.presets import get_preset
from core.workflows.retraining.retrain_params import RetrainParams
from core.workflows.synthesis.synthesise_params import GenerateParams
from db.queries import jobs
from db.session import make_engine, session_scope
from tests.builders import write_tiny_encoder

GROUPS = {
    "document": ["move", "remove"],
    "jobs": ["cancel", "list", "retry", "show", "wait"],
    "models": ["archive", "card", "compare", "list", "promote", "pull", "remove", "rollback"],
    "project": ["create", "delete", "list", "predict", "rename", "show"],
    "review": ["accept", "apply", "queue", "reject", "reopen"],
    "schema": ["add", "guideline", "show"],
    "snapshot": ["create", "diff", "export", "list", "show"],
    "synthetic": ["accept", "apply", "export", "list", "reject", "standing"],
}
PUBTATOR = (
    "1|t|Aspirin and nausea.\n1|a|Aspirin caused nausea. Nothing else happened.\n"
    "1\t0\t7\tAspirin\tChemical\tD001241\n1\t12\t18\tnausea\tDisease\tD009325\n"
    "1\t20\t27\tAspirin\tChemical\tD001241\n1\t35\t41\tnausea\tDisease\tD009325\n"
    "1\tCID\tD001241\tD009325\n\n"
)


def dare(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        env={**os.environ, "DARE_HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _load(target: str) -> Any:  # noqa: ANN401
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def test_every_command_is_documented_and_takes_json() -> None:
    loaded = {name: _load(target) for name, target in COMMANDS.items()}
    groups = {name: one.registered_commands for name, one in loaded.items() if isinstance(one, Typer)}
    assert GROUPS == {
        name: sorted(str(one.name or one.callback.__name__) for one in commands if one.callback)
        for name, commands in groups.items()
    }
    inner = [command.callback for commands in groups.values() for command in commands]
    for callback in [*inner, *(one for one in loaded.values() if not isinstance(one, Typer))]:
        assert callback is not None and callback.__doc__, callback
        assert "as_json" in signature(callback).parameters or callback.__name__ == "worker", callback


def test_the_help_names_every_command_and_a_misspelt_one_is_corrected() -> None:
    listed = CliRunner().invoke(app, ["--help"]).stdout
    assert all(f" {name} " in listed for name in COMMANDS)
    wrong = CliRunner().invoke(app, ["snapshto"])
    assert wrong.exit_code == 2 and "Did you mean 'snapshot'" in wrong.stderr


def test_import_export_import_gives_an_identical_file(tmp_path: Path) -> None:
    source = tmp_path / "a.pubtator"
    source.write_text(PUBTATOR, encoding="utf-8")
    result = dare(tmp_path / "home", "import", "p", str(source), "--create", "chemical-disease", "--json")
    assert result.returncode == 0, result.stderr
    (file,) = json.loads(result.stdout)["files"]
    assert (file["outcome"]["num_documents"], file["outcome"]["num_relations"]) == (1, 2)
    for form in ("jsonl", "pubtator"):
        first, second = tmp_path / f"1.{form}", tmp_path / f"2.{form}"
        assert dare(tmp_path / "home", "export", "p", "--format", form, "--out", str(first)).returncode == 0
        assert dare(tmp_path / form, "import", "q", str(first), "--create", "chemical-disease").returncode == 0
        assert dare(tmp_path / form, "export", "q", "--format", form, "--out", str(second)).returncode == 0
        assert first.read_bytes() == second.read_bytes()


def test_a_refused_file_names_line_and_remedy_and_stores_nothing(tmp_path: Path) -> None:
    source = tmp_path / "bad.pubtator"
    source.write_text(PUBTATOR.replace("1\t0\t7\tAspirin", "1\t0\t900\tAspirin"), encoding="utf-8")
    result = dare(tmp_path / "home", "import", "p", str(source), "--create", "chemical-disease")
    assert result.returncode == 1
    assert "bad.pubtator, line 3" in result.stderr
    assert "nothing of it was stored" in result.stderr
    out = tmp_path / "out.jsonl"
    exported = json.loads(dare(tmp_path / "home", "export", "p", "--out", str(out), "--json").stdout)
    assert exported["num_documents"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "nowhere", "--out", "x"], "error: No project 'nowhere'; there are: none."),
        (
            ["import", "p", "missing.txt", "--create", "chemical-disease"],
            "error: missing.txt: No such file or directory",
        ),
        (["project", "create", "p", "--template", "poetry"], "error: Unknown template 'poetry'"),
        (["train", "p", "--method", "magic"], "error: Unknown method 'magic'"),
        (["train", "p", "--preset", "mine"], "error: Unknown preset 'mine'; known: dare-paper"),
        (["train", "p", "--preset", "joint-paper", "--members", "5"], "error: Architecture 'joint' is one model"),
        (["train", "p", "--architecture", "redn", "--marking", "markers"], "error: marking 'markers' does not go with"),
        (["train", "p", "--architecture", "syntax_gcn", "--parser", "nowhere"], "error: There is no spaCy pipeline"),
        (["train", "p", "--dry-run"], "error: No project 'p'; there are: none."),
        (["generate", "p", "--gpus", "0"], "error: num_processes is 0; it must be 1 to 64."),
        (["generate", "p", "--preset", "redn-paper"], "error: Preset 'redn-paper' is about training alone"),
        (["evaluate", "no-such-model", "missing.txt"], "error: No model 'no-such-model'."),
        (["evaluate-parser", "auto", "missing.conllu"], "error: missing.conllu: No such file or directory"),
    ],
)
def test_an_error_is_one_clear_line_and_a_non_zero_exit(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = dare(tmp_path / "home", *arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(message)
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("command", [("project", "list"), ("project", "delete", "p", "--yes"), ("doctor",)])
def test_a_setting_that_cannot_be_is_one_line_for_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DARE_PORT", "abc")
    result = CliRunner().invoke(app, [*command], env={"DARE_HOME": str(tmp_path)})
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: DARE_PORT=abc: ") and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "'nonsense' is no URL of a database"),
        ("sqlite:///{}/notes.txt", "notes.txt cannot be used: file is not a database"),
        ("postgresql://ada:secret@127.0.0.1:1/x", "127.0.0.1:1/x cannot be used: "),
    ],
)
@pytest.mark.parametrize("name", ["DARE_DATABASE_URL", "DARE_JOBS_DATABASE_URL"])
def test_a_database_that_cannot_be_used_is_one_line_and_a_finding_of_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, url: str, message: str
) -> None:
    (tmp_path / "notes.txt").write_text("These are notes and no database. " * 10, encoding="utf-8")
    monkeypatch.setenv(name, url.format(tmp_path))
    monkeypatch.setattr("core.cli.service._check_compute", lambda _settings: {})
    examined = CliRunner().invoke(app, ["doctor", "--json"], env={"DARE_HOME": str(tmp_path)})
    assert examined.exit_code == 1 and message in json.loads(examined.stdout)["database"]["error"]
    result = CliRunner().invoke(app, ["jobs", "cancel", "j"], env={"DARE_HOME": str(tmp_path)})
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr and "secret" not in result.stderr and len(result.stderr.splitlines()) == 1


def test_doctor_tells_device_precision_models_database_and_versions(tmp_path: Path) -> None:
    result = dare(tmp_path / "home", "doctor", "--json")
    report = json.loads(result.stdout)
    assert report["healthy"] is True, report
    assert report["compute"]["precision"] in ("fp32", "bf16")
    assert report["compute"]["parser"]
    assert report["starters"] == {one.name: True for one in list_starters()}
    assert {"starter-chemical-disease", "starter-generator", "starter-parser"} <= report["starters"].keys()
    assert report["compute"]["parser"].startswith("en_starter_parser 1.0+")
    assert report["database"]["url"].startswith("sqlite:///")
    assert report["versions"]["torch"].startswith("2.13.0")


@pytest.mark.slow
def test_train_waits_for_its_result_and_ends_with_protocol_and_f1(tmp_path: Path) -> None:
    home, gold = tmp_path / "home", tmp_path / "gold.jsonl"
    documents = tuple(one for one in read_demo().documents if all(s.state.is_gold for s in one.sentences))
    gold.write_bytes(write_corpus(Corpus(documents), format_name="jsonl").data)
    assert dare(home, "import", "p", str(gold), "--create", "chemical-disease").returncode == 0
    encoder = write_tiny_encoder(tmp_path / "encoder")
    options = ["--members", "2", "--epochs", "1", "--encoder", str(encoder), "--wait", "--json"]
    result = dare(home, "train", "p", "--method", "gold", *options)
    assert result.returncode == 0, result.stderr
    scored = json.loads(result.stdout)
    assert scored["protocol"].startswith("mention-pair classification (mentions given")
    assert 0 <= scored["f1"] <= 1
    assert scored["split"] == "test"
    evaluated = dare(home, "evaluate", scored["model"], str(gold), "--protocol", "classification", "--json")
    assert json.loads(evaluated.stdout)["protocol"] == scored["protocol"]


def test_a_queued_training_holds_every_value_of_its_preset_and_what_was_changed(tmp_path: Path) -> None:
    home, source = tmp_path / "home", tmp_path / "a.pubtator"
    source.write_text(PUBTATOR, encoding="utf-8")
    assert dare(home, "import", "p", str(source), "--create", "chemical-disease").returncode == 0
    result = dare(home, "train", "p", "--preset", "dare-paper", "--members", "3", "--student", "--json")
    assert result.returncode == 0, result.stderr
    engine = make_engine(Settings(home=home).resolved_database_url)
    with session_scope(engine) as session:
        job = jobs.get_job(session, json.loads(result.stdout)["job_id"])
    engine.dispose()
    expected = RetrainParams.from_preset("dare-paper", {"num_members": 3, "has_student": True})
    assert job.params == expected.to_json()


def test_a_queued_generation_holds_every_value_of_its_preset_and_what_was_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    queued: list[tuple[JobKind, str, dict[str, object]]] = []

    def take(kind: JobKind, project: str, params: dict[str, object], *, wait: bool, reviewer: str) -> dict[str, object]:
        queued.append((kind, project, params))
        return {"job_id": "j", "wait": wait, "reviewer": reviewer}

    monkeypatch.setattr("core.cli.generation.run_job", take)
    options = ["--label", "CID", "--precision", "bf16", "--checkpointing", "--gpus", "2", "--batch-size", "1"]
    options += ["--label-count", "CPR:3=7", "--judges", "3", "--min-agreement", "0.5"]
    options += ["--reviewer", "ana"]
    app(["generate", "p", "--preset", "dare-paper", *options, "--json"], standalone_mode=False)
    changed = {"precision": "bf16", "has_gradient_checkpointing": True, "num_processes": 2, "batch_size": 1}
    changed |= {"label_counts": {"CPR:3": 7}, "num_judges": 3, "min_agreement": 0.5}
    expected = GenerateParams.from_json({**get_preset("dare-paper").generation, "labels": ["CID"], **changed})
    assert queued == [(JobKind.GENERATE, "p", expected.to_json())]
    assert json.loads(capsys.readouterr().out) == {"job_id": "j", "wait": False, "reviewer": "ana"}


def test_a_training_is_told_before_it_starts(tmp_path: Path) -> None:
    home, source = tmp_path / "home", tmp_path / "a.pubtator"
    source.write_text(PUBTATOR, encoding="utf-8")
    assert dare(home, "import", "p", str(source), "--create", "chemical-disease").returncode == 0
    told = json.loads(dare(home, "train", "p", "--members", "3", "--student", "--dry-run", "--json").stdout)
    assert told["data"]["train"] == {"documents": 1, "sentences": 3, "relations": {"CID": 2}}
    assert (told["num_models"], told["seconds"]) == (4, None)
    assert told["memory_bytes"] > 10**8
    assert json.loads(dare(home, "jobs", "list", "--json").stdout)["jobs"] == []


@pytest.mark.slow
def test_a_joint_model_is_trained_scored_and_found_by_name(tmp_path: Path) -> None:
    home, gold = tmp_path / "home", tmp_path / "gold.jsonl"
    documents = tuple(one for one in read_demo().documents if all(s.state.is_gold for s in one.sentences))
    gold.write_bytes(write_corpus(Corpus(documents), format_name="jsonl").data)
    assert dare(home, "import", "p", str(gold), "--create", "chemical-disease").returncode == 0
    encoder = write_tiny_encoder(tmp_path / "encoder")
    options = ["--architecture", "joint", "--epochs", "1", "--encoder", str(encoder), "--wait", "--json"]
    result = dare(home, "train", "p", *options)
    assert result.returncode == 0, result.stderr
    scored = json.loads(result.stdout)
    assert (scored["kind"], scored["split"]) == ("joint", "test")
    evaluated = dare(home, "evaluate", scored["model"], str(gold), "--protocol", "strict", "--json")
    assert json.loads(evaluated.stdout)["protocol"] == scored["protocol"]


@pytest.mark.slow
def test_predict_writes_what_the_starter_finds(tmp_path: Path) -> None:
    source, out = tmp_path / "a.txt", tmp_path / "a.pubtator"
    source.write_text("Aspirin caused severe nausea in two patients.", encoding="utf-8")
    result = dare(tmp_path / "home", "predict", str(source), "--out", str(out), "--out-format", "pubtator", "--json")
    assert result.returncode == 0, result.stderr
    written = out.read_text(encoding="utf-8")
    assert "\t0\t7\tAspirin\tChemical" in written
    assert "nausea\tDisease" in written


def test_the_starter_finds_the_mentions_and_relation_of_a_plain_sentence(tmp_path: Path) -> None:
    cache = ModelCache(Settings(home=tmp_path))
    model = cache.get_joint(get_starter(DEFAULT_STARTER))
    text = "Lithium induced tremor in a patient with bipolar disorder."
    (found,) = model.predict([text])
    assert {mention.span.text(text) for mention in found.mentions} >= {"Lithium", "tremor", "bipolar disorder"}
    assert ("Lithium", "tremor") in {(r.head.span.text(text), r.tail.span.text(text)) for r in found.relations}


def test_import_maps_names_says_what_a_blank_project_takes_over_and_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    source, home = tmp_path / "a.pubtator", tmp_path / "home"
    source.write_text(PUBTATOR, encoding="utf-8")
    tried = dare(home, "import", "p", str(source), "--create", "blank", "--dry-run")
    assert tried.returncode == 0 and "dry run: nothing was stored" in tried.stderr
    assert "No project 'p'" in dare(home, "export", "p", "--out", str(tmp_path / "x")).stderr
    mapped = dare(home, "import", "p", str(source), "--create", "blank", "--map", "Chemical=Drug", "--map", "Disease=")
    assert mapped.returncode == 0, mapped.stderr
    assert "taken over into the schema: Drug" in mapped.stdout
    unknown = dare(home, "import", "q", str(source), "--create", "drug-drug")
    assert unknown.returncode == 1
    assert "the project knows no Chemical, Disease, CID" in unknown.stderr
