"""How pictures look: fonts, colours, sizes; and how they are saved."""
from __future__ import annotations

import contextlib
import io
import os

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .failure import CANNOT_CREATE, IO_ERROR, Failure

# All safe for the colour-blind, and none has the grey of masked pixels (cividis has).
DIVERGING, SEQUENTIAL, PLAIN = "RdBu_r", "magma", "viridis"
MASK_FACE, MASK_LINE = "0.66", "0.48"
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"  # Okabe & Ito 2008

RC = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "mathtext.fontset": "dejavusans",
    "font.size": 9.0, "axes.titlesize": 9.5, "axes.labelsize": 9.0, "legend.fontsize": 8.0,
    "xtick.labelsize": 8.0, "ytick.labelsize": 8.0, "axes.linewidth": 0.7, "hatch.linewidth": 0.5,
    "xtick.major.width": 0.7, "ytick.major.width": 0.7, "lines.linewidth": 1.3, "axes.axisbelow": False,
    "axes.formatter.use_mathtext": True, "axes.formatter.limits": (-3, 4), "axes.unicode_minus": True,
    "pdf.fonttype": 42, "svg.hashsalt": "lacuna", "figure.facecolor": "white",
}


@contextlib.contextmanager
def settings(more: dict | None = None):
    """Where figures are made and saved: matplotlib's defaults, RC and more, whatever the user's matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**RC, **(more or {})})
        yield


def shape_of(frame) -> float:
    """Height over width of a map's axes. Beyond 4 to 1 pixels are drawn stretched, to have something to see."""
    return min(max(frame.ny / frame.nx, 0.25), 4.0)


def stretched(frame) -> bool:
    return not 0.25 <= frame.ny / frame.nx <= 4.0


def map_figure(frame, columns: int = 1, rows: int = 1, side: float = 5.0, extra: tuple[float, float] = (1.5, 0.9)):
    """Figure with columns x rows axes for maps, as large as they need. side: inches of the longer side of a map."""
    ratio = shape_of(frame)
    width, height = (side, side * ratio) if ratio <= 1 else (side / ratio, side)
    width = max(width, 2.4)
    figure = Figure(figsize=(columns * width + extra[0], rows * height + extra[1]), layout="compressed")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)


def save(figure: Figure, path: str, dpi: int, title: str) -> None:
    """Writes beside the final name, then renames: no half-written picture. No dates inside: same data, same bytes."""
    kind = path.rsplit(".", 1)[1]
    metadata = {"Title": title, "Software": "lacuna-plot"} if kind == "png" else {
        "Title": title, "Creator": "lacuna-plot", "Producer": None, "CreationDate": None}
    picture = io.BytesIO()  # matplotlib's writers do not survive a full disk
    figure.savefig(picture, format=kind, dpi=dpi, metadata=metadata, bbox_inches="tight", pad_inches=0.08)
    write(path, picture.getbuffer())


def write(path: str, content) -> None:
    """Beside the final name, then renamed."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # some file systems tell of a full disk no earlier
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        refused = isinstance(error, (PermissionError, IsADirectoryError, NotADirectoryError))
        code = CANNOT_CREATE if refused else IO_ERROR
        raise Failure(code, f"{path}: cannot be written ({error.strerror})") from error
