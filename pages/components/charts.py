"""Charts, each with a table twin for keyboard and screen readers; colours come from the theme."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from db.queries.projects import LabelBalance
from pages.components.wording import label_name

ROW_HEIGHT = 36
AXES_HEIGHT = 130  # legend, axis and its title


def show_class_balance(balance: Sequence[LabelBalance]) -> None:
    """Show the instances of each label: gold of all splits, and accepted synthetic on top."""
    table = pd.DataFrame(
        {
            "label": [label_name(row.label) for row in balance],
            "gold": [row.gold for row in balance],
            "synthetic": [row.synthetic for row in balance],
        }
    )
    long = table.melt("label", var_name="origin", value_name="instances")
    chart = (
        alt.Chart(long)
        .mark_bar(cornerRadius=3)
        .encode(
            y=alt.Y("label:N", sort=list(table["label"]), title=None, scale=alt.Scale(paddingInner=0.35)),
            x=alt.X("instances:Q", title="instances, all splits", axis=alt.Axis(tickMinStep=1, tickCount=6)),
            color=alt.Color("origin:N", sort=["gold", "synthetic"], title=None, legend=alt.Legend(orient="top")),
            order=alt.Order("origin:N"),
            tooltip=["label:N", "origin:N", "instances:Q"],
        )
        .properties(height=ROW_HEIGHT * max(len(table), 1) + AXES_HEIGHT)
    )
    st.altair_chart(chart, alt="Instances by label, gold and accepted synthetic; the table below has them.")
    show_table(table.assign(together=table["gold"] + table["synthetic"]), "Class balance by label")


def show_loss_curves(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Show training loss (line) and validation loss (points) of each member over epochs.

    Args:
        curves: Member's name → its points, with "epoch" and "loss", or "validation_loss" after an epoch.
    """
    rows = _loss_rows(curves)
    if not rows:
        st.caption("The loss curve starts with the first steps of training.")
        return
    frame = pd.DataFrame(rows)
    base = alt.Chart(frame).encode(
        x=alt.X("epoch:Q", title="epoch", axis=alt.Axis(tickMinStep=1), scale=alt.Scale(nice=False)),
        y=alt.Y("loss:Q", title="loss", scale=alt.Scale(zero=False)),
        color=alt.Color("member:N", title=None, legend=alt.Legend(orient="top")),
        tooltip=["member:N", "kind:N", alt.Tooltip("epoch:Q", format=".2f"), alt.Tooltip("loss:Q", format=".4f")],
    )
    lines = base.transform_filter("datum.kind == 'training'").mark_line(strokeWidth=2)
    points = base.transform_filter("datum.kind == 'validation'").mark_point(filled=True, size=70)
    st.altair_chart((lines + points).properties(height=300), alt="Loss of each member by epoch")
    is_validated = (frame["kind"] == "validation").any()
    note = " Points: validation loss after an epoch." if is_validated else ""
    st.caption(f"Lines: training loss, mean of the epoch so far.{note}")


def _loss_rows(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for member, points in curves.items():
        epoch = 0.0
        for point in points:
            epoch = point.get("epoch", epoch)
            for name, kind in (("loss", "training"), ("validation_loss", "validation")):
                if name in point:
                    rows.append({"member": member, "kind": kind, "epoch": epoch, "loss": point[name]})
    return rows


def show_threshold_curve(curve: Sequence[Mapping[str, float]], *, chosen: float) -> None:
    """Show precision, recall and F1 of the vote at every threshold tried on the development data."""
    table = pd.DataFrame(curve)
    long = table.melt("threshold", ["precision", "recall", "f1"], var_name="measure", value_name="value")
    lines = (
        alt.Chart(long)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("threshold:Q", scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "measure:N", sort=["precision", "recall", "f1"], title=None, legend=alt.Legend(orient="top")
            ),
            tooltip=["measure:N", "threshold:Q", alt.Tooltip("value:Q", format=".3f")],
        )
    )
    rule = (
        alt.Chart(pd.DataFrame({"threshold": [chosen]}))
        .mark_rule(strokeDash=[4, 4], color="#888888")
        .encode(x="threshold:Q")
    )
    st.altair_chart((lines + rule).properties(height=300), alt="Precision, recall and F1 by threshold")
    show_table(table.round(3), "Precision, recall and F1 by threshold")


def show_confusion(cells: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> None:
    """Show how many items of each gold label got which label, as a table with a row for each gold label."""
    table = pd.DataFrame(0, index=list(labels), columns=list(labels))
    for cell in cells:
        table.loc[cell["gold"], cell["predicted"]] = cell["count"]
    table.index = pd.Index([label_name(name) for name in labels], name="gold ↓ predicted →")
    table.columns = pd.Index([label_name(name) for name in labels])
    st.dataframe(table, alt="Confusion: rows gold, columns predicted")


def show_table(table: pd.DataFrame, alt_text: str) -> None:
    """Show the numbers of a chart as a table, folded away; `alt_text` says what they are."""
    with st.expander("As a table", icon=":material/table:"):
        st.dataframe(table, hide_index=True, alt=alt_text)
