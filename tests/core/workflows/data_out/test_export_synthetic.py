"""Every synthetic sentence knows where it comes from and who made what of it."""

import json
from datetime import UTC, datetime

from core.domain import NO_RELATION, State
from core.workflows.curation import curate, undo
from core.workflows.data_out.export_synthetic import describe_sentences, write_lines
from db.session import Session
from tests.core.workflows.synthetic_desk import PROVENANCE, SyntheticDesk, make_judged


def test_provenance_names_generator_base_data_seed_settings_scores_reviewer_decision_and_edit(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=1)
    desk.do(desk.views[0], "edit", text="$CHEMICAL$ induced $DISEASE$ in case 0.")
    desk.do(desk.views[0], "relabel", label=NO_RELATION)
    (one,) = describe_sentences(session, desk.project_id)
    assert one["provenance"] == dict(PROVENANCE)
    assert {"generator", "base", "data_hash", "seed", "sampling", "training"} <= one["provenance"].keys()
    assert one["scores"] == {
        "agreement": 0.9,
        "disagreement": 0.01,
        "novelty": 0.5,
        "nearest_gold": "$CHEMICAL$ caused $DISEASE$.",
    }
    assert (one["state"], one["label"], one["reviewer"]) == ("corrected", NO_RELATION, "ada")
    assert (one["decision"]["action"], one["decision"]["in_bulk"]) == ("relabel", False)
    assert datetime.fromisoformat(one["decision"]["time"]) <= datetime.now(UTC)
    assert one["edit"] == {
        "original_text": "$CHEMICAL$ caused $DISEASE$ in case 0.",
        "original_label": "CID",
        "changes": [["caused", "induced"]],
    }


def test_both_texts_carry_the_spans_of_their_mentions(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=1)
    (one,) = describe_sentences(session, desk.project_id)
    masked, realised = one["text"], one["realised"]
    assert masked[one["head"]["start"] : one["head"]["end"]] == "$CHEMICAL$"
    assert realised["text"] == "lithium caused tremor in case 0."
    spans = [realised["text"][realised[end]["start"] : realised[end]["end"]] for end in ("head", "tail")]
    assert spans == ["lithium", "tremor"]
    assert (one["decision"], one["reviewer"], one["edit"]) == (None, None, None)


def test_decision_of_a_bulk_step_says_so_and_an_undone_one_is_gone(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=2)
    bulk = [view.id for view in desk.views]
    curate.apply_synthetic_batch(
        session,
        project_id=desk.project_id,
        user_id=desk.user_id,
        synthetic_ids=bulk,
        event={"kind": "reject", "reason": "nonsense"},
    )
    found = list(describe_sentences(session, desk.project_id, state=State.REJECTED))
    assert [(one["reason"], one["decision"]["in_bulk"]) for one in found] == [("nonsense", True)] * 2
    undo.undo(session, desk.project_id, desk.user_id)
    assert [one["decision"] for one in describe_sentences(session, desk.project_id)] == [None, None]


def test_flag_after_a_decision_does_not_hide_who_decided(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=1)
    desk.do(desk.views[0], "accept")
    desk.do(desk.views[0], "flag")
    desk.do(desk.views[0], "comment", text="Who says so?")
    (one,) = describe_sentences(session, desk.project_id)
    assert (one["decision"]["action"], one["is_flagged"], one["comment"]) == ("accept", True, "Who says so?")


def test_lines_are_json_of_the_chosen_label(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=2)
    desk.add(make_judged(7, label=NO_RELATION))
    lines = list(write_lines(describe_sentences(session, desk.project_id, label=NO_RELATION)))
    assert [json.loads(line)["text"] for line in lines] == ["$CHEMICAL$ caused $DISEASE$ in case 7."]
    assert all(line.endswith("\n") for line in lines)
