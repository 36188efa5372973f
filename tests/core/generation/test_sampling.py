"""Drawing is reproducible, stops at its cap, and counts what the filters removed."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from core.errors import ModelError, NotEnoughDataError, SequenceTooLongError
from core.generation.config import SamplingConfig, ScratchConfig
from core.generation.drawing import _draw_next, _name_cache, draw_pieces
from core.generation.filters import KeptSentence, MaskPair, Removal, SentenceFilter
from core.generation.generator import Generator
from core.generation.quality import Appraisal
from core.generation.sampling import draw_sentences, generate_sentences, mean_log_likelihoods
from core.generation.scratch import make_scratch_generator, plan_reading
from core.pretraining.packing import boundary_ids

MASKS = ("$CHEMICAL$", "$DISEASE$")
PAIR = MaskPair("$CHEMICAL$", "$DISEASE$", "Chemical", "Disease")
PLAIN = [
    f"{who} had {what} after a {size} dose of {drug}."
    for who in ("Two men", "One child", "Some mice")
    for what in ("severe nausea", "mild fever")
    for size in ("single", "double")
    for drug in ("aspirin", "codeine")
]
MASKED = [
    f"{who} had {what} $DISEASE$ after a {size} dose of $CHEMICAL$."
    for who in ("Two men", "One child", "Some mice")
    for what in ("severe", "mild")
    for size in ("single", "double")
]
TINY = ScratchConfig(num_layers=1, width=64, vocabulary_size=320, learning_rate=3e-3, batch_size=4, max_epochs=20)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def generator() -> Generator:
    return make_scratch_generator(PLAIN[::3], MASKED, masks=MASKS, config=TINY, device=CPU)


def make_filter(**texts: list[str]) -> SentenceFilter:
    return SentenceFilter([PAIR], masks=MASKS, **texts)


def begin_of(generator: Generator) -> list[int]:
    return [boundary_ids(generator.tokenizer)[0]]


def test_base_from_nothing_writes_sentences_with_masks(generator: Generator) -> None:
    texts = draw_sentences(generator, 64, config=SamplingConfig(), seed=0)
    assert sum("$CHEMICAL$" in text and "$DISEASE$" in text for text in texts) >= 5
    assert not any("<|endoftext|>" in text for text in texts)


def test_no_mask_is_drawn_twice_unless_that_is_asked_for(generator: Generator) -> None:
    # Nearly even odds, so that masks come up again and again.
    wild = SamplingConfig(temperature=50.0, top_k=400, max_new_pieces=60)
    once = draw_sentences(generator, 64, config=wild, seed=0)
    often = draw_sentences(generator, 64, config=replace(wild, may_repeat_masks=True), seed=0)
    assert max(text.count(mask) for text in once for mask in MASKS) == 1
    assert max(text.count(mask) for text in often for mask in MASKS) > 1


def test_what_the_filter_would_remove_as_a_bare_type_is_not_drawn_unless_that_is_asked_for(
    generator: Generator,
) -> None:
    wild = SamplingConfig(temperature=50.0, top_k=400, max_new_pieces=60, batch_size=64)
    sentence_filter = SentenceFilter([PAIR], masks=MASKS, gold=MASKED)
    sentence_filter.bare_types = frozenset({"dose"})  # a word that the toy generator does write
    draws = {
        is_free: draw_sentences(generator, 64, config=wild, seed=0, avoided=() if is_free else {"dose"})
        for is_free in (True, False)
    }
    assert any("dose" in text.split() for text in draws[True])
    assert not any("dose" in text.split() for text in draws[False])
    for is_free in (True, False):
        result = generate_sentences(
            generator,
            sentence_filter,
            count=2,
            config=replace(SamplingConfig(attempts_by_sentence=16), may_name_types=is_free),
        )
        assert (Removal.BARE_TYPE in result.removed) is is_free


def test_a_code_of_the_prompt_is_not_drawn_again(generator: Generator) -> None:
    code = generator.tokenizer.convert_tokens_to_ids(MASKS[0])
    wild = SamplingConfig(temperature=50.0, top_k=400, max_new_pieces=60)
    torch.manual_seed(0)
    drawn = draw_pieces(generator, [*begin_of(generator), code], 64, config=wild)
    assert (drawn == code).sum() == 0


def test_the_same_seed_gives_the_same_base() -> None:
    quick = ScratchConfig(num_layers=1, width=32, vocabulary_size=300, max_epochs=1)
    first, second = (make_scratch_generator(PLAIN, MASKED, masks=MASKS, config=quick, device=CPU) for _ in range(2))
    for one, other in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_seed_reproduces_the_sentences_and_another_gives_others(generator: Generator) -> None:
    first, same, other = (draw_sentences(generator, 16, config=SamplingConfig(), seed=seed) for seed in (3, 3, 4))
    assert first == same
    assert first != other


def test_drawing_leaves_the_callers_random_numbers_alone(generator: Generator) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    draw_sentences(generator, 2, config=SamplingConfig(), seed=0)
    assert torch.equal(torch.rand(1), expected)


def test_the_count_is_reached_after_filtering(generator: Generator) -> None:
    told: list[float] = []
    result = generate_sentences(
        generator,
        make_filter(),
        count=4,
        config=SamplingConfig(),
        report=lambda fraction, _message="", **_values: told.append(fraction),
    )
    assert len(result.kept) == 4
    assert result.num_generated == 4 + sum(result.removed.values())
    assert told[-1] == 1.0


def test_at_the_cap_the_counts_name_the_filter_that_removed_most(generator: Generator) -> None:
    config = SamplingConfig(attempts_by_sentence=8, batch_size=16)
    every_sentence = [text for seed in range(3) for text in draw_sentences(generator, 64, config=config, seed=seed)]
    result = generate_sentences(generator, make_filter(heldout=MASKED + every_sentence), count=10, config=config)
    assert result.num_generated == 80
    assert len(result.kept) < 10
    assert result.removed[Removal.MEMORISED] > 0
    assert result.num_generated == len(result.kept) + sum(result.removed.values())


def test_likelihoods_are_higher_for_what_was_learnt(generator: Generator) -> None:
    learnt, strange = mean_log_likelihoods(generator, [MASKED[0], "of of $DISEASE$ dose dose codeine Two."])
    assert strange < learnt < 0


def test_too_long_a_sentence_for_the_model_is_refused(generator: Generator) -> None:
    with pytest.raises(SequenceTooLongError, match=r"128 positions; lower max_new_pieces to 127"):
        draw_sentences(generator, 1, config=SamplingConfig(max_new_pieces=128), seed=0)


def test_reading_is_bounded_for_large_projects_and_repeated_for_small_ones(generator: Generator) -> None:
    sentences, num_epochs = plan_reading(generator, PLAIN * 50, max_pieces=500, max_epochs=12)
    assert 1 <= len(sentences) < 100
    assert num_epochs == 1
    assert plan_reading(generator, PLAIN[:2], max_pieces=100_000, max_epochs=12) == (PLAIN[:2], 12)


def test_base_without_a_sentence_is_refused() -> None:
    with pytest.raises(NotEnoughDataError, match="import documents"):
        make_scratch_generator([], [], masks=MASKS, config=TINY, device=CPU)


def test_only_the_likeliest_pieces_that_reach_the_mass_are_drawn() -> None:
    logits = torch.tensor([[0.1, 0.4, 0.3, 0.2]]).log().expand(500, 4)
    assert set(_draw_next(logits, SamplingConfig(top_k=1)).flatten().tolist()) == {1}
    assert set(_draw_next(logits, SamplingConfig(top_k=3)).flatten().tolist()) == {1, 2, 3}
    assert set(_draw_next(logits, SamplingConfig(top_k=9, top_p=0.5)).flatten().tolist()) == {1, 2}


def test_dropping_ended_sequences_changes_no_other(generator: Generator) -> None:
    greedy = SamplingConfig(top_k=1, max_new_pieces=60)  # one way to go on
    drawn = draw_pieces(generator, begin_of(generator), 32, config=greedy)
    alone = draw_pieces(generator, begin_of(generator), 1, config=greedy)
    assert torch.equal(drawn, alone.expand(32, -1))


@torch.inference_mode()
def test_every_drawn_piece_is_among_the_likeliest_after_those_before_it(generator: Generator) -> None:
    begin, end = boundary_ids(generator.tokenizer)
    torch.manual_seed(0)
    drawn = draw_pieces(generator, begin_of(generator), 16, config=SamplingConfig(top_k=3))
    assert len({row.index(end) for row in drawn.tolist()}) > 1  # they end at different places
    whole = torch.cat([torch.full((16, 1), begin), drawn[:, :-1]], dim=1)
    likeliest = generator.model(input_ids=whole).logits.topk(4).indices  # a special piece may stand before the last
    for row, ids in enumerate(drawn.tolist()):
        for position in range(ids.index(end) + 1):
            assert ids[position] in likeliest[row, position].tolist()


def test_the_gate_counts_what_it_holds_back_and_keeps_the_scores_of_the_rest(generator: Generator) -> None:
    seen: list[str] = []

    def appraise(sentences: Sequence[KeptSentence]) -> list[Appraisal]:
        numbers = range(len(seen), len(seen) + len(sentences))
        seen.extend(sentence.text for sentence in sentences)
        return [Appraisal(0.5, "", agreement=0.9 if number % 2 else 0.1, disagreement=0.0) for number in numbers]

    sentence_filter = SentenceFilter([PAIR], masks=MASKS)
    result = generate_sentences(
        generator, sentence_filter, count=4, config=SamplingConfig(seed=1), appraise=appraise, min_agreement=0.5
    )
    assert len(result.kept) == len(result.appraisals) > 0
    assert {one.agreement for one in result.appraisals} == {0.9}
    assert [one.text for one in result.kept] == seen[1::2][: len(result.kept)]
    assert result.removed[Removal.JUDGES] == len(seen) - len(result.kept)
    assert result.num_generated == len(result.kept) + sum(result.removed.values())


def test_without_judges_the_gate_is_open() -> None:
    assert Appraisal(0.5, "").passes(0.99)
    assert not Appraisal(0.5, "", agreement=0.98).passes(0.99)


def test_the_cache_goes_under_the_name_that_the_model_knows(generator: Generator) -> None:
    class Older:
        def forward(self, input_ids: object, past_key_values: object = None) -> None: ...

    class Forgetful:
        def forward(self, input_ids: object, **rest: object) -> None: ...

    assert _name_cache(generator) in ("cache", "past_key_values")
    assert _name_cache(Generator(Older(), generator.tokenizer, ())) == "past_key_values"  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="Forgetful keeps no keys"):
        _name_cache(Generator(Forgetful(), generator.tokenizer, ()))  # type: ignore[arg-type]
