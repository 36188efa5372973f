"""A candidate beside the model in use: difference in F1, its interval and McNemar's test, on the same items."""

import streamlit as st

from core.workflows.model_library.compare import Comparison, NotComparable, compare_models
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
