"""Stacks for test_stack in FOLDER: HDF5, FITS, and TIFF files written here byte by byte, so that nothing of libtiff's is
on both sides. Entry (t, c, z, y, x) of 4 x 2 x 3 x 5 x 7 holds number(t, c, z, y, x), see below."""
import os
import struct
import sys
import zlib

import h5py
import numpy as np
from astropy.io import fits

T, C, Z, Y, X = 4, 2, 3, 5, 7
FULL = np.arange(T * C * Z * Y * X).reshape(T, C, Z, Y, X)  # the natural index


def values(dtype, axes, array=FULL):
    """The entries along `axes`, index 0 of the others; small integers are taken modulo 200, signed ones shifted."""
    index = tuple(slice(None) if letter in axes else 0 for letter in "tczyx")
    part = array[index]
    kept = [letter for letter in "tczyx" if letter in axes]
    part = part.transpose([kept.index(letter) for letter in axes])
    dtype = np.dtype(dtype)
    if dtype.itemsize == 1:
        part = part % 200
    if dtype.kind in "if":
        part = part - 100
    return part.astype(dtype) * (dtype.type(0.5) if dtype.kind == "f" else dtype.type(1))


def tag(order, big, number, kind, items):
    """A directory entry: (number, kind, count, packed bytes)."""
    code = {3: "H", 4: "I", 16: "Q", 2: "s"}[kind]
    if kind == 2:
        data = items.encode() + b"\0"
        return number, kind, len(data), data
    return number, kind, len(items), struct.pack(order + code * len(items), *items)


def write_tiff(path, pages, order="<", big=False, description=None, compress=False, rows=None, tile=None,
               single=False, planar=1, samples=1, predictor=False, palette=False):
    """pages: list of arrays [y][x] or [y][x][s] or [s][y][x] (planar = 2). single: one directory, all pages behind it."""
    size, entry = (8, 20) if big else (4, 12)
    head = (b"II" if order == "<" else b"MM") + (struct.pack(order + "HHHQ", 43, 8, 0, 0) if big
                                                 else struct.pack(order + "HI", 42, 0))
    out = bytearray(head)
    link = len(out) - size  # where the place of the next directory is written

    def put(data):
        if len(out) % 2:
            out.append(0)
        at = len(out)
        out.extend(data)
        return at

    for page in pages:
        stored = page.astype(page.dtype.newbyteorder(order))
        planes = list(stored) if planar == 2 else [stored]
        height, width = planes[0].shape[:2]
        blocks = []
        for plane in planes:
            if tile:
                for y in range(0, height, tile):
                    for x in range(0, width, tile):
                        part = plane[y:y + tile, x:x + tile]
                        pad = [(0, tile - part.shape[0]), (0, tile - part.shape[1])] + [(0, 0)] * (part.ndim - 2)
                        blocks.append(np.pad(part, pad).astype(stored.dtype))
            else:
                blocks += [plane[y:y + (rows or height)] for y in range(0, height, rows or height)]
        if predictor:  # horizontal differences
            blocks = [np.diff(b, axis=1, prepend=b.dtype.type(0)).astype(stored.dtype) for b in blocks]
        blobs = [zlib.compress(b.tobytes()) if compress else b.tobytes() for b in blocks]
        offsets = [put(blob) for blob in blobs]
        if single:
            for more in pages[1:]:
                out.extend(more.astype(more.dtype.newbyteorder(order)).tobytes())
        kind = {"u": 1, "i": 2, "f": 3}[stored.dtype.kind]
        where = 16 if big else 4
        tags = [tag(order, big, 256, 4, [width]), tag(order, big, 257, 4, [height]),
                tag(order, big, 258, 3, [8 * stored.dtype.itemsize] * samples),
                tag(order, big, 259, 3, [8 if compress else 1]), tag(order, big, 262, 3, [3 if palette else 1])]
        if description is not None and page is pages[0]:
            tags.append(tag(order, big, 270, 2, description))
        counts = [len(blob) for blob in blobs]
        if not tile:
            tags.append(tag(order, big, 273, where, offsets))
        tags.append(tag(order, big, 277, 3, [samples]))
        if not tile:
            tags += [tag(order, big, 278, 4, [rows or height]), tag(order, big, 279, where, counts)]
        tags.append(tag(order, big, 284, 3, [planar]))
        if predictor:
            tags.append(tag(order, big, 317, 3, [2]))
        if palette:
            tags.append(tag(order, big, 320, 3, [0] * 768))
        if tile:
            tags += [tag(order, big, 322, 4, [tile]), tag(order, big, 323, 4, [tile]),
                     tag(order, big, 324, where, offsets), tag(order, big, 325, where, counts)]
        tags.append(tag(order, big, 339, 3, [kind] * samples))
        packed = b""
        for number, kind, count, data in tags:
            inline = data.ljust(size, b"\0") if len(data) <= size else struct.pack(order + ("Q" if big else "I"), put(data))
            packed += struct.pack(order + ("HHQ" if big else "HHI"), number, kind, count) + inline
        place = put(struct.pack(order + ("Q" if big else "H"), len(tags)) + packed + b"\0" * size)
        struct.pack_into(order + ("Q" if big else "I"), out, link, place)
        link = len(out) - size
        if single:
            break
    with open(path, "wb") as file:
        file.write(out)
    return bytes(out)


def pages(dtype, axes):
    """The planes [y][x] of a stack in the order of `axes`, which ends in yx."""
    return list(values(dtype, axes).reshape(-1, Y, X))


IMAGEJ = "ImageJ=1.53t\nimages={}\nchannels={}\nslices={}\nframes={}\nhyperstack=true\nloop=false\n"
OME = ('<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
       '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="{}" Type="uint16" SizeX="7" SizeY="5" '
       'SizeZ="3" SizeC="2" SizeT="4">{}</Pixels></Image></OME>')


def tiffs(at):
    for name in ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8", "u8"):
        for order, letter in (("<", "little"), (">", "big")):
            write_tiff(at(f"{name}_{letter}.tif"), pages(name, "tyx"), order, rows=2)
    write_tiff(at("bigtiff.tif"), pages("u2", "tyx"), big=True)
    write_tiff(at("bigtiff_big.tif"), pages("f4", "tyx"), ">", big=True)
    write_tiff(at("deflate.tif"), pages("u2", "tyx"), ">", compress=True, rows=2)
    write_tiff(at("predictor.tif"), pages("u2", "tyx"), compress=True, predictor=True)
    write_tiff(at("tiles.tif"), pages("f4", "tyx"), tile=16)
    write_tiff(at("tiles_deflate.tif"), pages("u2", "tyx"), ">", tile=16, compress=True)
    wide = np.arange(2 * 37 * 45, dtype="u2").reshape(2, 37, 45)
    write_tiff(at("many_tiles.tif"), list(wide), tile=16, compress=True)
    write_tiff(at("many_strips.tif"), list(wide), ">", rows=5, compress=True)
    rgb = values("u2", "tyxc")
    write_tiff(at("samples.tif"), list(rgb), samples=2)
    write_tiff(at("samples_deflate.tif"), list(rgb), ">", samples=2, rows=2, compress=True)
    write_tiff(at("planar.tif"), list(values("u2", "tcyx")), samples=2, planar=2)
    write_tiff(at("imagej.tif"), pages("u2", "tzcyx"), ">", description=IMAGEJ.format(T * C * Z, C, Z, T))
    write_tiff(at("imagej_single.tif"), pages("u2", "tzcyx"), ">", description=IMAGEJ.format(T * C * Z, C, Z, T),
               single=True)
    write_tiff(at("imagej_slices.tif"), pages("u2", "tyx"), ">", description=IMAGEJ.format(T, 1, T, 1))
    write_tiff(at("shaped_single.tif"), pages("f8", "tzyx"), description='{"shape": [4, 3, 5, 7]}', single=True)
    for order in ("XYZCT", "XYCTZ", "XYTZC"):
        axes = order[::-1].lower()
        write_tiff(at(f"ome_{order}.ome.tif"), pages("u2", axes), description=OME.format(order, "<TiffData/>"), big=True)
    planes, data = pages("u2", "tzcyx"), ""
    for i in range(len(planes)):  # stored backwards
        t, z, c = i // (C * Z), i // C % Z, i % C
        data += (f'<TiffData FirstT="{t}" FirstC="{c}" IFD="{len(planes) - 1 - i}" FirstZ="{z}" PlaneCount="1">'
                 '<UUID FileName="a.tif">urn:uuid:1</UUID></TiffData>')
    write_tiff(at("ome_backwards.tif"), planes[::-1], description=OME.format("XYCZT", data))
    write_tiff(at("ome_missing.tif"), planes[:6], description=OME.format("XYCZT", "<TiffData/>"))
    write_tiff(at("one.tif"), pages("u2", "yx"))


def broken(at):
    whole = write_tiff(at("scratch"), pages("u2", "tyx"))
    cut = {"cut_data.tif": len(whole) - 250, "cut_head.tif": 6, "cut_one.tif": len(whole) - 6}
    for name, length in cut.items():
        with open(at(name), "wb") as f:
            f.write(whole[:length])
    single = write_tiff(at("scratch"), pages("u2", "tzcyx"), ">", description=IMAGEJ.format(T * C * Z, C, Z, T), single=True)
    directory = struct.unpack_from(">I", single, 4)[0]
    with open(at("cut_single.tif"), "wb") as f:  # the directory is behind the pixels: say that there are more of them
        f.write(single.replace(b"images=24", b"images=99").replace(b"slices=3\nframes=4", b"slices=9\nframes=4"))
    assert directory < len(single)
    with open(at("loop.tif"), "wb") as f:  # the last directory leads to the first one
        f.write(whole[:-4] + whole[4:8])
    packed = bytearray(write_tiff(at("scratch"), pages("u2", "tyx"), compress=True))
    packed[8:30] = bytes(22)
    with open(at("bad_deflate.tif"), "wb") as f:
        f.write(packed)
    write_tiff(at("sizes.tif"), [np.zeros((5, 7), "u2"), np.zeros((5, 8), "u2")])
    write_tiff(at("complex.tif"), [np.zeros((5, 7), "u2")])
    huge = bytearray(write_tiff(at("huge.tif"), [np.zeros((5, 7), "u2")]))
    for number, value in ((256, 100000), (257, 100000), (278, 100000)):
        place = huge.index(struct.pack("<HHI", number, 4, 1)) + 8
        struct.pack_into("<I", huge, place, value)
    with open(at("huge.tif"), "wb") as f:
        f.write(huge)
    half = bytearray(write_tiff(at("half.tif"), [np.zeros((5, 7), "f4")]))
    struct.pack_into("<H", half, half.index(struct.pack("<HHI", 258, 3, 1)) + 8, 24)
    with open(at("half.tif"), "wb") as f:
        f.write(half)
    write_tiff(at("palette.tif"), [np.zeros((5, 7), "u1")], palette=True)
    os.remove(at("scratch"))


def main(folder):
    os.makedirs(folder, exist_ok=True)

    def at(name):
        return os.path.join(folder, name)

    with h5py.File(at("stack.h5"), "w") as f:
        for axes in ("tyx", "tx", "x", "zyx", "yx", "tzyx", "yxt", "xyt", "tczyx", "cyx"):
            f[axes] = values("f8", axes)
        f.create_dataset("packed", data=values(">i2", "tyx"), chunks=(4, 2, 3), compression="gzip", fletcher32=True)
        f["leading"] = values("f8", "tyx")[None, :, None]
        f["flags"] = values("u1", "tyx") > 100
        f["text"] = "no numbers"
        f["labelled"] = values("f8", "tzyx")
        for i, letter in enumerate("tzyx"):
            f["labelled"].dims[i].label = letter
        f["one_frame"] = values("f8", "tyx")[:1]
        f["other"] = np.zeros((4, 5, 8))
        f["empty"] = np.zeros((0, 5, 7))
        f["line_flat"] = values("f8", "x")
    with h5py.File(at("only.h5"), "w") as f:
        f["a/b"] = values("f4", "tyx")
    hdus = [fits.PrimaryHDU(values("i2", "tyx")), fits.ImageHDU(values("f4", "tzyx"), name="VOLUME"),
            fits.ImageHDU(values("f8", "x"), name="LINE"), fits.CompImageHDU(values("i2", "tyx"), name="PACKED")]
    fits.HDUList(hdus).writeto(at("stack.fits"), overwrite=True, checksum=True)
    with open(at("stack.fits"), "rb") as f:
        start = f.read(4000)
    with open(at("cut.fits"), "wb") as f:
        f.write(start)
    with open(at("wrong_name.h5"), "wb") as f:  # first bytes decide
        with open(at("stack.fits"), "rb") as source:
            f.write(source.read())
    with open(at("text.tif"), "w") as f:
        f.write("not an image at all\n")
    open(at("empty.tif"), "w").close()
    tiffs(at)
    broken(at)


if __name__ == "__main__":
    main(sys.argv[1])
