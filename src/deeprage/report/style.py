"""The look of figures: colours that the colour-blind can tell apart, dark on light."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Okabe and Ito's palette (2008): told apart with every common colour vision.
MODEL = "#0072B2"
REFERENCE = "#D55E00"
BEST = "#007A5A"
INK = "#1b2430"
MUTED = "#5b6675"
GRID = "#e3e7ec"
#: Few to many: one hue that only darkens, so that it is read without colour too.
SCALE = ("#cfe3f1", "#86b7d9", "#2f78ae", "#07264a")
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"


def label(name: str) -> str:
    """A name as text in a figure, where plotly would take `<b>` and `&lt;` for markup."""
    return escape(name, quote=False)


def axis(title: str, **options: Any) -> dict[str, Any]:
    """Options of one axis: a title, thin grid lines, room for its labels."""
    return {
        "title": {"text": label(title), "standoff": 8},
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": MUTED,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": MUTED,
        "automargin": True,
        **options,
    }


def dressed(figure: Figure, *, height: int, **layout: Any) -> Figure:
    """Give a figure the common look and a height in pixels; its width follows the page."""
    figure.update_layout(
        template=None,
        height=height,
        autosize=True,
        paper_bgcolor="white",
        plot_bgcolor="white",
        font={"family": FONT, "size": 13, "color": INK},
        margin={"l": 10, "r": 10, "t": 26, "b": 10},
        hoverlabel={"bgcolor": "white", "bordercolor": MUTED, "font": {"color": INK}},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "xanchor": "left"},
    )
    figure.update_layout(**layout)
    return figure
