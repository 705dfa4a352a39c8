"""Column tables for test_table: good ones, whose values are simple functions of the row, and bad ones."""
import gzip, os, shutil, sys
import h5py, numpy as np
from astropy.io import fits

os.makedirs(sys.argv[1], exist_ok=True)
os.chdir(sys.argv[1])
n = 30011
i = np.arange(n)
x = i * 0.37 - 5
flag = i % 3 == 0

# FITS, every type
j = i.astype(np.int32) - 7
j[11] = -99
columns = [
    fits.Column("X", "D", unit="deg", array=x),
    fits.Column("half", "E", array=(x / 2).astype(np.float32)),
    fits.Column("J", "J", array=j, null=-99),
    fits.Column("K", "K", array=i.astype(np.int64) * 10**12),
    fits.Column("U", "I", bzero=32768, array=(i % 60000).astype(np.uint16)),
    fits.Column("B", "B", array=(i % 251).astype(np.uint8)),
    fits.Column("L", "L", array=flag),
    fits.Column("V", "3E", array=np.zeros((n, 3), np.float32)),
    fits.Column("NAME", "5A", array=np.array(["abc"] * n)),
    fits.Column("x2", "D", array=2 * x),
    fits.Column("X2", "D", array=3 * x),
    fits.Column("S", "I", array=(i % 100).astype(np.int16)),
]
table = fits.BinTableHDU.from_columns(columns, name="GALAXIES")
table.header["TSCAL12"], table.header["TZERO12"] = 0.5, 10.0  # S = 10 + 0.5 raw
image = fits.ImageHDU(np.zeros((4, 5)), name="PICTURE")
fits.HDUList([fits.PrimaryHDU(), image, table]).writeto("good.fits", overwrite=True, checksum=True)
raw = open("good.fits", "rb").read()
start = fits.open("good.fits")[2].fileinfo()["datLoc"]
open("truncated.fits", "wb").write(raw[: start + (len(raw) - start) // 2])
open("flipped.fits", "wb").write(raw[: start + 4321] + bytes([raw[start + 4321] ^ 4]) + raw[start + 4322 :])
header = raw.index(b"XTENSION= 'BINTABLE'")
at = raw.index(b"DATE", header) if b"DATE" in raw[header:start] else header
patched = bytearray(raw)
comment = raw.index(b"EXTNAME", header)
patched[comment + 40 : comment + 45] = b"other"  # a comment field: the data are untouched, the header is not
open("header.fits", "wb").write(patched)
plain = fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns[:2])])
plain.writeto("plain.fits", overwrite=True)
raw = open("plain.fits", "rb").read()
huge = b"NAXIS2  = %20d" % 4_000_000_000_000_000_000
at = raw.index(b"NAXIS2  = ")
open("promise.fits", "wb").write(raw[:at] + huge + raw[at + len(huge) :])
fits.PrimaryHDU(np.zeros((3, 3))).writeto("image.fits", overwrite=True)
fits.HDUList([fits.PrimaryHDU(), fits.TableHDU.from_columns([fits.Column("A", "E15.7", array=x[:5].astype("f4"))])]).writeto("ascii.fits", overwrite=True)
with open("plain.fits", "rb") as a, gzip.open("packed.fits.gz", "wb") as b:
    shutil.copyfileobj(a, b)

# HDF5, every type
with h5py.File("good.h5", "w") as f:
    f["X"] = x
    f.create_dataset("half", data=(x / 2).astype("f4"), chunks=(1000,), fletcher32=True, compression="gzip")
    f["J"] = (i - 7).astype(">i4")
    f["B"] = (i % 251).astype("u1")
    f["L"] = flag
    f["cat/ra"] = x + 1
    rows = np.zeros(n, dtype=[("p", "<f4"), ("q", ">i2"), ("s", "S3")])
    rows["p"], rows["q"] = x, i % 1000
    f["cat/rows"] = rows
    f["picture"] = np.zeros((3, 4))
    f["names"] = np.array([b"a"] * n)
    f["short"] = np.zeros(5)
good = open("good.h5", "rb").read()
open("truncated.h5", "wb").write(good[: len(good) // 2])
with h5py.File("other.h5", "w") as f:
    f["X"] = x
with h5py.File("links.h5", "w") as f:
    f["Y"] = x
    f["X"] = h5py.ExternalLink("other.h5", "/X")
    f["soft"] = h5py.SoftLink("/X")
with h5py.File("virtual.h5", "w") as f:
    layout = h5py.VirtualLayout(shape=(n,), dtype="f8")
    layout[:] = h5py.VirtualSource("other.h5", "X", shape=(n,))
    f.create_virtual_dataset("X", layout)
open("outside.bin", "wb").write(x.tobytes())
with h5py.File("outside.h5", "w") as f:
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_external(b"outside.bin", 0, 8 * n)
    h5py.h5d.create(f.id, b"X", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((n,)), create)
with h5py.File("unwritten.h5", "w") as f:
    f.create_dataset("X", shape=(10**15,), dtype="f8", chunks=(1 << 18,))
    f.create_dataset("Y", shape=(10**15,), dtype="f8")
with h5py.File("flipped.h5", "w") as f:
    f.create_dataset("X", data=x, chunks=(1000,), fletcher32=True)
    place = f["X"].id.get_chunk_info(20).byte_offset
raw = bytearray(open("flipped.h5", "rb").read())
raw[place + 99] ^= 1
open("flipped.h5", "wb").write(raw)

# CSV
def csv(name, head, rows, end="\n"):
    with open(name, "w", newline="") as f:
        f.write(end.join(head + rows))

lines = [f"{a!r}, {a / 2!r},{'+' if k % 2 else ''}{k}\t, 1e{k % 3}" for k, a in enumerate(x.tolist())]
for k in (5000, 10, 3):
    lines.insert(k, "# a remark, with, commas")
lines.insert(20000, "")
csv("good.csv", ["# made by hand", "", '"X",half , J,p'], lines + [""])
csv("tailless.csv", ["X,half,J,p"], lines, "\r\n")
csv("numpy.csv", ["# X, half, J, p"], lines)
csv("headless.csv", [], ["1,2", "3,4"])
csv("header.csv", ["X,Y"], [])
csv("word.csv", ["X,Y"], ["1,2", "# remark", "3,four", "5,6"])
csv("hole.csv", ["X,Y"], ["1,2", "3,", "5,6"])
csv("fewer.csv", ["X,Y,Z"], ["1,2,3", "3,4", "5,6,7"])
csv("more.csv", ["X,Y"], ["1,2", "3,4,5"])
csv("tabs.csv", ["X\tY"], ["1\t2"])
csv("semicolons.csv", ["X;Y"], ["1;2"])
csv("blanks.csv", ["# a table", "1 2"], ["3 4"])
csv("twice.csv", ["X,X"], ["1,2"])
csv("nan.csv", ["X,Y"], ["1,nan", "-inf,2"])
open("empty.csv", "w").close()
csv("comments.csv", ["# nothing"], ["# at all"])
open("binary.dat", "wb").write(bytes(range(256)))
open("binary.fits", "wb").write(b"SIMPLE  =                    T" + bytes(100))
