"""The HDF5 file of a lacuna program: found, checked, and read only as far as a picture needs."""
from __future__ import annotations

import contextlib
import os

import h5py
import numpy as np

from .failure import BAD_DATA, IO_ERROR, NO_INPUT, Failure, Missing
from .layer import LARGEST_SIDE, Layer, read_layer
from .points import Points
from .sky import Frame

FORMAT_VERSION = 1
LARGEST_AXIS = 1 << 20  # a damaged or hostile header must not make the reader allocate
LONGEST_TABLE = 10_000_000


def open_file(path: str) -> h5py.File:
    if not os.path.isfile(path):
        raise Failure(NO_INPUT, f"{path}: no such file")
    try:
        with open(path, "rb"):
            pass
        return h5py.File(path, "r")
    except PermissionError as error:
        raise Failure(NO_INPUT, f"{path}: cannot be read ({error.strerror})") from error
    except OSError as error:
        raise Failure(BAD_DATA, f"{path}: not an HDF5 file, or a damaged one ({error})") from error


@contextlib.contextmanager
def reading(path: str):
    """On a damaged file HDF5, numpy and what is made of its numbers raise all kinds of errors."""
    try:
        yield
    except (Failure, Missing):
        raise
    except OSError as error:  # a chunk whose checksum fails, found while a statistic was computed
        raise Failure(IO_ERROR, f"{path}: reading failed ({error})") from error
    except Exception as error:
        text = " ".join(str(error).split())
        raise Failure(BAD_DATA, f"{path}: damaged or no product of lacuna: {type(error).__name__}: {text}") from error


def find(group: h5py.Group, path: str):
    """The object at a path made of hard links alone, or None. Links out of the file are refused: it may come from
    anywhere."""
    where = group
    for part in path.strip("/").split("/"):
        if not isinstance(where, h5py.Group) or part not in where:
            return None
        link = where.get(part, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise Failure(BAD_DATA, f"{group.file.filename}: {path} is a link to another name or file: refused")
        where = where[part]
    if isinstance(where, h5py.Dataset) and (where.is_virtual or where.external):
        raise Failure(BAD_DATA, f"{group.file.filename}: {path} keeps its data outside the file: refused")
    return where


def find_map(file: h5py.File, path: str) -> h5py.Dataset | None:
    """A numeric dataset [y][x] or [frame][y][x], or None where there is none of that name."""
    dataset = find(file, path)
    if dataset is None:
        return None
    if not isinstance(dataset, h5py.Dataset) or dataset.ndim not in (2, 3) or dataset.dtype.kind not in "buif":
        raise Failure(BAD_DATA, f"{file.filename}: {path} is not a numeric map [y][x] or cube [frame][y][x]")
    if 0 in dataset.shape or max(dataset.shape) > LARGEST_AXIS:
        raise Failure(BAD_DATA, f"{file.filename}: {path} has the shape {dataset.shape}")
    return dataset


def plain(value):
    """An HDF5 attribute as str, float, int, or an array of them."""
    if isinstance(value, h5py.Empty):
        return None
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.item() if isinstance(value, np.generic) else value


class Product:
    """An open product. Opening checks: HDF5, format, version, complete, and that all maps have one shape."""

    def __init__(self, path: str, force: bool = False, frame: int | None = 0):
        self.path = path
        self.name = os.path.basename(path)
        for ending in (".tmp", ".h5", ".hdf5"):
            self.name = self.name[: -len(ending)] if self.name.endswith(ending) else self.name
        self.file = open_file(path)
        self.frame_index = frame
        self.notes: list[str] = []
        self._layers: dict[tuple[str, bool], Layer] = {}
        try:
            self._check(force)
        except Exception:
            self.file.close()
            raise

    def _check_format(self, force: bool) -> None:
        """A finished product of this format with maps; sets finished and maps."""
        if self.attribute("/", "format") != "lacuna":
            raise Failure(BAD_DATA, f"{self.path}: not a lacuna product (its root attribute format is not \"lacuna\")")
        version = self.attribute("/", "format_version")
        if version != FORMAT_VERSION and not force:
            raise Failure(BAD_DATA, f"{self.path}: format_version is {version}; this program reads "
                                    f"{FORMAT_VERSION} (--force tries)")
        self.finished = self.attribute("/", "complete") == 1
        if not self.finished and not force:
            raise Failure(BAD_DATA, f"{self.path}: unfinished (no complete=1): the run has not ended, or ended early "
                                    "(--force draws it as it is)")
        maps = find(self.file, "maps")
        self.maps = list(maps) if isinstance(maps, h5py.Group) else []
        if not self.maps:
            raise Failure(BAD_DATA, f"{self.path}: there is no map in /maps")

    def _check(self, force: bool) -> None:
        self._check_format(force)
        shapes = {name: find_map(self.file, f"maps/{name}").shape[-2:] for name in self.maps}
        first = "kappa_E" if "kappa_E" in shapes else next(iter(shapes))
        ny, nx = shapes[first]
        for name, shape in shapes.items():
            if shape != (ny, nx):
                raise Failure(BAD_DATA, f"{self.path}: /maps/{name} has {shape[0]} x {shape[1]} pixels, "
                                        f"/maps/{first} {ny} x {nx}")
        header = self.attributes("grid")
        header = {key: float(v) if isinstance(v, int) else v for key, v in header.items()}
        pixel = header.get("pixel_arcmin")
        self.frame = Frame(nx, ny, pixel if isinstance(pixel, float) and 0 < pixel < np.inf else None, header)
        if self.frame.kind != "sky":
            self.notes.append("no usable WCS in /grid: axes are labelled with offsets instead of RA and Dec")

    def close(self) -> None:
        self.file.close()

    def attributes(self, path: str) -> dict:
        where = self.file if path == "/" else find(self.file, path)
        try:
            return {} if where is None else {key: plain(value) for key, value in where.attrs.items()}
        except OSError as error:
            raise Failure(BAD_DATA, f"{self.path}: the attributes of {path} cannot be read ({error})") from error

    def attribute(self, path: str, name: str):
        return self.attributes(path).get(name)

    def has(self, name: str) -> bool:
        return name in self.maps

    def dataset(self, name: str) -> h5py.Dataset:
        """A map of the product. Throws Missing."""
        if name not in self.maps:
            raise Missing(f"/maps/{name}")
        found = find_map(self.file, f"maps/{name}")
        if found.ndim == 3 and self.frame_index >= found.shape[0]:
            raise Failure(BAD_DATA, f"{self.path}: /maps/{name} has {found.shape[0]} frames; there is no frame "
                                    f"{self.frame_index}")
        return found

    @property
    def mask(self) -> h5py.Dataset | None:
        return self.dataset("mask") if self.has("mask") else None

    def layer(self, name: str, masked: bool = True) -> Layer:
        """A map as drawn, kept for the next picture. Throws Missing."""
        key = (name, masked)
        if key not in self._layers:
            self._layers[key] = self.read(name, self.dataset(name), self.mask if masked else None)
        return self._layers[key]

    def read(self, name: str, dataset: h5py.Dataset, mask, side: int = LARGEST_SIDE) -> Layer:
        try:
            layer = read_layer(name, dataset, mask, self.frame_index, side)
        except OSError as error:
            raise Failure(IO_ERROR, f"{dataset.file.filename}: {dataset.name} cannot be read ({error})") from error
        if layer.bad and mask is not None:
            self.notes.append(f"{name}: {layer.bad:,} pixels inside the mask are not finite; drawn as masked")
        if layer.used == 0:
            self.notes.append(f"{name}: no usable pixel")
        return layer

    def units(self, name: str) -> str:
        units = str(self.attribute(f"maps/{name}", "units") or "")
        return "" if units in ("1", "dimensionless", "none") else units

    def table(self, path: str) -> np.ndarray | None:
        """A 1-D numeric dataset as float64, or None."""
        dataset = find(self.file, path)
        if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "buif":
            return None
        if dataset.ndim != 1 or dataset.shape[0] > LONGEST_TABLE:
            raise Failure(BAD_DATA, f"{self.path}: {path} has the shape {dataset.shape}; a column was expected")
        try:
            return np.asarray(dataset[()], dtype=np.float64)
        except OSError as error:
            raise Failure(IO_ERROR, f"{self.path}: {path} cannot be read ({error})") from error

    def texts(self, path: str) -> list[str] | None:
        """A 1-D dataset of texts, or None."""
        dataset = find(self.file, path)
        if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "SO":
            return None
        if dataset.ndim != 1 or dataset.shape[0] > LONGEST_TABLE:
            raise Failure(BAD_DATA, f"{self.path}: {path} has the shape {dataset.shape}; a column was expected")
        try:
            return [str(plain(value)) for value in dataset[()]]
        except OSError as error:
            raise Failure(IO_ERROR, f"{self.path}: {path} cannot be read ({error})") from error

    def peaks(self) -> Points | None:
        """The peak list, highest S/N first, placed on the map by RA and Dec where the grid has a WCS."""
        ra, dec, snr = (self.table(f"peaks/{name}") for name in ("ra", "dec", "snr"))
        x, y = self.table("peaks/x"), self.table("peaks/y")
        if snr is None or (ra is None or dec is None) and (x is None or y is None):
            return None
        columns = [c for c in (ra, dec, snr, x, y) if c is not None]
        if len({c.size for c in columns}) != 1:
            raise Failure(BAD_DATA, f"{self.path}: the columns of /peaks differ in length")
        if self.frame.kind == "sky" and ra is not None and dec is not None:
            px, py = self.frame.to_pixel(ra, dec)
            if x is not None and y is not None and px.size:
                apart = np.nanmax(np.hypot(px - x, py - y), initial=0.0)
                if apart > 1.0:
                    self.notes.append(f"peaks: x, y and ra, dec differ by up to {apart:.1f} pixels; drawn at ra, dec")
        elif x is not None and y is not None:
            px, py = x, y
        else:
            return None
        return Points(px, py, ra, dec, snr).sorted()

    def haloes(self) -> Points | None:
        """The haloes that lacuna-simulate put in, heaviest first where it says how heavy."""
        ra, dec = self.table("haloes/ra"), self.table("haloes/dec")
        if ra is None or dec is None or self.frame.kind != "sky":
            return None
        found = find(self.file, "haloes")
        masses = [name for name in found if name.lower().startswith(("m200", "m500", "mass", "m_"))]
        mass = self.table(f"haloes/{masses[0]}") if masses else None
        columns = [ra, dec] if mass is None else [ra, dec, mass]
        if len({c.size for c in columns}) != 1:
            raise Failure(BAD_DATA, f"{self.path}: the columns of /haloes differ in length")
        return Points(*self.frame.to_pixel(ra, dec), ra, dec, mass).sorted()
