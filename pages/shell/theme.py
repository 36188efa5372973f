"""Colours, type and spacing of the pages, light and dark; every text colour has a contrast of 4.5 or more."""

from typing import Any

# Paul Tol's "bright" set, told apart by people with any common colour blindness; the dark one is lighter.
CATEGORIES_LIGHT = ["#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#66CCEE", "#777777"]
CATEGORIES_DARK = ["#7AA6D6", "#F28C99", "#5DB86C", "#D37BAE", "#DDD07A", "#8FDDF5", "#AAAAAA"]

SHARED: dict[str, Any] = {
    "baseFontSize": 15,
    "baseRadius": "8px",
    "buttonRadius": "8px",
    "font": "'Inter', 'Source Sans', system-ui, -apple-system, 'Segoe UI', sans-serif",
    "headingFontSizes": ["1.85rem", "1.3rem", "1.08rem", "1rem", "0.95rem", "0.9rem"],
    "headingFontWeights": [650, 620, 620, 600, 600, 600],
    "metricValueFontSize": "1.6rem",
    "metricValueFontWeight": 600,
    "paddingTop": "1rem",
    "paddingBottom": "3rem",
    "linkUnderline": False,
    "showSidebarBorder": True,
    "sidebar.paddingTop": "0.5rem",
}

LIGHT: dict[str, Any] = {
    "primaryColor": "#0F6B6B",
    "backgroundColor": "#FCFCFA",
    "secondaryBackgroundColor": "#F1F3F0",
    "textColor": "#1D2A2C",
    "linkColor": "#0F6B6B",
    "borderColor": "#DCE1DC",
    "codeBackgroundColor": "#F1F3F0",
    "codeTextColor": "#1D2A2C",
    "dataframeBorderColor": "#DCE1DC",
    "dataframeHeaderBackgroundColor": "#F1F3F0",
    "chartCategoricalColors": CATEGORIES_LIGHT,
    "sidebar.backgroundColor": "#F1F3F0",
    "sidebar.secondaryBackgroundColor": "#FFFFFF",
    "sidebar.textColor": "#1D2A2C",
    "sidebar.borderColor": "#DCE1DC",
    "sidebar.primaryColor": "#0F6B6B",
    "sidebar.linkColor": "#0F6B6B",
}

DARK: dict[str, Any] = {
    "primaryColor": "#23807C",
    "backgroundColor": "#14191B",
    "secondaryBackgroundColor": "#1D2427",
    "textColor": "#E4EAE8",
    "linkColor": "#6CC5BF",
    "borderColor": "#323C40",
    "codeBackgroundColor": "#1D2427",
    "codeTextColor": "#E4EAE8",
    "dataframeBorderColor": "#323C40",
    "dataframeHeaderBackgroundColor": "#1D2427",
    "chartCategoricalColors": CATEGORIES_DARK,
    "sidebar.backgroundColor": "#101416",
    "sidebar.secondaryBackgroundColor": "#1D2427",
    "sidebar.textColor": "#E4EAE8",
    "sidebar.borderColor": "#2A3337",
    "sidebar.primaryColor": "#23807C",
    "sidebar.linkColor": "#6CC5BF",
}

# The primary colour carries white text on buttons, so on dark paper it is too dark for the text of a chosen segment,
# where Streamlit uses it too (3.4 to 1). Its shade and frame tell the chosen one.
_CHOSEN_SEGMENT = '[data-testid="stButtonGroup"] button[data-variant][data-selected] { color: inherit; }'
# A click beside the text gives the focus to the page as a whole, and the next key would frame all of it.
_PAGE_FOCUS = 'main[data-testid="stMain"]:focus-visible::before { box-shadow: none; }'
# "Press Enter to apply" stands below its field: in a narrow one it would lie over what is typed.
_BELOW_ITS_FIELD = (
    '[data-testid="stTextInput"] [data-testid="InputInstructions"] '
    "{ top: 100%; bottom: auto; padding-top: 0.125rem; white-space: nowrap; }"
)
# What a theme's options cannot say.
STYLES = f"<style>{_CHOSEN_SEGMENT} {_PAGE_FOCUS} {_BELOW_ITS_FIELD}</style>"


def theme_options() -> dict[str, Any]:
    """Return the options under their full names, such as `theme.dark.textColor`."""
    parts = {"theme": SHARED, "theme.light": LIGHT, "theme.dark": DARK}
    return {f"{part}.{name}": value for part, options in parts.items() for name, value in options.items()}
