"""A candidate beside the model in use, or the shipped one: difference in F1 with interval, McNemar's test."""

import streamlit as st

from core.workflows.model_library.compare import Comparison, NotComparable, compare_models, compare_with_shipped
from db.queries.models import ModelView
from pages.components.session import escape, get_settings
from pages.components.wording import count, rate


def show(candidate: ModelView, in_use: ModelView) -> None:
    """Show how a model compares with the one in use."""
    found = compare_models(get_settings(), current=in_use, candidate=candidate)
    if isinstance(found, NotComparable):
        st.caption(f":material/compare_arrows: Not comparable with {escape(in_use.name)}. {escape(found.reason)}")
        return
    st.markdown(f":material/compare_arrows: {describe(found, in_use.name)}")


def show_shipped(candidate: ModelView) -> None:
    """Show how a model compares with the shipped one, which is in use as long as none is promoted."""
    found = compare_with_shipped(get_settings(), candidate)
    if found is not None:
        name, comparison = found
        st.markdown(
            f":material/compare_arrows: {describe(comparison, name)}",
            help="The shipped model labels the same pairs. Its card says which text it has learnt from; where yours is "
            "of these corpora, it has an advantage here.",
        )


def describe(found: Comparison, name: str) -> str:
    """Return the comparison in words, as markdown."""
    difference = found.candidate_f1 - found.current_f1
    test = "exact" if found.is_exact else "chi-square"
    verdict = "more than chance explains" if found.p_value < 0.05 else "which may be chance"
    return (
        f"Against {escape(name)}: F1 **{difference:+.3f}** ({rate(found.current_f1)} → {rate(found.candidate_f1)}), "
        f"95 % interval {found.difference_low:+.3f} to {found.difference_high:+.3f}. "
        f"Of {count(found.num_items, 'pair')}, {found.only_candidate} are right only here and "
        f"{found.only_current} only there, {verdict} (McNemar p = {found.p_value:.3g}, {test})."
    )
