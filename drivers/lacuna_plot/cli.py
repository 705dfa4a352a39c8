"""The command line: arguments, the loop over pictures, exit codes."""
from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import warnings

from . import style
from .failure import BAD_DATA, CANNOT_CREATE, USAGE, Failure, Missing
from .movie import Movie, open_product
from .movie_pictures import PICTURES as MOVIE_PICTURES
from .overview import draw_overview
from .pictures import (Job, draw_convergence, draw_count, draw_kappa, draw_mask, draw_modes, draw_peaks, draw_residuals,
                       draw_shear, draw_snr, draw_std, draw_true)
from .points import Points, read_list
from .product import Product, reading
from .truth import draw_truth, read_truth

PICTURES = {
    "overview": draw_overview, "map": draw_kappa, "snr": draw_snr, "std": draw_std, "peaks": draw_peaks,
    "modes": draw_modes, "residuals": draw_residuals, "convergence": draw_convergence, "truth": draw_truth,
    "true": draw_true, "shear": draw_shear, "count": draw_count, "mask": draw_mask,
}
HELP = """pictures of maps of the sky (--only): overview, map, snr, std, peaks, modes, residuals, convergence, truth, true, shear, count,
mask. Without --only: all that the product has data for. East is to the left; the hatched area is masked. Maps wider
than 1024 pixels are averaged in blocks inside the mask for display; statistics use every pixel.

pictures of stacks and movies: panels (data, estimate, residual of one frame), strip (frames in a row), kymograph (lines
against time), flux (against time), convergence, movie (an animated GIF). Volumes are shown by their brightest plane.

exit codes: 0 drawn; 64 usage; 65 not a product, unfinished, or bad data; 66 no such file; 73 the folder cannot be
written; 74 reading or writing failed half-way."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Failure(USAGE, f"{message}; see lacuna-plot --help")


def parse(arguments):
    parser = Parser(prog="lacuna-plot", epilog=HELP, allow_abbrev=False,
                    formatter_class=argparse.RawDescriptionHelpFormatter,
                    description="Draws the pictures of a lacuna product NAME.h5 as NAME_map.png, NAME_snr.png, ...")
    parser.add_argument("product", metavar="NAME.h5", help="written by lacuna-massmap, lacuna-deconvolve or lacuna-simulate")
    parser.add_argument("--truth", metavar="TRUTH.h5[:dataset]",
                        help="truth to compare kappa_E with (dataset: maps/kappa_true or kappa_true)")
    parser.add_argument("--clusters", metavar="FILE",
                        help="positions to mark: a text table with columns ra and dec [deg], or a simulated survey")
    parser.add_argument("--out", metavar="FOLDER", help="where the pictures go (default: the product's folder)")
    parser.add_argument("--only", metavar="LIST", help="comma-separated pictures, for example map,snr")
    parser.add_argument("--frame", type=int, metavar="N",
                        help="which frame of a cube or movie, from 0 (default: 0 of maps, the middle one of movies)")
    parser.add_argument("--dpi", type=int, default=200, help="dots per inch, 20 to 1200 (default 200)")
    parser.add_argument("--format", choices=("png", "pdf"), default="png")
    parser.add_argument("--force", action="store_true", help="draw an unfinished product, or another format version")
    options = parser.parse_args(arguments)
    options.only = [name.strip() for name in options.only.split(",")] if options.only is not None else []
    for name in options.only:
        if name not in PICTURES and name not in MOVIE_PICTURES:
            raise Failure(USAGE, f"--only: there is no picture \"{name}\"; there are {', '.join(PICTURES)}, and of "
                                 f"movies {', '.join(MOVIE_PICTURES)}")
    if not 20 <= options.dpi <= 1200:
        raise Failure(USAGE, f"--dpi {options.dpi} is not in 20..1200")
    if options.frame is not None and options.frame < 0:
        raise Failure(USAGE, f"--frame {options.frame} is negative")
    if "truth" in options.only and not options.truth:
        raise Failure(USAGE, "--only truth needs --truth TRUTH.h5")
    return options


def output_folder(path: str) -> str:
    """Made if missing; tried before anything is drawn."""
    try:
        os.makedirs(path, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise Failure(CANNOT_CREATE, f"{path}: pictures cannot be written there ({error.strerror})") from error
    return path


def clusters(path: str, product: Product) -> Points:
    """Clusters inside the field, from a text table or the haloes of a lacuna product."""
    if product.frame.kind != "sky":
        raise Failure(BAD_DATA, f"--clusters: {product.path} has no WCS to place them by")
    if path.endswith((".h5", ".hdf5")):
        with contextlib.closing(Product(path, force=True)) as source:
            found = source.haloes()
        if found is None:
            raise Failure(BAD_DATA, f"{path}: no haloes in it (/haloes/ra, /haloes/dec)")
        ra, dec = found.ra, found.dec
    else:
        ra, dec = read_list(path)
    return Points(*product.frame.to_pixel(ra, dec), ra, dec).inside(product.frame)


def wanted(options, product: Product) -> list[str]:
    known = MOVIE_PICTURES if isinstance(product, Movie) else PICTURES
    for name in options.only:
        if name not in known:
            raise Failure(USAGE, f"--only: there is no picture \"{name}\" of this product; there are {', '.join(known)}")
    if options.only:
        return list(dict.fromkeys(options.only))
    if isinstance(product, Movie):
        skip = {"kymograph"} if not product.line else {"strip", "movie"}
        skip |= set() if "t" in product.axes else {"strip", "movie", "kymograph", "flux"}
        return [name for name in MOVIE_PICTURES if name not in skip]
    skip = set() if options.truth else {"truth"}
    if product.has("kappa_E"):
        skip |= {"true", "mask"}  # the mask is seen in every map
    else:
        skip |= {"map", "snr", "std", "peaks", "modes", "residuals", "convergence"}  # a simulated survey
    return [name for name in PICTURES if name not in skip]


def draw(options) -> None:
    product = open_product(options.product, options.force, options.frame)
    if isinstance(product, Movie) and (options.truth or options.clusters):
        raise Failure(USAGE, "--truth and --clusters are for maps of the sky")
    with contextlib.closing(product):
        draw_product(options, product)


def draw_product(options, product: Product) -> None:
    folder = output_folder(options.out or os.path.dirname(os.path.abspath(options.product)))
    job = Job(product)
    if options.clusters:
        with reading(options.clusters):
            job.clusters = clusters(options.clusters, product)
    if options.truth:
        with reading(options.truth):
            job.truth = read_truth(options.truth, product)
    written = 0
    for name in wanted(options, product):
        try:
            with reading(product.path), style.settings():
                figure, sentence = (MOVIE_PICTURES if isinstance(product, Movie) else PICTURES)[name](job)
                animated = isinstance(figure, bytes)
                path = os.path.join(folder, f"{product.name}_{name}.{'gif' if animated else options.format}")
                if animated:
                    style.write(path, figure)
                else:
                    style.save(figure, path, options.dpi, f"{product.name}: {name}")
        except Missing as missing:
            product.notes.append(f"{name}: not drawn, {product.path} has no {missing}")
        else:
            written += 1
            print(f"wrote {path}: {sentence}.", flush=True)
        for note in product.notes:
            print(f"note: {note}", flush=True)
        product.notes.clear()
    if not product.finished:
        print("note: the product is unfinished; these pictures show the state it was left in", flush=True)
    if job.truth:
        job.truth.file.close()
    if written == 0:
        raise Failure(BAD_DATA, f"{options.product}: nothing in it can be drawn")


def main(arguments: list[str]) -> int:
    if not sys.warnoptions:  # python3 -W shows them: remarks of matplotlib and numpy are no help to a user
        warnings.simplefilter("ignore")
    try:
        draw(parse(arguments))
        return 0
    except Failure as failure:
        print(f"lacuna-plot: {failure}", file=sys.stderr)
        return failure.code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
