"""Charts of how the work goes on: decisions over time, what is left to review, what became of suggestions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.workflows.progress import ACCEPTED, CORRECTED, OUTCOMES, REJECTED, Acceptance, Activity
from db.queries.progress import Period
from pages.components.charts import AXES_HEIGHT, ROW_HEIGHT, show_table
from pages.components.wording import label_name

TIME_HEIGHT = 260
_PERIOD_NAMES = {Period.MINUTE: "minute (UTC)", Period.HOUR: "hour (UTC)", Period.DAY: "day (UTC)"}
_TIME_FORMATS = {Period.MINUTE: "%H:%M", Period.HOUR: "%d %b %H:%M", Period.DAY: "%d %b %Y"}
_TIME_UNITS: dict[Period, Any] = {
    Period.MINUTE: "utcyearmonthdatehoursminutes",
    Period.HOUR: "utcyearmonthdatehours",
    Period.DAY: "utcyearmonthdate",
}


def show_decisions(activity: Activity) -> None:
    """Show the decisions of each period by what they led to."""
    if not activity.counts:
        st.caption("Shows how many decisions were made when, once there are some.")
        return
    period = activity.period
    known = [outcome for outcome in OUTCOMES if any(what == outcome for _, what in activity.counts)]
    rows = [{"time": at, "outcome": what, "decisions": number} for (at, what), number in activity.counts.items()]
    chart = (
        alt.Chart(_with_plain_time(rows))
        .mark_bar()
        .encode(
            x=_time_axis(period, unit=_TIME_UNITS[period]),
            y=alt.Y("decisions:Q", title="decisions", axis=alt.Axis(tickMinStep=1)),
            color=_outcome_colour(known),
            order=alt.Order("outcome:N"),
            tooltip=[_time_tooltip(period), "outcome:N", "decisions:Q"],
        )
        .properties(height=TIME_HEIGHT)
    )
    st.altair_chart(chart, alt="Decisions by time and outcome; the table below has them.")
    table = pd.DataFrame(rows).pivot_table("decisions", "time", "outcome", aggfunc="sum", fill_value=0)[known]
    table.index = pd.Index([_tell(at, period) for at in table.index], name=_PERIOD_NAMES[period])
    show_table(table.iloc[::-1].reset_index(), "Decisions by time and outcome")


def show_burn_down(activity: Activity, *, noun: str) -> None:
    """Show how many rows were still to review at the end of each period."""
    if not activity.pending:
        st.caption(f"Shows how many {noun} were left to review when, once there are some.")
        return
    period = activity.period
    rows = [{"time": one.at, "left": one.pending} for one in activity.pending]
    chart = (
        alt.Chart(_with_plain_time(rows))
        .mark_area(interpolate="step-after", line={"strokeWidth": 2}, fillOpacity=0.25, point={"size": 40})
        .encode(
            x=_time_axis(period),
            y=alt.Y("left:Q", title=f"{noun} to review", axis=alt.Axis(tickMinStep=1), scale=alt.Scale(zero=True)),
            tooltip=[_time_tooltip(period), alt.Tooltip("left:Q", title="to review")],
        )
        .properties(height=TIME_HEIGHT)
    )
    st.altair_chart(chart, alt=f"{noun.capitalize()} left to review by time; the table below has them.")
    told = {
        _PERIOD_NAMES[period]: [_tell(one.at, period) for one in reversed(activity.pending)],
        "to review": [one.pending for one in reversed(activity.pending)],
    }
    show_table(pd.DataFrame(told), f"{noun.capitalize()} left to review by time")


def show_acceptance(rows: Sequence[Acceptance], *, heading: str, key: str) -> None:
    """Show, for each label or type, the decided ones by what became of them; the table has the share accepted.

    Args:
        rows: Those with a decision are shown.
        heading: What a row is, in the table.
        key: Tells the tables of one page apart.
    """
    decided = [one for one in rows if one.decided]
    if not decided:
        st.caption("Shows which share was accepted, once some are decided.")
        return
    counts = [
        {"name": label_name(one.name), "outcome": outcome, "number": number, "share": number / one.decided}
        for one in decided
        for outcome, number in zip(
            (ACCEPTED, CORRECTED, REJECTED), (one.accepted, one.corrected, one.rejected), strict=True
        )
    ]
    names = [label_name(one.name) for one in decided]
    chart = (
        alt.Chart(pd.DataFrame(counts))
        .mark_bar(cornerRadius=3)
        .encode(
            y=alt.Y("name:N", sort=names, title=None, scale=alt.Scale(paddingInner=0.35)),
            x=alt.X("share:Q", title="share of the decided", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            color=_outcome_colour([ACCEPTED, REJECTED, CORRECTED]),
            order=alt.Order("outcome:N"),
            tooltip=["name:N", "outcome:N", "number:Q", alt.Tooltip("share:Q", format=".0%")],
        )
        .properties(height=ROW_HEIGHT * len(names) + AXES_HEIGHT)
    )
    st.altair_chart(chart, alt="Share accepted, corrected and rejected; the table below has the numbers.", key=key)
    show_table(pd.DataFrame([_acceptance_row(one, heading) for one in decided]), f"Acceptance by {heading}")


def _acceptance_row(one: Acceptance, heading: str) -> dict[str, object]:
    low, high = (f"{100 * end:.0f}" for end in one.interval)
    return {
        heading: label_name(one.name),
        ACCEPTED: one.accepted,
        CORRECTED: one.corrected,
        REJECTED: one.rejected,
        "accepted or corrected (95 % interval)": f"{100 * (one.share or 0):.0f} % ({low} to {high} %)",
    }


def _with_plain_time(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return the rows for a chart, with times that it reads as UTC wherever the browser is."""
    return pd.DataFrame([row | {"time": row["time"].strftime("%Y-%m-%dT%H:%M:%SZ")} for row in rows])


def _outcome_colour(shown: Sequence[str]) -> alt.Color:
    """Give every outcome the same colour of the theme in all charts, whichever of them are shown."""
    legend = alt.Legend(orient="top", columns=3, labelLimit=160, values=list(shown))
    return alt.Color("outcome:N", title=None, legend=legend, scale=alt.Scale(domain=list(OUTCOMES)))


def _time_axis(period: Period, *, unit: Any = None) -> alt.X:  # noqa: ANN401 - one of Altair's many words
    axis = alt.Axis(format=_TIME_FORMATS[period], labelOverlap=True, labelAngle=0, tickCount=6)
    scale = alt.Scale(type="utc")
    if unit is None:
        return alt.X("time:T", title=None, axis=axis, scale=scale)
    return alt.X("time:T", title=None, axis=axis, scale=scale, timeUnit=unit)


def _time_tooltip(period: Period) -> alt.Tooltip:
    return alt.Tooltip("time:T", title=_PERIOD_NAMES[period], format=_TIME_FORMATS[period])


def _tell(at: datetime, period: Period) -> str:
    return at.strftime("%Y-%m-%d" if period is Period.DAY else "%Y-%m-%d %H:%M")
