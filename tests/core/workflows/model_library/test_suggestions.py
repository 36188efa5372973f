"""Known good models of the hub: facts without a gap, commands that fit them."""

from core.workflows.model_library.pulled import check_hub_name
from core.workflows.model_library.suggestions import SUGGESTIONS, find_suggestion, list_suggestions


def test_every_suggestion_has_a_name_of_the_hub_a_size_terms_and_a_reason() -> None:
    for one in SUGGESTIONS:
        assert check_hub_name(one.name) == one.name
        assert one.num_weights > 10**7 and one.licence and one.reason
    assert len({one.name for one in SUGGESTIONS}) == len(SUGGESTIONS)


def test_a_command_is_offered_only_where_it_can_succeed() -> None:
    for one in SUGGESTIONS:
        assert bool(one.command) == (one.safetensors in ("yes", "pull request", "not known") and not one.obstacle)
        assert bool(one.revision) == (one.safetensors == "pull request" and not one.obstacle)
    biogpt = find_suggestion("microsoft/biogpt")
    assert biogpt is not None and "no fast form" in biogpt.obstacle


def test_suggestions_of_a_kind_can_be_asked_for() -> None:
    assert {one.kind for one in list_suggestions("encoder")} == {"encoder"}
    usable = [one.name for one in list_suggestions("generator", only_usable=True)]
    assert usable[0] == "openai-community/gpt2" and "microsoft/biogpt" not in usable
