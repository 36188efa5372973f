"""An encoder that learns a field's language: it foretells pieces hidden from it (Devlin et al. 2019, sec. 3.1)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import AutoModelForMaskedLM, PreTrainedModel, PreTrainedTokenizerFast

from core.errors import EncoderNotFoundError, ModelError
from core.models.encoder import load_encoder

# Of the pieces that are foretold, so many are hidden and so many replaced by any other; the rest is left as it is,
# because an encoder sees no hidden piece when it is used.
_HIDDEN_SHARE, _REPLACED_SHARE = 0.8, 0.1


@dataclass(frozen=True, slots=True)
class MaskedLearner:
    """An encoder with the layer that foretells hidden pieces.

    Args:
        model: Float32 master weights.
        tokenizer: Its pieces; one of them is the mask.
        share: Part of the pieces that is foretold, in (0, 1).
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    share: float = 0.15

    is_foretelling_all = False

    @property
    def max_pieces(self) -> int:
        """Longest sequence the encoder has positions for."""
        return min(int(self.model.config.max_position_embeddings), int(self.tokenizer.model_max_length))

    def losses(self, rows: Tensor, rng: torch.Generator) -> Tensor:
        """Return -log P of each chosen piece; the last layer is computed for those alone.

        Shape:
            rows: (blocks, pieces), int64.
            returns: (chosen pieces,), float32.
        """
        chosen, shown = self.hide(rows, rng)
        model: Any = self.model
        states = model.base_model(input_ids=shown).last_hidden_state[chosen]  # (chosen pieces, width)
        logits = _foretell(model, states)  # (chosen pieces, vocabulary)
        return functional.cross_entropy(logits.float(), rows[chosen], reduction="none")

    def hide(self, rows: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Choose the pieces to foretell and hide them.

        Shape:
            rows: (blocks, pieces), int64.
            returns: what is chosen (blocks, pieces), bool; what the encoder sees (blocks, pieces), int64.
        """
        draws = torch.rand((2, *rows.shape), generator=rng).to(rows.device)  # (2, blocks, pieces)
        others = torch.randint(len(self.tokenizer), rows.shape, generator=rng).to(rows.device)  # (blocks, pieces)
        special = torch.tensor(self.tokenizer.all_special_ids, device=rows.device)  # (special pieces,)
        chosen = (draws[0] < self.share) & ~torch.isin(rows, special)
        is_hidden = chosen & (draws[1] < _HIDDEN_SHARE)
        is_replaced = chosen & ~is_hidden & (draws[1] < _HIDDEN_SHARE + _REPLACED_SHARE)
        shown = rows.masked_fill(is_hidden, int(self.tokenizer.mask_token_id))
        return chosen, torch.where(is_replaced, others, shown)

    def save(self, path: Path) -> None:
        """Write what `load_masked_learner` reads; `load_encoder` takes the encoder of it."""
        self.model.save_pretrained(path)
        self.tokenizer.save_pretrained(path)


def load_masked_learner(source: str, *, seed: int, may_download: bool = False) -> MaskedLearner:
    """Load an encoder to train on text; where it has no layer that foretells pieces, it gets one.

    Args:
        source: Name of a starter, folder of an encoder or of one of our models, or hub name.
        seed: Seed of the new layer.
        may_download: Whether a hub name may be fetched.

    Raises:
        EncoderNotFoundError: Nothing usable lies under that name.
        ModelError: Its tokenizer has no mask piece, or its kind cannot foretell pieces.
    """
    encoder = load_encoder(source, may_download=may_download)
    if encoder.tokenizer.mask_token_id is None:
        raise ModelError(
            f"The tokenizer of {source!r} has no mask piece, so nothing can be hidden; name another encoder."
        )
    model = _with_head(source, encoder.model, seed=seed)
    return MaskedLearner(model, encoder.tokenizer)


def _with_head(source: str, encoder: PreTrainedModel, *, seed: int) -> PreTrainedModel:
    """Return a model that foretells pieces, with the encoder's weights and its own layer if it was saved with one."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        try:
            if (Path(source) / "config.json").is_file():
                saved: PreTrainedModel = AutoModelForMaskedLM.from_pretrained(
                    source, dtype=torch.float32, use_safetensors=True, local_files_only=True, trust_remote_code=False
                )
                return saved
            make: Any = AutoModelForMaskedLM.from_config
            model: PreTrainedModel = make(encoder.config, dtype=torch.float32)
        except (OSError, ValueError) as error:
            raise EncoderNotFoundError(f"{source!r} cannot foretell pieces ({error}); name another encoder.") from error
    model.base_model.load_state_dict(encoder.state_dict())
    model.tie_weights()
    return model


def _foretell(model: Any, states: Tensor) -> Tensor:  # noqa: ANN401
    """Score every piece of the vocabulary for states of the last layer, where the model has BERT's names.

    Shape:
        states: (pieces, width).
        returns: (pieces, vocabulary).
    """
    head = getattr(model, "cls", None) or getattr(model, "lm_head", None)
    if head is None:
        raise ModelError(f"Training on text needs an encoder of BERT's or RoBERTa's kind, not {type(model).__name__}.")
    scores: Tensor = head(states)
    return scores
