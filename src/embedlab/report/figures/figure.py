"""What a figure is, and the style and colours they share."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import LogLocator, NullFormatter
from PIL import Image

from embedlab.report.sweep import Sweep

# Paul Tol's "bright" scheme: told apart under every common colour-vision deficiency, on white and on black.
_VARIANTS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
_DASHES: tuple[object, ...] = ("solid", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.5, 1.5)))
NEUTRAL = "#8b919b"  # readable on light and on dark paper
HIT, MISS = "#1b9e77", "#d9480f"
INK = "#1b1f25"
PAPER = "#fefefe"  # behind words that stand on lines; on the page, the page's own
WIDE = 11.0  # inches, across the page
PLOT = (6.2, 4.2)  # inches
BAND = "Line: mean over seeds; band: lowest to highest seed."
_DPI = 160
_STYLE: dict[Any, Any] = {
    "font.size": 10.5,
    "text.parse_math": False,  # class names may hold a dollar sign
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": NEUTRAL,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#8b919b40",
    "grid.linewidth": 0.7,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 0,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class Figure:
    """One picture of the page.

    Attributes:
        name: file name without its ending.
        title: heading; empty where the heading above it suffices.
        caption: what is shown and from which runs.
        alt: the same for those who cannot see it.
        svg: markup for the page, drawn in the page's own text colour; empty for rasters.
        webp: pixels for the page; empty for vectors.
    """

    name: str
    title: str
    caption: str
    alt: str
    svg: str = ""
    webp: bytes = b""


def colour(number: int) -> str:
    """The colour of variant ``number``."""
    return _VARIANTS[number % len(_VARIANTS)]


def line_style(number: int) -> dict[str, Any]:
    """How the line of variant ``number`` is drawn: colours that come round again are dashed."""
    return {"color": colour(number), "linestyle": _DASHES[number // len(_VARIANTS) % len(_DASHES)]}


def first_seed(sweep: Sweep) -> str:
    """What pictures of single runs say about their choice."""
    return "" if sweep.single else "Shown: each variant's first seed."


@contextmanager
def canvas(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> Iterator[Canvas]:
    """A canvas in the report's style, in inches; it has no window and no global state."""
    with mpl.rc_context(_STYLE):
        figure = Canvas(figsize=(width, height), layout=layout)
        FigureCanvasAgg(figure)
        yield figure


@contextmanager
def panels(count: int, height: float, sharey: bool = False) -> Iterator[tuple[Canvas, list[Axes]]]:
    """Small multiples across the page, four a row of ``height`` inches; one alone has the size of a plot."""
    rows, columns = -(-count // 4), min(count, 4)
    with canvas(*(PLOT if count == 1 else (WIDE, rows * height))) as drawn:
        axes = list(drawn.subplots(rows, columns, squeeze=False, sharey=sharey).flat)
        for spare in axes[count:]:
            spare.set_visible(False)
        yield drawn, axes[:count]


def logarithmic(axes: Axes) -> None:
    """A logarithmic scale upwards for what is drawn, its numbers written plainly: formulas are not set."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1000 * low else (1,)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def save_png(drawn: Canvas, directory: Path, name: str) -> None:
    """The picture as a file of its own, on white."""
    drawn.savefig(directory / f"{name}.png", dpi=_DPI, facecolor="white", metadata={"Software": None})


def save_vector(drawn: Canvas, directory: Path, name: str) -> str:
    """Saves png and svg, and gives the svg markup to put into a page."""
    save_png(drawn, directory, name)
    drawn.set_layout_engine("none")  # it is laid out by now
    with mpl.rc_context({"svg.hashsalt": name}):  # ids that repeat from run to run but not from figure to figure
        buffer = io.StringIO()
        drawn.savefig(buffer, format="svg", metadata={"Date": None})
    (directory / f"{name}.svg").write_text(buffer.getvalue())
    return _for_page(buffer.getvalue())


def save_raster(drawn: Canvas, directory: Path, name: str) -> bytes:
    """Saves a png on white, and gives a transparent webp to put into a page."""
    drawn.set_dpi(_DPI)
    drawn.canvas.draw()
    picture = Image.fromarray(np.asarray(drawn.canvas.buffer_rgba()))  # type: ignore[attr-defined]
    on_white = Image.new("RGBA", picture.size, "white")
    on_white.alpha_composite(picture)
    on_white.convert("RGB").save(directory / f"{name}.png")
    buffer = io.BytesIO()
    picture.save(buffer, format="webp", quality=86)
    return buffer.getvalue()


def _for_page(svg: str) -> str:
    """Markup in the page's own text colour, without what only a file of its own needs."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg)
    return svg.replace(INK, "currentColor").replace(PAPER, "var(--card)")
