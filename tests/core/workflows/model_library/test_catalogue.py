"""The list of all models, what of them may be removed, and what their cards say."""

import json
import re
from pathlib import Path

import pytest

from core.domain import JobKind, ModelState
from core.errors import ConflictError, NotFoundError
from core.settings import Settings
from core.starter import DEFAULT_STARTER
from core.workflows.model_library.catalogue import get_entry, list_catalogue
from core.workflows.model_library.generators import RECORD_NAME, GeneratorRecord, generator_key, open_store
from core.workflows.model_library.model_cards import read_card
from core.workflows.model_library.promote import promote, roll_back
from core.workflows.model_library.remove_model import plan_removal, remove_model
from core.workflows.projects import create_project
from db.queries import decisions, jobs, models, users
from db.session import Session
from tests.pulled import REVISION, place_pulled

PULLED = "owner/bert"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def project_id(session: Session) -> int:
    return create_project(session, "p", template="blank")


def add_pulled(settings: Settings) -> Path:
    return place_pulled(settings, PULLED, asked_as=("old-bert",))


def add_generator(settings: Settings, name: str = "mine") -> Path:
    folder = open_store(settings).path(generator_key(name))
    folder.mkdir(parents=True)
    record = GeneratorRecord(
        name=name, base="tiny", recipe={}, command="dare", date="2026-11-25", perplexity=9.0, bits_per_character=1.5,
        validation_loss=2.0, pieces=1, pieces_read=1, steps=1, passes=1, seconds=1.0, pieces_per_second=1.0,
        precision="fp32", device="cpu", num_weights=1, versions={},
    )  # fmt: skip
    (folder / RECORD_NAME).write_text(json.dumps(record.to_json()))
    (folder / "README.md").write_text(f"# {name}\n")
    return folder


def add_trained(session: Session, settings: Settings, project_id: int, key: str, **values: object) -> int:
    folder = open_store(settings).path(key)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(b"12345")
    return models.add_model(
        session, project_id=project_id, name=key.replace("/", "-"), architecture="cls", kind="ensemble",
        artifact_key=key, metrics=values,
    )  # fmt: skip


def remove(session: Session, settings: Settings, name: str) -> int:
    removal = plan_removal(session, settings, name)
    remove_model(session, settings, removal)
    return removal.num_bytes


def test_every_model_is_listed_with_kind_origin_size_and_where_it_is_promoted(
    session: Session, settings: Settings, project_id: int
) -> None:
    add_pulled(settings)
    add_generator(settings)
    chosen = add_trained(session, settings, project_id, "runs/a")
    add_trained(session, settings, project_id, "runs/b")
    promote(session, project_id, chosen, user_id=users.get_or_add_user(session))
    entries = {entry.name: entry for entry in list_catalogue(session, settings)}
    kinds = {name: (entry.kind, entry.origin) for name, entry in entries.items()}
    assert (
        kinds.items()
        >= {
            DEFAULT_STARTER: ("joint", "shipped"),
            PULLED: ("encoder", "pulled"),
            "mine": ("generator", "trained"),
            "runs-a": ("ensemble", "trained"),
        }.items()
    )
    assert (entries["runs-a"].use, entries["runs-b"].use) == ("promoted in p", "candidate of p")
    assert entries["runs-a"].num_bytes == 5
    assert (entries[PULLED].terms, entries[PULLED].date) == ("mit", "2026-11-26")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", entries[DEFAULT_STARTER].date)
    assert json.dumps(entries["runs-a"].to_json())


def test_an_unknown_name_is_answered_with_the_known_ones(session: Session, settings: Settings) -> None:
    with pytest.raises(NotFoundError, match=f"No model 'no-such' here; there are: {DEFAULT_STARTER}"):
        get_entry(session, settings, "no-such")


def test_a_pulled_model_and_a_generator_go_with_their_folders(session: Session, settings: Settings) -> None:
    folders = [add_pulled(settings), add_generator(settings)]
    sizes = [sum(file.stat().st_size for file in folder.iterdir()) for folder in folders]
    assert [remove(session, settings, name) for name in ("old-bert", "mine")] == sizes
    assert not any(folder.exists() for folder in folders)
    assert {entry.origin for entry in list_catalogue(session, settings)} == {"shipped"}


def test_a_trained_model_goes_with_its_run_and_its_removal_is_recorded(
    session: Session, settings: Settings, project_id: int
) -> None:
    add_trained(session, settings, project_id, "runs/a/joint")
    (open_store(settings).path("runs/a") / "plan.json").write_text("{}")
    assert remove(session, settings, "runs-a-joint") == 7
    assert not open_store(settings).path("runs/a").exists()
    assert models.list_models(session, project_id) == []
    assert decisions.list_decisions(session, project_id=project_id)[0].action == "remove"


def test_what_is_shipped_or_promoted_stays(session: Session, settings: Settings, project_id: int) -> None:
    with pytest.raises(ConflictError, match="is shipped with the program"):
        plan_removal(session, settings, DEFAULT_STARTER)
    user_id = users.get_or_add_user(session)
    promote(session, project_id, add_trained(session, settings, project_id, "runs/a"), user_id=user_id)
    with pytest.raises(ConflictError, match="is promoted and predicts"):
        plan_removal(session, settings, "runs-a")
    roll_back(session, project_id, user_id=user_id)
    assert remove(session, settings, "runs-a") == 5


def test_a_model_promoted_while_its_removal_waits_for_an_answer_stays(
    session: Session, settings: Settings, project_id: int
) -> None:
    model_id = add_trained(session, settings, project_id, "runs/a")
    removal = plan_removal(session, settings, "runs-a")
    promote(session, project_id, model_id, user_id=users.get_or_add_user(session))
    with pytest.raises(ConflictError, match="is promoted and predicts"):
        remove_model(session, settings, removal)
    assert models.get_model(session, model_id).state is ModelState.PROMOTED
    assert open_store(settings).path("runs/a").is_dir()


def test_another_model_that_took_the_name_while_a_removal_waited_for_an_answer_stays(
    session: Session, settings: Settings, project_id: int
) -> None:
    add_trained(session, settings, project_id, "runs/a")
    removal = plan_removal(session, settings, "runs-a")
    remove(session, settings, "runs-a")
    later = add_trained(session, settings, project_id, "runs/a")
    with pytest.raises(ConflictError, match="another model by now"):
        remove_model(session, settings, removal)
    assert [one.id for one in models.list_models(session, project_id)] == [later]


def test_an_ensemble_stays_while_its_student_lies_in_its_folder(
    session: Session, settings: Settings, project_id: int
) -> None:
    add_trained(session, settings, project_id, "runs/a")
    add_trained(session, settings, project_id, "runs/a/student")
    with pytest.raises(ConflictError, match="holds the files of runs-a-student; remove that first"):
        plan_removal(session, settings, "runs-a")
    assert remove(session, settings, "runs-a-student") == 5
    assert open_store(settings).path("runs/a/model.safetensors").is_file()
    assert remove(session, settings, "runs-a") == 5


@pytest.mark.parametrize(("param", "name"), [("encoder", "old-bert"), ("judge_encoder", PULLED), ("base", "mine")])
def test_what_a_waiting_job_starts_from_stays(
    session: Session, settings: Settings, project_id: int, param: str, name: str
) -> None:
    add_pulled(settings)
    add_generator(settings)
    jobs.add_job(session, "j", JobKind.RETRAIN, project_id=project_id, params={param: name})
    with pytest.raises(ConflictError, match=r"Job j \(retrain, queued\) starts from it"):
        plan_removal(session, settings, name)


def test_a_card_is_the_models_own_with_what_was_pulled_before_it(session: Session, settings: Settings) -> None:
    add_pulled(settings)
    add_generator(settings)
    assert read_card(session, get_entry(session, settings, "mine")) == "# mine\n"
    assert read_card(session, get_entry(session, settings, DEFAULT_STARTER)).startswith(f"# {DEFAULT_STARTER}")
    card = read_card(session, get_entry(session, settings, PULLED))
    assert f"commit {REVISION}" in card and "Licence: mit" in card and "`ab12`" in card
    assert card.endswith("# Their card\n")


def test_the_card_of_a_trained_model_tells_scores_with_their_protocol_and_recipe(
    session: Session, settings: Settings, project_id: int
) -> None:
    micro = {"precision": 0.5, "recall": 0.25, "f1": 1 / 3}
    scores = {"protocol": "classification", "micro": micro}
    add_trained(
        session, settings, project_id, "runs/a", scores=scores, split="dev", is_validation_score=True, data_hash="d1",
        interval={"low": 0.1, "high": 0.6}, notes=["Little gold."],
    )  # fmt: skip
    card = read_card(session, get_entry(session, settings, "runs-a"))
    for line in (
        "| classification | 0.500 | 0.250 | 0.333 |",
        "95 % interval of F1: 0.100 to 0.600.",
        "On the dev split. This split also chose epochs and threshold.",
        "- data: SHA-256 `d1`",
        "- Little gold.",
    ):
        assert line in card
