"""Matplotlib figures as SVG that can stand inside a page.

Owns what has to change so that several of them share a page: ids of their own, no style of their own, the page's
colours and font. Knows nothing of what is drawn. The same figure and key give the same characters.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {
    "#1c1c1a": "ink",
    "#5d5c58": "muted",
    "#d9d7d0": "line",
    "#1f5f99": "accent",
    "#8b8984": "baseline",
    "#5a8fbd": "precision",
    "#c4772b": "recall",
    "#2f9e8f": "f1",
    "#ffffff": "card",
}
"""What plots are drawn in, and the CSS variable that each becomes, so that plots follow the page's colour scheme."""

INK, MUTED, LINE, ACCENT, BASELINE, PRECISION, RECALL, F1, CARD = COLOURS

SETTINGS = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "axes.formatter.use_locale": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
EMPTY = {"Date": None, "Creator": None, "Format": None, "Type": None}


def inline_svg(draw: Callable[[], Figure], *, key: str, label: str) -> str:
    """Draw a figure and turn it into an ``<svg>`` element.

    Args:
        draw: Makes the figure; called under settings that do not depend on the user's ``matplotlibrc``.
        key: Begins every id; unique on the page.
        label: What the figure shows, in words, for those who do not see it.
    """
    from matplotlib.style import context

    written = io.StringIO()
    with context(["default", SETTINGS | {"svg.hashsalt": key}]), warnings.catch_warnings():
        # A browser has glyphs for letters that matplotlib's font, only measured here, has none for.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = draw()
        figure.patch.set_visible(False)
        figure.savefig(written, format="svg", metadata=EMPTY)
    root = ElementTree.fromstring(written.getvalue())
    _clean(root, key)
    width, height = (float(root.attrib.pop(side).removesuffix("pt")) for side in ("width", "height"))
    root.attrib |= {
        "viewBox": f"0 0 {width:g} {height:g}",
        "class": "plot",
        "role": "img",
        "aria-label": label,
        "style": f"stroke-linejoin: round; stroke-linecap: butt; max-width: {1.3 * width:.0f}px",
    }
    return re.sub(r"\s*\n\s*", " ", ElementTree.tostring(root, encoding="unicode"))


def _clean(root: ElementTree.Element, key: str) -> None:
    used = {value[1:] for element in root.iter() for name, value in element.attrib.items() if name.endswith("href")}
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for child in list(element):
            if child.tag.rpartition("}")[2] in ("metadata", "style", "clipPath"):
                element.remove(child)
        attributes = dict(element.attrib)
        element.attrib.clear()
        for name, value in attributes.items():
            if name == "id" and value in used:
                element.set("id", f"{key}-{value}")
            elif name.endswith("href"):
                element.set("href", f"#{key}-{value[1:]}")
            elif name == "style":
                element.set("style", _page_style(value))
            elif name not in ("id", "clip-path", "version"):
                element.set(name, value)


def _page_style(style: str) -> str:
    kept = (part.strip() for part in style.split(";"))
    joined = "; ".join(part for part in kept if part and not part.startswith("font-family"))
    return re.sub(r"#[0-9a-f]{6}", lambda found: _variable(found[0]), joined)


def _variable(colour: str) -> str:
    return f"var(--{COLOURS[colour]}, {colour})" if colour in COLOURS else colour
