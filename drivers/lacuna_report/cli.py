"""The command line: arguments, exit codes, writing."""
from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings

from lacuna_plot import style
from lacuna_plot.failure import CANNOT_CREATE, USAGE, Failure
from lacuna_plot.movie import open_product
from lacuna_plot.product import reading

from .page import build

HELP = """The page shows the maps (wheel zooms, a drag moves, a double click resets; masked parts are hatched; the value under
the cursor), their uncertainty, the residuals with a test of their normality, the fit in words, the convergence, where the
time went, the peaks, the configuration and where everything came from. A slider turns the frames of movies, or the planes
of volumes. It is one file that loads nothing from anywhere: to be mailed, archived, printed, and read in any browser.

Maps wider than 2048 pixels (all but the first 1024, movies 400) are averaged in blocks, and further until the page has at
most about 9 MB, movies 14 MB; at most 64 frames are on the slider. All numbers are of all pixels of all frames.

exit codes: 0 written; 64 usage; 65 not a product, unfinished, or bad data; 66 no such file; 73 the page cannot be created,
or exists (--overwrite); 74 reading or writing failed half-way."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Failure(USAGE, f"{message}; see lacuna-report --help")


def parse(arguments):
    parser = Parser(prog="lacuna-report", epilog=HELP, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
                    description="Writes one self-contained HTML page about a run: NAME.html from the product NAME.h5.")
    parser.add_argument("product", metavar="NAME.h5",
                        help="written by lacuna-massmap, lacuna-deconvolve, lacuna-solve or lacuna-simulate")
    parser.add_argument("-o", "--output", metavar="FILE", help="the page (default: NAME.html in the product's folder)")
    parser.add_argument("--overwrite", action="store_true", help="replace a page that is there")
    parser.add_argument("--force", action="store_true", help="report on an unfinished product, or on another format version")
    return parser.parse_args(arguments)


def write_report(options) -> None:
    with contextlib.closing(open_product(options.product, options.force)) as product:
        folder = os.path.dirname(os.path.abspath(options.product))
        path = options.output or os.path.join(folder, product.name + ".html")
        if os.path.isdir(path):
            raise Failure(CANNOT_CREATE, f"{path}: is a folder")
        if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
            raise Failure(CANNOT_CREATE, f"{path}: its folder does not exist")
        if os.path.exists(path) and os.path.samefile(path, options.product):
            raise Failure(USAGE, f"{path}: the page would take the place of the product")
        if os.path.lexists(path) and not options.overwrite:
            raise Failure(CANNOT_CREATE, f"{path} exists: give --overwrite to replace it, or another name with -o")
        with reading(product.path):
            page = build(product).encode("utf-8", "replace")
        style.write(path, page)
        print(f"wrote {path}: {len(page) / 1e6:.1f} MB", flush=True)


def main(arguments: list[str]) -> int:
    if not sys.warnoptions:  # python3 -W shows them: remarks of matplotlib and numpy are no help to a user
        warnings.simplefilter("ignore")
    try:
        write_report(parse(arguments))
        return 0
    except Failure as failure:
        print(f"lacuna-report: {failure}", file=sys.stderr)
        return failure.code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
