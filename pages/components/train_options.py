"""The settings of a training as widgets, each shown only where the chosen architecture reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.workflows.model_library.sources import list_encoder_names
from core.workflows.retraining.retrain_params import PAIR_OPTIONS, RetrainParams
from pages.components import hub_models
from pages.components.session import get_settings

OWN_ENCODER = "Another, by folder or name"


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a range."""

    name: str
    label: str
    low: float
    high: float
    step: float | None = None
    form: str | None = None
    note: str | None = None

    def show(self) -> None:
        """Show the widget; its value is the one in the session's state."""
        st.number_input(
            self.label,
            self.low,
            self.high,
            step=self.step,
            format=self.form,
            key=key_of(self.name),
            help=self.note,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words, each with a name for people."""

    name: str
    label: str
    names: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None

    def show(self) -> None:
        """Show the widget."""
        st.selectbox(
            self.label, list(self.names), format_func=self.names.__getitem__, key=key_of(self.name), help=self.note
        )


@dataclass(frozen=True, slots=True)
class Switch:
    """Something that is done or not."""

    name: str
    label: str
    note: str | None = None

    def show(self) -> None:
        """Show the widget."""
        st.checkbox(self.label, key=key_of(self.name), help=self.note)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text."""

    name: str
    label: str
    note: str | None = None

    def show(self) -> None:
        """Show the widget."""
        st.text_input(self.label, key=key_of(self.name), help=self.note)


Widget = Number | Choice | Switch | Line

MAIN: tuple[Widget, ...] = (
    Number("num_members", "Members", 1, 50, note="The paper trains 20 and sees little gain after 5."),
    Number("num_epochs", "Epochs", 1, 200, note="Passes over the data; the best epoch on development data is kept."),
)
GROUPS: Mapping[str, tuple[Widget, ...]] = {
    "Input": (
        Choice(
            "marking",
            "The two mentions are",
            {"masks": "hidden behind their types", "markers": "kept, between typed markers"},
            "Masks are the DARE paper's way. Markers keep the names, which a larger encoder may know.",
        ),
        Number("max_pieces", "Longest input in word pieces", 8, 4096),
        Switch(
            "has_negative_filter", "Leave out pairs that are hardly ever related", "The same thing twice, and lists."
        ),
        Line("parser", "Dependency parser", "auto is the shipped one; or name a spaCy package or folder."),
    ),
    "Model": (
        Switch("has_nesting", "Mentions of one type may lie inside those of another", "Off in the paper."),
        Number("num_relation_layers", "Layers that pairs have to themselves", 0, 12, note="The paper has 0."),
        Switch("has_context", "The words before, between and after two mentions count too", "Off in the paper."),
    ),
    "Synthetic sentences": (
        Number("ratio", "Synthetic for each gold one", 0.0, 10.0, 0.25),
        Switch("is_two_stage", "Train on synthetic sentences first, on gold after them"),
        Switch("has_soft_labels", "Let models of gold alone say how sure each label is"),
    ),
    "Loss": (
        Choice(
            "loss",
            "Loss",
            {"cross_entropy": "cross-entropy", "focal": "focal: turns to what is still wrong"},
        ),
        Number("gamma", "Gamma of the focal loss", 0.0, 10.0, 0.5),
        Switch("has_auxiliary", "Also learn whether a pair is related at all"),
        Switch("has_teacher_forcing", "Gold mentions take part in training even where they were not found"),
        Number("relation_weight", "Weight of relations beside mentions", 0.0, 10.0, 0.1, note="The paper's is 1."),
    ),
    "Training": (
        Number("learning_rate", "Learning rate", 1e-6, 1e-1, 1e-6, "%.1e"),
        Number("batch_size", "Batch size", 1, 1024),
        Number("gradient_accumulation", "Batches of one step", 1, 256),
        Choice("optimizer", "Optimiser", {"adamw": "AdamW", "sgd": "SGD"}),
        Number("weight_decay", "Weight decay", 0.0, 1.0, 0.01),
        Number("warmup_fraction", "Share of steps in which the rate rises", 0.0, 0.99, 0.05),
        Number(
            "word_dropout",
            "Share of the text hidden while training",
            *(0.0, 0.9, 0.05),
            note="Makes the model read the words around a name too. The paper hides none.",
        ),
        Switch("is_encoder_frozen", "Leave the encoder as it is", "It then gives features; faster, less accurate."),
        Number("seed", "Seed", 0, 2**31 - 1, note="Member k trains with seed + k − 1."),
    ),
    "Machine": (
        Choice("precision", "Precision", {"auto": "measured at the start", "fp32": "fp32", "bf16": "bf16"}),
        Switch("has_gradient_checkpointing", "Save memory for about a third more time"),
        Number("num_processes", "GPUs that train one model together", 1, 64),
    ),
    "Afterwards": (
        Switch(
            "has_student", "Train a student of the ensemble", "One model that predicts almost as well and much faster."
        ),
    ),
}
# Everything that has one widget; the encoder has several.
NAMES = (
    *("preset", "architecture", "method"),
    *(widget.name for widgets in (MAIN, *GROUPS.values()) for widget in widgets),
)
_BY_MEMBERS = ("num_members", "has_student")
_BY_SYNTHETIC = ("ratio", "is_two_stage", "has_soft_labels")


def key_of(name: str) -> str:
    """Return the widget key of a parameter."""
    return _KEYS.get(name, f"train-{name.replace('_', '-')}")


_KEYS = {
    "num_members": "train-members",
    "num_epochs": "train-epochs",
    "learning_rate": "train-rate",
    "batch_size": "train-batch",
}


def is_read(name: str, *, architecture: str, method: str, loss: str) -> bool:
    """Return whether a training of this kind reads a parameter."""
    if architecture not in PAIR_OPTIONS.get(name, (architecture,)):
        return False
    if name in _BY_MEMBERS and architecture == "joint":
        return False
    if name in _BY_SYNTHETIC:
        return method == "dare" and architecture != "joint"
    return name != "gamma" or loss == "focal"


def fill(params: RetrainParams) -> None:
    """Put the values of a training into the widgets."""
    for name in NAMES:
        st.session_state[key_of(name)] = getattr(params, name)
    fill_encoder(params.encoder)


def fill_encoder(encoder: str) -> None:
    """Put an encoder into its widgets: one of this machine's, or another by name."""
    is_here = encoder in list_encoder_names(get_settings())
    st.session_state[key_of("encoder")] = encoder if is_here else OWN_ENCODER
    st.session_state["train-own-encoder"] = "" if is_here else encoder


def show_encoder() -> None:
    """Show the choice of the encoder."""
    chosen = st.selectbox("Encoder", [*list_encoder_names(get_settings()), OWN_ENCODER], key=key_of("encoder"))
    if chosen == OWN_ENCODER:
        hub_models.show_name("encoder", key="train-own-encoder", placeholder="/models/biobert")
        st.checkbox("Download it if it is not on this machine", key="train-download")


def show_group(widgets: tuple[Widget, ...], **kind: str) -> None:
    """Show the widgets of a group that are read: numbers two beside each other, then what is said in words."""
    shown = [widget for widget in widgets if is_read(widget.name, **kind)]
    numbers = [widget for widget in shown if isinstance(widget, Number)]
    for first in range(0, len(numbers), 2):
        for column, widget in zip(st.columns(2), numbers[first : first + 2], strict=False):
            with column:
                widget.show()
    for worded in shown:
        if not isinstance(worded, Number):  # half a line would cut its words off
            worded.show()


def read_values(**kind: str) -> dict[str, Any]:
    """Return the values of the parameters that are read, as the widgets have them."""
    return {name: st.session_state[key_of(name)] for name in NAMES if is_read(name, **kind)}
