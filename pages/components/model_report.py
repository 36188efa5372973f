"""All scores of one model: per label, per member, confusion, threshold, notes."""

from collections.abc import Mapping
from statistics import mean, stdev
from typing import Any

import pandas as pd
import streamlit as st

from core.domain import NO_RELATION
from db.queries import models
from db.queries.models import ModelView
from db.session import Session
from pages.components import charts, train_options
from pages.components.model_scores import SITUATION_NAMES
from pages.components.session import escape
from pages.components.wording import count, rate


def show(session: Session, model: ModelView) -> None:
    """Show the scores of a model in detail."""
    metrics = model.metrics
    if not metrics.get("scores"):
        st.caption("This model was not scored.")
        return
    _show_micro(metrics)
    _show_protocols(metrics)
    left, right = st.columns(2, gap="large")
    with left:
        _show_labels(metrics)
        _show_members(session, model)
        for field, (title, column) in PARTS.items():
            _show_parts(metrics.get(field, {}), title, column)
    with right:
        _show_threshold(metrics)
        _show_confusion(metrics)
    for note in metrics.get("notes", []):
        st.caption(f":material/info: {escape(str(note))}")
    _show_settings(model)


def _show_micro(metrics: Mapping[str, Any]) -> None:
    micro, interval = metrics["scores"]["micro"], metrics.get("interval")
    span = f"{rate(interval['low'])} to {rate(interval['high'])}" if interval else None
    f1, precision, recall, macro = st.columns(4)
    f1.metric("F1, micro", rate(micro["f1"]), span, delta_color="off", delta_arrow="off", help=_INTERVAL_HELP)
    precision.metric("Precision", rate(micro["precision"]))
    recall.metric("Recall", rate(micro["recall"]))
    macro.metric("F1, macro", rate(metrics["scores"]["macro_f1"]), help="Mean over the labels, each counting the same")


_INTERVAL_HELP = "Below it the 95 % interval, from resampling the pairs"


def _show_labels(metrics: Mapping[str, Any]) -> None:
    st.markdown("**Per label**")
    rows = [
        {
            "label": label,
            "precision": one["precision"],
            "recall": one["recall"],
            "F1": one["f1"],
            "right": one["tp"],
            "wrong": one["fp"],
            "missed": one["fn"],
        }
        for label, one in metrics["scores"]["by_label"].items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=_RATES, alt="Scores of each label")


def _show_members(session: Session, model: ModelView) -> None:
    scores = metrics_of_members(model.metrics)
    if len(scores) < 2:  # one member alone is the model
        return
    st.markdown("**Members alone**")
    members = models.list_members(session, model.id)
    rows = [
        {
            "member": position + 1,
            "seed": members[position].seed if position < len(members) else None,
            "F1": score,
            "best epoch": members[position].metrics.get("best_epoch", 0) + 1 if position < len(members) else None,
        }
        for position, score in enumerate(scores)
    ]
    numbers = {"F1": st.column_config.NumberColumn(format="%.3f")}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=numbers, alt="F1 of each member alone")
    spread = f"± {rate(stdev(scores))} (sd over {count(len(scores), 'seed')})"
    st.caption(f"Mean of the members {rate(mean(scores))} {spread}; the vote of all {rate(metrics_f1(model.metrics))}.")


def _show_protocols(metrics: Mapping[str, Any]) -> None:
    """Show the scores of a joint model under every protocol."""
    found = metrics.get("protocols")
    if not found:
        return
    st.markdown("**Every protocol**")
    rows = [_describe_row("protocol", one["protocol"], one) for one in found.values()]
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=_RATES, alt="Scores under every protocol")


def _show_parts(found: Mapping[str, Any], title: str, column: str) -> None:
    """Show the scores of parts of the split, such as sentences with one relation."""
    rows = [
        _describe_row(column, SITUATION_NAMES.get(name, name), one)
        for name, one in found.items()
        if _count_gold(one["micro"])
    ]
    if not rows:
        return
    st.markdown(f"**{title}**")
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=_RATES, alt=title)
    for name, one in found.items():
        if not _count_gold(one["micro"]):  # without a gold relation there is nothing to find, and no F1
            st.caption(f"{escape(name)}: {count(one['micro']['fp'], 'pair')} wrongly related.")


def _describe_row(column: str, name: str, scores: Mapping[str, Any]) -> dict[str, object]:
    """Return a row of a table of scores."""
    micro = scores["micro"]
    rates = {"precision": micro["precision"], "recall": micro["recall"], "F1": micro["f1"]}
    return {column: name, **rates, "gold": _count_gold(micro)}


def _count_gold(micro: Mapping[str, Any]) -> int:
    return int(micro["tp"] + micro["fn"])


# Title and first column of each table.
PARTS = {
    "by_situation": ("By relations of the sentence", "relations"),
    "by_distance": ("By words between the mentions", "words between"),
}
_RATES = {name: st.column_config.NumberColumn(format="%.3f") for name in ("precision", "recall", "F1")}


def metrics_of_members(metrics: Mapping[str, Any]) -> list[float]:
    """Return the F1 of each member alone."""
    return [float(score) for score in metrics.get("member_f1", [])]


def metrics_f1(metrics: Mapping[str, Any]) -> float:
    """Return the micro-F1 of the vote."""
    return float(metrics["scores"]["micro"]["f1"])


def _show_threshold(metrics: Mapping[str, Any]) -> None:
    if not metrics.get("threshold_curve"):
        return
    st.markdown("**Threshold**")
    choice = metrics["threshold"]
    charts.show_threshold_curve(metrics["threshold_curve"], chosen=choice["threshold"])
    without = metrics.get("scores_without_threshold")
    rest = f" Without a threshold F1 is {rate(without['micro']['f1'])}." if without else ""
    given = f", {escape(choice['protocol'])}" if "protocol" in choice else ""
    st.caption(f"Chosen on development data{given}: {choice['threshold']:.2f} ({escape(choice['method'])}).{rest}")


def _show_confusion(metrics: Mapping[str, Any]) -> None:
    cells = metrics.get("confusion", [])
    if not cells:
        return
    st.markdown("**Confusion**")
    names = {cell[side] for cell in cells for side in ("gold", "predicted")}
    labels = [*sorted(names - {NO_RELATION}), *([NO_RELATION] if NO_RELATION in names else [])]
    charts.show_confusion(cells, labels)
    if metrics.get("num_unseen"):
        st.caption(
            f"{count(metrics['num_unseen'], 'pair')} the model did not read (too long, overlapping or filtered); they "
            "count as unrelated, so a gold relation among them is missed."
        )


def _show_settings(model: ModelView) -> None:
    if model.settings:
        st.caption(f"Settings: {escape(', '.join(describe_settings(model.settings)))}")


def describe_settings(settings: Mapping[str, Any]) -> list[str]:
    """Return the settings that the training read; of switches those that were on."""
    usual = {"architecture": "cls", "method": "dare", "loss": "cross_entropy"}
    kind = {name: str(settings.get(name, value)) for name, value in usual.items()}
    words = []
    for name, value in settings.items():
        if value is False or value == "" or not train_options.is_read(name, **kind):
            continue
        verb, _, what = name.partition("_")
        shown = what if verb == "num" or value is True else name
        words.append(shown.replace("_", " ") + ("" if value is True else f" {value}"))
    return words
