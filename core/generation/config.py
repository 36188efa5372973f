"""Settings of generation: the base made from nothing, the stage per label, sampling. Needs no torch."""

from dataclasses import dataclass

from core.training.config import TrainingConfig

SCRATCH = "scratch"

SCRATCH_NOTICE = (
    "A small GPT-2 is trained from nothing on this project's own sentences. "
    "It recombines their phrases and knows nothing else: expect awkward sentences and review them closely. "
    "A pretrained causal language model, such as the shipped starter-generator, writes better ones."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchConfig:
    """Size and training of the base that is made from nothing.

    Two processor cores must finish it in about two minutes, so both stages read a bounded number of pieces,
    however large the project is.

    Args:
        num_layers: Transformer blocks.
        width: Size of a hidden state; a multiple of `num_heads`.
        num_heads: Attention heads.
        context: Longest sequence in pieces.
        vocabulary_size: Most pieces of the byte-level BPE, which is learnt from the same sentences.
        max_base_pieces: Pieces that training the base reads in all.
        max_label_pieces: Pieces that the stage of each label reads in all.
        max_epochs: Most passes over a small project.
        learning_rate: Peak rate of the base.
        batch_size: Sentences of a step.
        seed: Seed of weights, order and dropout.
    """

    num_layers: int = 2
    width: int = 256
    num_heads: int = 4
    context: int = 128
    vocabulary_size: int = 4096
    max_base_pieces: int = 250_000
    max_label_pieces: int = 150_000
    max_epochs: int = 12
    learning_rate: float = 1e-3
    batch_size: int = 8
    seed: int = 0


def pretrained_label_training(*, seed: int) -> TrainingConfig:
    """Return DARE's settings of the stage per label (sec. 4.1), which a job's parameters change."""
    return TrainingConfig(
        num_epochs=5, learning_rate=3e-5, batch_size=4, gradient_accumulation=2, weight_decay=0.0, seed=seed
    )


def scratch_label_training(*, seed: int) -> TrainingConfig:
    """Return the settings of the stage per label on a base from nothing, which a job's parameters change.

    Its weights are far from settled, so DARE's rate of 3e-5 would hardly move them. The batch is DARE's
    effective batch of 8 in one piece, which is faster at this width.
    """
    return TrainingConfig(num_epochs=5, learning_rate=1e-3, batch_size=8, weight_decay=0.0, seed=seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingConfig:
    """How sentences are drawn; defaults are DARE's (sec. 4.1). Every setting is passed on explicitly.

    Args:
        temperature: Divides the logits, > 0.
        top_k: Only this many most likely pieces can be drawn, >= 1.
        top_p: Only the most likely pieces that reach this probability together can be drawn, in (0, 1].
        max_new_pieces: Longest sentence in pieces.
        batch_size: Sentences drawn at a time.
        attempts_by_sentence: Generation stops after this many drawn sentences for each one wanted.
        seed: Seed of the draws.
        may_repeat_masks: Whether a sentence may hold a mask twice, as in DARE, where a filter then removes it.
        may_name_types: Whether a type may be named where a name belongs ("due to chemical"), as in DARE; a filter
            removes such a sentence where gold ones do not do that.
    """

    temperature: float = 1.0
    top_k: int = 5
    top_p: float = 1.0
    max_new_pieces: int = 100
    batch_size: int = 128
    attempts_by_sentence: int = 40
    seed: int = 0
    may_repeat_masks: bool = False
    may_name_types: bool = False
