"""All pairs of a sentence in one pass: for each relation an asymmetric kernel between the pieces of two mentions.

Li & Tian 2020 (REDN), "Downstream Model Design of Pre-trained Language Model for Relation Extraction
Task", arXiv:2004.03786, eq. 1-10.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel

from core.domain import Instance, Schema
from core.models.classifier import Classifier
from core.models.encoder import ENCODER_FOLDER, Encoder, add_mask_tokens, build_encoder
from core.models.redn_data import (
    RednBatch,
    RednConfig,
    RednItem,
    find_ranges,
    group_by_text,
    make_batch,
    make_item,
)
from core.models.targets import SoftLabels, make_targets
from core.nlp.masking import mask_tokens
from core.training.checkpoints import load_config, load_weights

__all__ = ["RednConfig", "RednModel", "masked_bce"]

# A probability of exactly 0 or 1 has no finite logit.
_MARGIN = 1e-6
# Numbers that the kernels may give for all pieces of a batch of `score` (256 MiB a side where every piece
# belongs to a mention); only schemas with many labels reach it, and get smaller batches.
_MAX_KERNEL_OUTPUTS = 2**26


class RednModel(Classifier):
    """Encoder and, for each label, one kernel matrix for heads and one for tails.

    Args:
        encoder: Any BERT-like encoder; the masks must already be in its vocabulary (see `create`).
        config: Shape.
        class_weights: Weight in the loss of the cells of pairs of each class, by name; 1 where it is absent (eq. 4 of
            DARE). NO_RELATION has no output here, but cells: those of pairs that are not related.
    """

    architecture: ClassVar[str] = "redn"
    is_multilabel: ClassVar[bool] = True

    def __init__(
        self, encoder: Encoder, config: RednConfig, *, class_weights: Mapping[str, float] | None = None
    ) -> None:
        super().__init__()
        self.config = config
        self.tokenizer = encoder.tokenizer
        self.encoder: PreTrainedModel = encoder.model
        self.dropout = nn.Dropout(config.dropout)
        self.context = nn.Linear(encoder.width, encoder.width) if config.context == "pooled" else None
        labels = config.schema.label_names
        self._kernel_width = config.kernel_rank or encoder.width
        self.head_kernels = nn.Linear(encoder.width, len(labels) * self._kernel_width)
        self.tail_kernels = nn.Linear(encoder.width, len(labels) * self._kernel_width)
        weights = [(class_weights or {}).get(name, 1.0) for name in config.classes]
        self.register_buffer("class_weights", torch.tensor(weights), persistent=False)  # (classes,)
        self.class_weights: Tensor
        self._piece_limit = min(config.max_pieces, encoder.max_pieces)

    @classmethod
    def create(
        cls, encoder: Encoder, config: RednConfig, *, seed: int, class_weights: Mapping[str, float] | None = None
    ) -> Self:
        """Build a new classifier on an encoder: add the schema's masks, draw the new weights from `seed`."""
        # Sentences are read unmasked, but synthetic ones hold masks in the place of their mentions.
        add_mask_tokens(encoder, mask_tokens(config.schema), seed=seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return cls(encoder, config, class_weights=class_weights)

    # The forward pass, top to bottom.

    def forward(self, batch: RednBatch) -> Tensor:
        """Score every label of every pair: the mean of P_i = sigmoid(S_i) over the pair's cells (eq. 5, sec. 3.3).

        Shape:
            returns: (pairs, classes); column 0 is 0, column i the logit of label i's probability.
        """
        probabilities = self.score_cells(batch).sigmoid()  # (cells, labels)
        sums = probabilities.new_zeros(len(batch.targets), probabilities.shape[1])  # (pairs, labels)
        sums = sums.index_add(0, batch.cell_pairs, probabilities)  # (pairs, labels)
        num_cells = batch.cell_pairs.bincount(minlength=len(batch.targets)).unsqueeze(1)  # (pairs, 1)
        logits = (sums / num_cells).logit(eps=_MARGIN)  # (pairs, labels)
        return functional.pad(logits, (1, 0))  # (pairs, classes)

    def score_cells(self, batch: RednBatch) -> Tensor:
        """Compute S_i = (E_b W_hi)(E_p W_ti)^T / sqrt(H) at the cells of the pairs (eq. 3-4).

        Only pieces of mentions go through the kernels and meet each other; the matrix of all pieces with
        all pieces is never built.

        Shape:
            returns: (cells, labels), float32.

        Source:
            Eq. 3-4; the division and the kernels' bias are in the authors' code only. Deviation: with a
            `kernel_rank` that number takes the place of H.
        """
        words, predicates = self.represent_pieces(batch)  # (batch, pieces, width) each
        heads = self.dropout(words.flatten(0, 1).index_select(0, batch.head_pieces))  # (head pieces, width)
        tails = self.dropout(predicates.flatten(0, 1).index_select(0, batch.tail_pieces))  # (tail pieces, width)
        head = self._split(self.head_kernels(heads), batch.head_counts)  # (batch, labels, most heads, kernel)
        tail = self._split(self.tail_kernels(tails), batch.tail_counts)  # (batch, labels, most tails, kernel)
        scores = head @ tail.transpose(-2, -1) / sqrt(self._kernel_width)  # (batch, labels, most heads, most tails)
        by_cell = scores.permute(0, 2, 3, 1).flatten(0, 2)  # (batch * most heads * most tails, labels)
        return by_cell.index_select(0, batch.cells).float()

    def represent_pieces(self, batch: RednBatch) -> tuple[Tensor, Tensor]:
        """Encode the sentences (eq. 1-2).

        Shape:
            returns: E_b = E_w + E_a for heads and E_p for tails, (batch, pieces, width) each.
        """
        states = self.encoder(
            batch.piece_ids, attention_mask=batch.attention_mask, output_hidden_states=True
        ).hidden_states
        words, predicates = states[-2], states[-1]  # (batch, pieces, width) each; E_w and E_p
        context = predicates[:, :1]  # (batch, 1, width)
        if self.context is not None:
            context = self.context(context).tanh()  # (batch, 1, width); E_a
        return words + context, predicates

    def _split(self, projected: Tensor, counts: tuple[int, ...]) -> Tensor:
        """Give (mention pieces, labels * kernel) a padded row a sentence: (batch, labels, most pieces, kernel)."""
        rows = torch.split(projected, list(counts))  # one (pieces, labels * kernel) a sentence
        padded = pad_sequence(list(rows), batch_first=True)  # (batch, most pieces, labels * kernel)
        by_label = padded.view(*padded.shape[:2], -1, self._kernel_width)  # (batch, most pieces, labels, kernel)
        return by_label.transpose(1, 2)

    def loss(self, batch: RednBatch, epochs_done: float) -> Tensor:
        """The masked binary cross-entropy of the batch's cells."""
        del epochs_done
        targets = batch.targets.index_select(0, batch.cell_pairs)  # (cells, classes)
        return masked_bce(self.score_cells(batch), targets, self.class_weights)

    # Sentences in, labels out.

    def encode(self, instances: Sequence[Instance], targets: SoftLabels | None = None) -> list[RednItem]:
        """Group instances by sentence, and cut each sentence into pieces, once.

        A sentence that is too long loses its end. Instances with a mention that has lost a piece, or never
        had one, are left out; a scorer counts their relations as misses.
        """
        by_text = group_by_text(instances)
        if not by_text:
            return []
        output = self.tokenizer(list(by_text), return_offsets_mapping=True)
        items = []
        for group, piece_ids, offsets in zip(
            by_text.values(), output["input_ids"], output["offset_mapping"], strict=True
        ):
            cut = [*piece_ids[: self._piece_limit - 1], piece_ids[-1]]
            fitted = piece_ids if len(piece_ids) <= self._piece_limit else cut
            ranges = find_ranges(group, offsets, num_pieces=len(fitted))
            kept = [one for one in group if one.head.span in ranges and one.tail.span in ranges]
            if kept:
                items.append(make_item(kept, fitted, ranges, make_targets(kept, self.config.classes, targets)))
        return items

    def collate(self, items: Sequence[RednItem]) -> RednBatch:
        """Pad items to one batch."""
        return make_batch(items, pad_id=self.tokenizer.pad_token_id)

    @property
    def default_batch_pieces(self) -> int:
        """Padded pieces of one forward pass of `score`; fewer where many labels need much memory."""
        return min(super().default_batch_pieces, _MAX_KERNEL_OUTPUTS // self.head_kernels.out_features)

    # Files.

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a classifier written by `save`.

        Raises:
            ModelError: The folder is incomplete.
        """
        options = load_config(path)["config"]
        config = RednConfig(**{**options, "schema": Schema.from_json(options["schema"])})
        model = cls(build_encoder(path / ENCODER_FOLDER), config)
        model.load_state_dict(load_weights(path))
        model.eval()
        return model


def masked_bce(scores: Tensor, targets: Tensor, class_weights: Tensor) -> Tensor:
    """Mean binary cross-entropy over the cells of labelled pairs, summed over labels (eq. 8-10).

    Each cell weighs as much as the class of its pair, the mean of several; the mean is divided by the weights that took
    part, as that of a cross-entropy is. To weigh the outputs instead would leave rare labels as rare as they are.

    A pair with NO_RELATION is labelled: its cells are negatives of every label. A pair whose row of
    targets is all 0 is not, and takes no part.

    Shape:
        scores: (cells, labels), before the sigmoid.
        targets: (cells, classes) in [0, 1], NO_RELATION first; each cell has the targets of its pair.
        class_weights: (classes,).
        returns: scalar.

    Source:
        Eq. 8-10. Deviation: eq. 9 as printed divides by the positive cells, which an absent relation has
        none of; as in the authors' code the divisor is the number of cells under the mask. They average
        within a sentence first, here every cell of the batch counts alike.
    """
    num_classes = targets.sum(-1)  # (cells,), 0 where the pair is not labelled
    weights = targets @ class_weights / num_classes.clamp(min=torch.finfo(targets.dtype).tiny)  # (cells,)
    losses = functional.binary_cross_entropy_with_logits(scores, targets[:, 1:], reduction="none")  # (cells, labels)
    return (losses.sum(-1) * weights).sum() / weights.sum().clamp(min=torch.finfo(targets.dtype).tiny)
