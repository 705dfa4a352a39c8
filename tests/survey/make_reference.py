"""References for the tests of survey/: sky positions by astropy (WCSLIB), the rotation of shear from the Jacobian of
astropy's projection by a polar decomposition, and a catalogue binned galaxy by galaxy."""
import os, sys
import h5py, numpy as np
from astropy.io import fits
from astropy.wcs import WCS

os.makedirs(sys.argv[1], exist_ok=True)
os.chdir(sys.argv[1])
rng = np.random.default_rng(4711)


def wcs_of(kind, ra, dec, pixel, nx, ny):
    w = WCS(naxis=2)
    if kind == "gnomonic":
        w.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        w.wcs.crval = [ra, dec]
        w.wcs.crpix = [(nx + 1) / 2, (ny + 1) / 2]
        w.wcs.lonpole = 180.0
    else:
        w.wcs.ctype = ["RA---CAR", "DEC--CAR"]
        w.wcs.crval = [ra, 0.0]
        w.wcs.crpix = [(nx + 1) / 2, (ny + 1) / 2 - dec / (pixel / 60)]
    w.wcs.cdelt = [pixel / 60, pixel / 60]
    w.wcs.cunit = ["deg", "deg"]
    w.wcs.set()
    return w


def rotation(w, ra, dec):
    """cos 2 psi, sin 2 psi of the rotation in the polar decomposition of d(x, y)/d(ra cos dec, dec)."""
    h = 1e-3
    c = np.cos(np.radians(dec))
    out = []
    for a, d in zip(ra, dec):
        def p(da, dd):
            return np.array(w.wcs_world2pix([[a + da, d + dd]], 0)[0])
        def slope(u, v):  # fourth-order central difference
            return (8 * (p(u, v) - p(-u, -v)) - (p(2 * u, 2 * v) - p(-2 * u, -2 * v))) / 12 / h
        k = np.cos(np.radians(d))
        jacobian = np.stack([slope(h / k, 0), slope(0, h)], axis=1)
        left, _, right = np.linalg.svd(jacobian)
        r = left @ right
        assert np.linalg.det(r) > 0
        psi = np.arctan2(r[1, 0], r[0, 0])
        out.append((np.cos(2 * psi), np.sin(2 * psi)))
    return np.array(out).T


# Positions and rotations
rows = []
for number, (kind, ra0, dec0, pixel, nx, ny) in enumerate([
    ("gnomonic", 150.1, 2.2, 0.29, 360, 361), ("gnomonic", 0.02, -50.0, 2.0, 301, 300), ("gnomonic", 359.9, 60.0, 1.0, 64, 65),
    ("gnomonic", 30.0, 89.5, 3.0, 100, 100), ("gnomonic", 200.0, -89.9, 1.5, 33, 34), ("gnomonic", 77.0, 90.0, 1.0, 40, 41),
    ("gnomonic", 77.0, -90.0, 1.0, 41, 40), ("gnomonic", 10.0, 0.0, 5.0, 1, 1), ("none", 150.1, 2.2, 0.29, 360, 361),
    ("none", 0.01, -65.0, 1.0, 200, 99)]):
    w = wcs_of(kind, ra0, dec0, pixel, nx, ny)
    span = pixel / 60 * max(nx, 50)
    dec = np.clip(dec0 + span * rng.uniform(-1, 1, 40), -89.95, 89.95)
    ra = ra0 + span * rng.uniform(-1, 1, 40) / max(np.cos(np.radians(dec0)), 1e-3)
    if abs(dec0) > 80:
        ra = rng.uniform(0, 360, 40)
    if kind == "none":
        ra = ra0 + span * rng.uniform(-1, 1, 40)
    x, y = w.wcs_world2pix(ra % 360, dec, 0)
    if kind == "none":  # WCSLIB's native longitude may come back shifted by a turn
        turn = 360 / (pixel / 60)
        x = (x - (nx - 1) / 2 + turn / 2) % turn - turn / 2 + (nx - 1) / 2
        c2, s2 = np.ones(40), np.zeros(40)
    else:
        c2, s2 = rotation(w, ra, dec)
    assert np.isfinite(x).all()
    for values in zip(ra % 360, dec, x, y, c2, s2):
        rows.append((number, kind == "gnomonic", ra0, dec0, pixel, nx, ny) + values)
with open("positions.csv", "w") as f:
    f.write("case,gnomonic,ra0,dec0,pixel,nx,ny,ra,dec,x,y,cos2,sin2\n")
    for row in rows:
        f.write(",".join(repr(float(v)) for v in row) + "\n")

# A catalogue over RA = 0, far from the equator, with every complication, in three formats
n = 5000
cat = {
    "RA": (rng.uniform(-1.2, 1.2, n)) % 360,
    "DEC": -50 + rng.uniform(-0.8, 0.8, n),
    "e1": rng.normal(0.01, 0.3, n),
    "e2": rng.normal(-0.02, 0.25, n),
    "w": np.where(rng.uniform(size=n) < 0.05, 0.0, rng.uniform(0.2, 2, n)),
    "m": rng.uniform(-0.2, 0.1, n),
    "z": rng.uniform(0, 2, n),
}
cat["e1"][cat["w"] == 0] = np.nan  # failed fits: weight 0
cat["z"][5] = np.nan
ra0, dec0, pixel, nx, ny = 359.95, -50.1, 4.0, 19, 22
flip1, flip2, c1, c2, responsivity = 1, -1, 0.003, -0.001, 1.7
w = wcs_of("gnomonic", ra0, dec0, pixel, nx, ny)
use = (cat["z"] >= 0.3) & (cat["z"] <= 1.5) & (cat["w"] > 0)
x, y = w.wcs_world2pix(cat["RA"], cat["DEC"], 0)
cos2, sin2 = rotation(w, cat["RA"], cat["DEC"])
sums = np.zeros((5, ny, nx))
squares = np.zeros(2)
outside = 0
for k in np.flatnonzero(use):
    column, row = int(np.floor(x[k] + 0.5)), int(np.floor(y[k] + 0.5))
    if not (0 <= column < nx and 0 <= row < ny):
        outside += 1
        continue
    e = complex(flip1 * cat["e1"][k] - c1, flip2 * cat["e2"][k] - c2) / responsivity * complex(cos2[k], sin2[k])
    weight = cat["w"][k]
    sums[:, row, column] += [1, weight * e.real, weight * e.imag, weight * (1 + cat["m"][k]), weight**2]
    squares += [weight**2 * abs(e) ** 2 / 2, weight**2]
sd = np.sqrt(squares[0] / squares[1])
with np.errstate(divide="ignore", invalid="ignore"):
    filled = sums[0] > 0
    gamma1, gamma2 = np.where(filled, sums[1:3] / sums[3], 0)
    variance = np.where(filled, sd**2 * sums[4] / sums[3] ** 2, np.inf)
with h5py.File("binned.h5", "w") as f:
    for name, values in {"count": sums[0], "gamma1": gamma1, "gamma2": gamma2, "variance": variance}.items():
        f[name] = values.ravel()
    numbers = [n, np.count_nonzero(~((cat["z"] >= 0.3) & (cat["z"] <= 1.5))), 0, outside, 0, sums[0].sum()]
    numbers[2] = np.count_nonzero((cat["z"] >= 0.3) & (cat["z"] <= 1.5) & (cat["w"] == 0))
    f["numbers"] = np.array(numbers, "f8")
    f["sd"] = [sd]
fits.BinTableHDU.from_columns([fits.Column(k, "D", array=v) for k, v in cat.items()]).writeto("cat.fits", overwrite=True)
with h5py.File("cat.h5", "w") as f:
    for name, values in cat.items():
        f["survey/" + name] = values
with open("cat.csv", "w") as f:
    f.write(",".join(cat) + "\n")
    for row in zip(*cat.values()):
        f.write(",".join(repr(float(v)) for v in row) + "\n")


# Bad catalogues: each spoils one thing of a small good one
def small(name, rows=10, **spoil):
    base = {"ra": 10 + 0.01 * np.arange(rows), "dec": np.full(rows, 5.0), "e1": np.full(rows, 0.1), "e2": np.zeros(rows),
            "weight": np.ones(rows), "m": np.zeros(rows)}
    for column, (row, value) in spoil.items():
        base[column][row] = value
    with open(name, "w") as f:
        f.write(",".join(base) + "\n")
        for r in zip(*base.values()):
            f.write(",".join(repr(float(v)) for v in r) + "\n")


small("good.csv")
small("two.csv", rows=2)
small("none.csv", rows=0)
small("nan_e1.csv", e1=([7, 3], np.nan))
small("inf_weight.csv", weight=(9, np.inf))
small("negative.csv", weight=(4, -0.5))
small("dec.csv", dec=(2, 90.5))
small("m.csv", m=(6, -1))
small("nan_ra.csv", ra=([0, 9], np.nan))
small("radians.csv", ra=(slice(None), np.radians(10 + 0.01 * np.arange(10))), dec=(slice(None), np.radians(5.0)))
small("weightless.csv", weight=(slice(None), 0))
small("mark.csv", e2=([5, 8], -9999.0))
small("heavy.csv", weight=(1, 1e200))
small("light.csv", weight=(7, 1e-300))
small("far_ra.csv", ra=(3, -9999.0))

# Extents: over RA = 0, around a pole, and two far fields
def extents(name, ra, dec):
    with open(name, "w") as f:
        f.write("ra,dec,e1,e2\n")
        for a, d in zip(ra, dec):
            f.write(f"{a!r},{d!r},0.1,0.2\n")


extents("wrap.csv", [359.5, 0.25, 0.5, 359.75] * 3, [-1.0, 1.0, 0.5, 0.0] * 3)
side = np.arange(100) / 100
a, d = np.meshgrid(358 + 4 * side, 10 + 2 * side)
extents("dense.csv", (a.ravel() % 360).tolist(), d.ravel().tolist())
extents("pole.csv", [10.0, 100.0, 190.0, 280.0], [89.0, 89.0, 89.0, 89.0])
# Few galaxies: 500 on 1 x 1 deg, and 500 within 0.5 deg of the pole
extents("sparse.csv", rng.uniform(10, 11, 500).tolist(), rng.uniform(-0.5, 0.5, 500).tolist())
extents("cap.csv", rng.uniform(0, 360, 500).tolist(), (90 - 0.5 * np.sqrt(rng.uniform(0, 1, 500))).tolist())
extents("place.csv", [10.0] * 7, [20.0] * 7)
extents("far.csv", [10.0, 10.001, 300.0] * 50, [0.0, 0.001, 60.0] * 50)

# The published COSMOS maps, flattened to columns
if "LACUNA_DATA" in os.environ:
    with h5py.File(os.environ["LACUNA_DATA"] + "/cosmos_hst_maps.h5") as f, h5py.File("cosmos_maps.h5", "w") as g:
        for name in ("e1", "e2", "mask"):
            g[name] = f[name][:].ravel()
