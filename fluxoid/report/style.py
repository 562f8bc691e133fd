"""How figures look: sizes, colours by field, notes, and files that are the same for the same data."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap, to_rgba
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.curves import FloatArray

Colour = tuple[float, float, float, float]

#: Colours that differ for every kind of colour vision (Okabe and Ito), kept apart from the map of the fields.
FIT, TRUTH, MARK = "#000000", "#D55E00", "#CC79A7"
CRITERION_COLOURS = {"onset": "#0072B2", "mid": "#009E73", "zero": "#CC79A7"}
CRITERION_MARKERS = {"onset": "^", "mid": "o", "zero": "v"}
SIZE_IN = (4.5, 3.4)
DPI = 200
#: Numbers beside a colour bar at most.
MOST_STEPS = 26
#: Sparse enough that what lies below stays visible.
DASHED = (0, (4, 4))
INVERSE_TEMPERATURE, TEMPERATURE, FIELD = r"1/$T$ (K$^{\mathrm{-1}}$)", r"$T$ (K)", r"$\mu_{\mathrm{0}}H$ (T)"
GATE = r"$V_{\mathrm{g}}$ (V)"
_STYLE: dict[str, object] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.labelsize": 9,
    "axes.titlesize": 8.5,
    "legend.fontsize": 7,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.linewidth": 0.7,
    "lines.linewidth": 1.0,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "legend.frameon": True,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.borderpad": 0.3,
    "errorbar.capsize": 1.5,
    "pdf.fonttype": 42,
    "mathtext.default": "it",
    "figure.constrained_layout.h_pad": 0.04,
    "figure.constrained_layout.w_pad": 0.04,
}


@contextmanager
def publication() -> Iterator[None]:
    """The style of all figures, for as long as the block lasts."""
    with mpl.rc_context(_STYLE):  # type: ignore[arg-type]  # the stubs list every key as a literal
        yield


def new_figure(width_in: float = SIZE_IN[0], height_in: float = SIZE_IN[1]) -> Figure:
    """An empty figure on the Agg canvas, known to nobody else."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, out: Path, stem: str) -> list[Path]:
    """PNG and PDF, without dates or versions inside, so that equal data give equal files."""
    png, pdf = out / f"{stem}.png", out / f"{stem}.pdf"
    figure.draw_without_rendering()
    # laid out once, for both files alike; the engine "none" would have savefig draw once more for nothing
    figure.set_layout_engine(None)
    figure.savefig(png, dpi=DPI, metadata={"Software": None})
    figure.savefig(pdf, dpi=DPI, metadata={"CreationDate": None, "Producer": None, "Creator": "fluxoid"})
    return [png, pdf]


def panel(target: FigureBase, title: str) -> Axes:
    """The one axes of a panel."""
    axes = target.subplots()
    axes.set_title(title, loc="left", fontweight="bold")
    return axes


def stacked(target: FigureBase, rows: int, title: str) -> list[Axes]:
    """Axes one above the other with a common abscissa; the title is above the first."""
    made = [axes for (axes,) in target.subplots(rows, 1, sharex=True, squeeze=False)]
    made[0].set_title(title, loc="left", fontweight="bold")
    return made


def field_colours(fields_T: Sequence[float]) -> dict[float, Colour]:
    """Evenly spaced along a sequential map in the order of the fields, whatever their spacing."""
    # the last tenth of the map is too pale for lines on white
    shades = mpl.colormaps["viridis"](np.linspace(0.0, 0.9, max(len(fields_T), 1)))
    return {field: to_rgba(shade) for field, shade in zip(fields_T, shades, strict=False)}


def field_bar(
    target: FigureBase, axes: Axes | Sequence[Axes], colours: dict[float, Colour], label: str = FIELD
) -> None:
    """A stepped colour bar with one step and one number per field: readable where a legend is not.

    With another label it does the same for temperatures or gate voltages; of very many steps every other, or
    every third, has its number.
    """
    if not colours:
        return
    edges = np.arange(len(colours) + 1) - 0.5
    scale = ScalarMappable(BoundaryNorm(edges, len(colours)), ListedColormap(list(colours.values())))
    bar = target.colorbar(
        scale, ax=axes if isinstance(axes, Axes) else list(axes), pad=0.02, aspect=24, spacing="uniform"
    )
    stride = -(-len(colours) // MOST_STEPS)
    bar.ax.yaxis.set_major_locator(FixedLocator(list(range(0, len(colours), stride))))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.set_yticklabels([f"{field:g}".replace("-", "−") for field in list(colours)[::stride]])
    bar.ax.tick_params(length=0, labelsize=6.5 if len(colours) > 12 else 7.5)
    bar.set_label(label)


def note(axes: Axes, text: str, where: str = "lower left", width: int = 44, colour: str = "0.15") -> None:
    """Words inside the axes, wrapped; ``where`` as in legends."""
    vertical, horizontal = where.split()
    x = {"left": 0.03, "right": 0.97, "center": 0.5}[horizontal]
    y = {"lower": 0.03, "upper": 0.97, "center": 0.5}[vertical]
    va = {"lower": "bottom", "upper": "top", "center": "center"}[vertical]
    lines = wrapped(text, width)
    box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5}
    axes.text(x, y, lines, transform=axes.transAxes, ha=horizontal, va=va, fontsize=7, color=colour, bbox=box,
              zorder=10, linespacing=1.3)  # fmt: skip


def wrapped(text: str, width: int) -> str:
    """Each line wrapped on its own, those with formulas never; hyphens before numbers become minus signs."""
    lines = "\n".join(line if "$" in line else textwrap.fill(line, width) for line in text.splitlines())
    return re.sub(r"(?<=[= ])-(?=\d)", "−", lines)


def legend(
    axes: Axes, where: str, words: str = "", anchor: tuple[float, float] | None = None, width: int = 40
) -> None:
    """A legend in the order data, fit, truth, with words on top of it, so that the two never overlap.

    ``anchor`` puts the corner ``where`` of the legend at that place of the axes; words are wrapped at ``width``.
    """
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda index: _rank(labels[index]))
    title = wrapped(words, width) or None
    if not (order or title):
        return
    made = axes.legend(  # type: ignore[call-overload]  # the stubs list every place as a literal
        [handles[i] for i in order],
        [labels[i] for i in order],
        loc=where,
        title=title,
        title_fontsize=7,
        alignment="left",
        bbox_to_anchor=anchor,
        borderaxespad=0.5 if anchor is None else 0.1,
    )
    made.set_zorder(10)


def legend_above(axes: Axes) -> None:
    """A legend beside the title, for axes that are full of curves."""
    legend(axes, "lower right", anchor=(1.0, 1.0))


def _rank(label: str) -> int:
    return (
        2
        if label.startswith("truth")
        else 1
        if "fit" in label or "lines" in label or "law" in label or "H^*" in label
        else 0
    )


def formula(number: str) -> str:
    """``1.750(12)e28`` for mathtext."""
    mantissa, _, exponent = number.partition("e")
    power = f"\\times\\mathrm{{10}}^{{\\mathrm{{{exponent}}}}}" if exponent else ""
    return f"\\mathrm{{{mantissa}}}{power}"


def ohm_scale(resistance_ohm: FloatArray) -> tuple[float, str]:
    """Factor and unit that bring the largest resistance between 1 and 1000."""
    largest = float(np.nanmax(np.abs(resistance_ohm), initial=0.0))
    for factor, unit in ((1e9, "nΩ"), (1e6, "µΩ"), (1e3, "mΩ"), (1.0, "Ω"), (1e-3, "kΩ")):
        if largest * factor < 1000.0:
            return factor, unit
    return 1e-6, "MΩ"


def scale_of(value: float, unit: str) -> tuple[float, str]:
    """Factor and prefixed unit that bring a value between 1 and 1000."""
    for factor, prefix in ((1e15, "f"), (1e12, "p"), (1e9, "n"), (1e6, "µ"), (1e3, "m")):
        if abs(value) * factor < 1000.0:
            return factor, f"{prefix}{unit}"
    return 1.0, unit
