"""What all pages are made from: templates, style and script, in one file without a network."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from deeprage.printable import encodable

if TYPE_CHECKING:
    from markupsafe import Markup


def render_page(template: str, **content: Any) -> str:
    """The whole page as HTML, from one of `templates/` and what it names.

    Style, script and the plotting library are added: the page needs no other file.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("deeprage.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["in_script"] = in_script
    page = environment.get_template(template).render(
        **content, style=_asset("page.css"), script=_asset("page.js"), plotly=_plotly()
    )
    return encodable(page)


def in_script(json: str) -> Markup:
    """JSON that may stand in a script element: nothing in it can close the element."""
    from markupsafe import Markup

    return Markup(json.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def _asset(name: str) -> Markup:
    """One of the page's own files, which is trusted and goes in as it is."""
    from markupsafe import Markup

    text = files("deeprage.report").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)


def _plotly() -> Markup:
    """The plotting library, taken from the installed package so that the page needs no network."""
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs().replace("</script", "<\\/script"))
