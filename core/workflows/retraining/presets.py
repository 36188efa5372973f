"""Each paper's hyper-parameters by name; needs no torch. What a paper does not say is left to our defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.errors import ModelError

BERT_LARGE = "google-bert/bert-large-uncased"
BERT_BASE = "google-bert/bert-base-uncased"
BERT_BASE_CASED = "google-bert/bert-base-cased"
BIOBERT = "monologg/biobert_v1.1_pubmed"
NCBI_BERT = "bionlp/bluebert_pubmed_mimic_uncased_L-12_H-768_A-12"
GPT2_LARGE = "openai-community/gpt2-large"

Values = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings of one experiment of a paper.

    Args:
        title: What it is, for people.
        training: Fields of `RetrainParams`.
        generation: Fields of `GenerateParams`; empty where the paper generates nothing.
    """

    title: str
    training: Values
    generation: Values = field(default_factory=lambda: MappingProxyType({}))


def _dare() -> Preset:
    """Return DARE's settings.

    GPT-2 of 774M parameters, Adam, rate 3e-5, 5 epochs, batch 4 with accumulation 2, 128 pieces as in every
    generator here; temperature 1.0, top-k 5, up to 100 tokens. Twenty classifiers from the largest uncased BERT,
    AdamW, 128 pieces, batch 32, rate 2e-5, 5 epochs; ratio 1.

    Source:
        Papanikolaou & Pierleoni 2020, arXiv:2004.13845, sec. 4.1 and 4.6. Deviation: the paper's limit counts words,
        ours pieces; its generator first reads 500k PubMed abstracts (sec. 4.4), which is a job of its own.
    """
    return Preset(
        "DARE (Papanikolaou & Pierleoni 2020)",
        training={
            "architecture": "cls",
            "method": "dare",
            "encoder": BERT_LARGE,
            "num_members": 20,
            "ratio": 1.0,
            "num_epochs": 5,
            "learning_rate": 2e-5,
            "batch_size": 32,
            "max_pieces": 128,
            "marking": "masks",
            "loss": "cross_entropy",
            "optimizer": "adamw",
        },
        generation={
            "base": GPT2_LARGE,
            "num_epochs": 5,
            "learning_rate": 3e-5,
            "batch_size": 4,
            "gradient_accumulation": 2,
            "temperature": 1.0,
            "top_k": 5,
            "max_new_pieces": 100,
            "may_repeat_masks": True,
            "may_name_types": True,
        },
    )


def _redn(corpus: str, *, batch_size: int, learning_rate: float, num_epochs: int, max_pieces: int) -> Preset:
    """Return REDN's settings for a corpus: BERT-Base uncased and Adam, which is AdamW without decay.

    Source:
        Li & Tian 2020, arXiv:2004.03786, sec. 4.1 and Table 1.
    """
    return Preset(
        f"REDN (Li & Tian 2020), {corpus}",
        training={
            "architecture": "redn",
            "method": "gold",
            "encoder": BERT_BASE,
            "num_members": 1,
            "num_epochs": num_epochs,
            "learning_rate": learning_rate,
            "batch_size": batch_size,
            "max_pieces": max_pieces,
            "optimizer": "adamw",
            "weight_decay": 0.0,
        },
    )


def _gcn() -> Preset:
    """Return the syntax GCN's settings.

    BioBERT's states as fixed features, SGD, rate 1e-3, batch 30, 50 epochs, focal loss with gamma 1, the auxiliary
    task and the negative filter. Hidden size 200, two layers and dropout 0.5 are the architecture's defaults.

    Source:
        Li & Ji 2019, LOUHI, sec. 2.2 and 3.1. The weights alpha and lambda are not given there: alpha is 1
        (method "weighting" sets it by frequency), the decay ours.
    """
    return Preset(
        "Syntax GCN (Li & Ji 2019), DDI 2013",
        training={
            "architecture": "syntax_gcn",
            "method": "gold",
            "encoder": BIOBERT,
            "num_members": 1,
            "num_epochs": 50,
            "learning_rate": 1e-3,
            "batch_size": 30,
            "loss": "focal",
            "gamma": 1.0,
            "has_auxiliary": True,
            "has_negative_filter": True,
            "optimizer": "sgd",
            "is_encoder_frozen": True,
        },
    )


def _joint(corpus: str, encoder: str, *, num_epochs: int, batch_size: int, learning_rate: float) -> Preset:
    """Return the joint model's settings for a corpus: AdamW with decay 0.1, pairs of predicted mentions, no context.

    Source:
        Giorgi et al. 2019, sec. 2, app. A.2, Tables A.2 and A.3.
    """
    return Preset(
        f"Joint (Giorgi et al. 2019), {corpus}",
        training={
            "architecture": "joint",
            "method": "gold",
            "encoder": encoder,
            "num_members": 1,
            "num_epochs": num_epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "optimizer": "adamw",
            "weight_decay": 0.1,
            "word_dropout": 0.0,
            "has_teacher_forcing": False,
            "has_nesting": False,
            "num_relation_layers": 0,
            "has_context": False,
            "relation_weight": 1.0,
        },
    )


PRESETS: Mapping[str, Preset] = {
    "dare-paper": _dare(),
    "redn-paper": _redn("SemEval", batch_size=64, learning_rate=3e-5, num_epochs=50, max_pieces=512),
    "redn-paper-nyt": _redn("NYT", batch_size=20, learning_rate=5e-5, num_epochs=10, max_pieces=100),
    "redn-paper-webnlg": _redn("WebNLG", batch_size=20, learning_rate=3e-5, num_epochs=30, max_pieces=512),
    "gcn-paper": _gcn(),
    "joint-paper": _joint("ADE", BIOBERT, num_epochs=7, batch_size=16, learning_rate=2e-5),
    "joint-paper-conll04": _joint("CoNLL04", BERT_BASE_CASED, num_epochs=10, batch_size=16, learning_rate=3e-5),
    "joint-paper-ace04": _joint("ACE04", BERT_BASE_CASED, num_epochs=15, batch_size=16, learning_rate=2e-5),
    "joint-paper-ace05": _joint("ACE05", BERT_BASE_CASED, num_epochs=15, batch_size=32, learning_rate=3e-5),
    "joint-paper-i2b2": _joint("i2b2", NCBI_BERT, num_epochs=12, batch_size=16, learning_rate=2e-5),
}


def get_preset(name: str) -> Preset:
    """Return a preset.

    Raises:
        ModelError: There is none of that name.
    """
    if name not in PRESETS:
        raise ModelError(f"Unknown preset {name!r}; known: {', '.join(PRESETS)}.")
    return PRESETS[name]
