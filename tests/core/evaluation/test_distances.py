"""Scores by the number of words between two mentions."""

from core.domain import Instance
from core.evaluation.distances import count_words_between, score_by_distance
from tests.builders import make_instance


def apart(num_words: int) -> Instance:
    return make_instance(f"aspirin {'was ' * num_words}nausea", "aspirin", "nausea", None, instance_id=str(num_words))


def test_words_are_counted_in_either_order() -> None:
    assert count_words_between(make_instance("aspirin has caused nausea", "aspirin", "nausea", None)) == 2
    assert count_words_between(make_instance("nausea (aspirin)", "aspirin", "nausea", None)) == 1
    assert count_words_between(make_instance("aspirinnausea", "aspirin", "nausea", None)) == 0


def test_groups_hold_their_upper_limit() -> None:
    instances = [apart(num_words) for num_words in (0, 5, 6, 21)]
    gold = {one.id: {"CID"} for one in instances}
    scores = score_by_distance(instances, gold, {"0": {"CID"}, "6": {"CID"}}, ["CID"])
    counts = {name: (one.micro.tp, one.micro.fn) for name, one in scores.items()}
    assert counts == {"0-5": (1, 1), "6-10": (1, 0), "21+": (0, 1)}
    assert scores["21+"].protocol.endswith("words between mentions: 21+")
