"""The best legal tag sequence."""

from itertools import product

import torch

from core.models.tagging import decode_layers, decode_tags, legal_transitions

TAGS = ("O", "B-A", "I-A", "E-A", "S-A")


def is_legal(sequence: tuple[int, ...]) -> bool:
    may_start, may_follow, may_end = legal_transitions(TAGS)
    steps = zip(sequence, sequence[1:], strict=False)
    return bool(may_start[sequence[0]] and may_end[sequence[-1]] and all(may_follow[a, b] for a, b in steps))


def test_the_decoded_sequence_is_the_best_of_all_legal_ones() -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        logits = torch.randn(1, 4, len(TAGS), generator=generator) * 3
        scores = logits[0].log_softmax(-1)
        legal = [sequence for sequence in product(range(len(TAGS)), repeat=4) if is_legal(sequence)]
        best = max(legal, key=lambda sequence: sum(scores[i, tag].item() for i, tag in enumerate(sequence)))
        assert tuple(decode_tags(logits, [4], TAGS)[0].tolist()) == best


def test_one_doubtful_tag_does_not_lose_a_mention() -> None:
    # The third word leans slightly to O, which would leave B-A I-A without an end.
    logits = torch.full((1, 3, len(TAGS)), -5.0)
    logits[0, 0, 1] = logits[0, 1, 2] = 5.0
    logits[0, 2, 0], logits[0, 2, 3] = 1.0, 0.9
    assert [TAGS[i] for i in logits[0].argmax(-1)] == ["B-A", "I-A", "O"]
    assert [TAGS[i] for i in decode_tags(logits, [3], TAGS)[0]] == ["B-A", "I-A", "E-A"]


def test_padding_does_not_change_a_sentence() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 6, len(TAGS), generator=generator) * 3
    together = decode_tags(logits, [6, 3], TAGS)
    alone = decode_tags(logits[1:, :3], [3], TAGS)
    assert together[1, :3].tolist() == alone[0].tolist()
    assert together[1, 3:].tolist() == [0, 0, 0]


def test_a_sentence_without_words_is_all_padding() -> None:
    assert decode_tags(torch.randn(1, 1, len(TAGS)), [0], TAGS).tolist() == [[0]]


def test_layers_are_decoded_as_they_would_be_alone() -> None:
    logits = torch.randn(2, 6, 3, len(TAGS), generator=torch.Generator().manual_seed(2)) * 3
    decoded = decode_layers(logits, [6, 3], TAGS)
    assert decoded.shape == (2, 6, 3)
    for layer in range(3):
        assert decoded[..., layer].tolist() == decode_tags(logits[:, :, layer], [6, 3], TAGS).tolist()
