"""Writes products in lacuna's standard layout (docs/files.md), whole, partial and odd, for the tests of lacuna-plot."""
import h5py
import numpy as np

LONG_NAMES = {"kappa_E": "convergence, E mode", "std": "posterior standard deviation", "snr": "signal to noise"}


def header(ny, nx, pixel_arcmin=0.3, ra=150.12, dec=2.21, projection="gnomonic"):
    """The WCS that lacuna writes: columns along +RA; `none` is CAR with CRVAL2 = 0 and CRPIX2 shifted."""
    step = pixel_arcmin / 60
    cards = {"CRPIX1": (nx + 1) / 2, "CRVAL1": ra, "CDELT1": step, "CDELT2": step}
    if projection == "gnomonic":
        cards.update(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRPIX2=(ny + 1) / 2, CRVAL2=dec)
    else:
        cards.update(CTYPE1="RA---CAR", CTYPE2="DEC--CAR", CRPIX2=(ny + 1) / 2 - dec / step, CRVAL2=0.0)
    return cards


def write(path, maps, cards=None, pixel_arcmin=0.3, peaks=None, convergence=None, haloes=None, complete=1,
          program="lacuna-massmap", attributes=None):
    """maps: name -> array; peaks, haloes: column -> array; convergence: (columns, attributes)."""
    shape = next(iter(maps.values())).shape[-2:]
    cards = header(*shape, pixel_arcmin) if cards is None else cards
    with h5py.File(path, "w") as f:
        f.attrs.update(format="lacuna", format_version=1, program=program)
        for name, values in maps.items():
            chunks = tuple(min(n, 512) for n in values.shape)
            d = f.create_dataset(f"maps/{name}", data=values, chunks=chunks, fletcher32=True)
            d.attrs.update(units="1", long_name=LONG_NAMES.get(name, name))
        grid = f.create_group("grid")
        grid.attrs.update(nx=shape[1], ny=shape[0], pixel_arcmin=pixel_arcmin, projection="gnomonic", **cards)
        for axis, n in (("y", shape[0]), ("x", shape[1])):
            grid[axis] = (np.arange(n) - (n - 1) / 2) * pixel_arcmin
            grid[axis].make_scale(axis)
        for group, columns in (("peaks", peaks), ("haloes", haloes), ("convergence", convergence and convergence[0])):
            for name, values in (columns or {}).items():
                f[f"{group}/{name}"] = values
        if convergence:
            f["convergence"].attrs.update(convergence[1])
        f.create_group("provenance").attrs.update(program=program, version="0.1.0", git_hash="0123456789ab", seed=42)
        f.create_group("notes").attrs.update(
            mean_convention="The mean of kappa_E (the mass sheet) is the prior's, zero: lensing does not measure it",
            shear_convention="shear is treated as shear, not as reduced shear")
        f.attrs.update(attributes or {})
        if complete is not None:
            f.attrs["complete"] = complete


def blobs(ny, nx, places, width):
    """Sum of Gaussian hills: places of (x, y, height)."""
    y, x = np.mgrid[:ny, :nx]
    return sum(h * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * width**2)) for px, py, h in places)


def mass_map(ny=120, nx=150, seed=1):
    """Arrays of a plausible lacuna-massmap product: four hills, a mask (an edge, two holes), residuals NaN there."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:ny, :nx]
    hills = ((0.2, 0.3, 0.2), (0.7, 0.65, 0.15), (0.55, 0.2, 0.1), (0.3, 0.8, 0.08))
    places = [(u * nx, v * ny, height) for u, v, height in hills]
    true = blobs(ny, nx, places, max(ny, nx) / 25) - 0.01
    mask = (x >= nx // 15).astype(np.float64)
    for cx, cy, r in ((0.8, 0.2, 0.09), (0.45, 0.5, 0.06)):
        mask[(x - cx * nx) ** 2 + (y - cy * ny) ** 2 < (r * nx) ** 2] = 0
    kappa = 0.8 * true + 0.012 * blobs(ny, nx, rng.uniform(0, [nx, ny, 1], (60, 3)) - [0, 0, 0.5], max(ny, nx) / 30)
    std = 0.02 + 0.01 * (mask == 0) + 0.002 * rng.random((ny, nx))
    residual = [np.where(mask > 0, rng.normal(0, 0.98, (ny, nx)), np.nan) for _ in range(2)]
    noise = rng.normal(size=(2, ny, nx))
    return {"kappa_E": kappa, "kappa_B": 0.01 * noise[0], "kappa_ks": kappa + 0.02 * noise[1],
            "std": std, "snr": kappa / std, "count": rng.poisson(4, (ny, nx)) * mask, "mask": mask,
            "gamma1": 0.1 * kappa, "gamma2": -0.05 * kappa, "residual1": residual[0], "residual2": residual[1]}, places


def iterations(n=30):
    k = np.arange(n)
    columns = {"iteration": k, "residual": 10.0 ** (-k / 4), "energy": 5e4 + 1e4 * 10.0 ** (-k / 2),
               "chi2_per_datum": 0.98 + 0.5 * 0.5**k, "prior_energy": np.full(n, np.nan), "seconds": 0.1 * k}
    return columns, {"method": "wiener", "stopped": "converged", "rtol": 1e-6}
