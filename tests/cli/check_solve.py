"""lacuna-solve: any sparse matrix, with every kind of file, on lines and grids, over frames.

check_solve.py LACUNA-SOLVE LACUNA-DECONVOLVE MPIEXEC
"""
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import scipy.io
import scipy.optimize
import scipy.sparse as sp


def run(folder, program, config, ranks, code=0, said=()):
    path = os.path.join(folder, "run.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config + f'\n[output]\nname = "out"\nfolder = "{folder}"\n')
    command = [sys.argv[3], "-n", str(ranks), program, path, "--overwrite"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    text = f"{' '.join(command)} left with {done.returncode}:\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    require(done.returncode == code and all(word in done.stderr for word in said), text if done.returncode != code else f"code {code} {list(said)}")
    if code:
        return None
    with h5py.File(os.path.join(folder, "out.h5")) as file:
        return {name: values[:] for name, values in file["maps"].items()} | {"energy": file["notes"].attrs["energy"]}


def require(ok, text):
    print(("passed: " if ok else "FAILED: ") + text, flush=True)
    if not ok:
        sys.exit(1)


def write_matrix(folder, H):
    """The same matrix as HDF5, MatrixMarket and PETSc binary."""
    H = sp.csr_matrix(H)
    with h5py.File(os.path.join(folder, "H.h5"), "w") as file:
        group = file.create_group("H")
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(H, name)
        group["shape"] = H.shape
    scipy.io.mmwrite(os.path.join(folder, "H.mtx"), H)
    with open(os.path.join(folder, "H.petsc"), "wb") as file:
        np.array([1211216, *H.shape, H.nnz], ">i4").tofile(file)
        np.diff(H.indptr).astype(">i4").tofile(file)
        H.indices.astype(">i4").tofile(file)
        H.data.astype(">f8").tofile(file)


def minimum(H, y, b, strength, D):
    """Poisson MAP with x >= 0 by an independent solver."""
    def energy(x):
        mu, d = H @ x + b, D @ x
        return (mu - y * np.log(mu)).sum() + strength / 2 * d @ d, H.T @ (1 - y / mu) + strength * (D.T @ d)
    start = np.full(H.shape[1], max(y.mean(), 1.0))
    found = scipy.optimize.minimize(energy, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * H.shape[1],
                                    options={"maxiter": 20000, "maxfun": 40000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 40})
    return found.x, found.fun


def circulant(folder):
    """The unique minimum without a prior: y = H x, so that x is recovered."""
    H = sum(w * np.roll(np.eye(5), k, axis=1) for k, w in ((0, 1), (1, 0.5), (4, 0.5)))
    x = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    write_matrix(folder, H)
    with h5py.File(os.path.join(folder, "y.h5"), "w") as file:
        file["y"] = H @ x
    for ranks in (1, 2, 3):
        for matrix in ('file = "H.h5"\ndataset = "H"', 'file = "H.mtx"', 'file = "H.petsc"'):
            maps = run(folder, sys.argv[1], f'[operator]\n{matrix}\n[data]\nfile = "y.h5"\n[solver]\nrtol = 1e-14\n', ranks)
            worst = np.abs(maps["estimate"] - x).max()
            require(maps["estimate"].shape == (5,) and worst < 1e-7, f"circulant, {ranks} ranks, {matrix.split()[2]}: {worst:.1e}")


def lines(folder):
    """A rectangular random matrix, a smooth line, over frames, against L-BFGS-B."""
    random = np.random.default_rng(11)
    H = sp.random(60, 41, 0.2, random_state=12, data_rvs=lambda n: random.uniform(0.2, 1, n))
    x = 8 + 6 * np.sin(np.arange(41) / 5.0)[None] * np.array([1, 0.5, -0.8])[:, None]
    y = random.poisson(x @ H.T.toarray() + 0.7)
    write_matrix(folder, H)
    with h5py.File(os.path.join(folder, "y.h5"), "w") as file:
        file["y"] = y
    D = sp.diags([-np.ones(40), np.ones(40)], [0, 1], shape=(40, 41))
    wanted = [minimum(H.tocsr(), frame, 0.7, 0.3, D) for frame in y]
    for ranks in (1, 2, 3, 4):
        maps = run(folder, sys.argv[1], '[operator]\nfile = "H.h5"\ndataset = "H"\n[data]\nfile = "y.h5"\naxes = "tx"\nbackground = 0.7\n'
                   '[prior.space]\nkind = "smooth"\nstrength = 0.3\n[solver]\nrtol = 1e-13\n', ranks)
        energy = sum(e for _, e in wanted)
        worst = np.abs(maps["estimate"] - np.array([v for v, _ in wanted])).max()
        require(maps["energy"] <= energy + 1e-7 and worst < 1e-3, f"lines over frames, {ranks} ranks: energy {maps['energy'] - energy:.1e} above, {worst:.1e}")


def like_a_blur(folder):
    """An assembled convolution gives what lacuna-deconvolve gives."""
    random = np.random.default_rng(13)
    ny, nx = 9, 11
    psf = np.exp(-((np.arange(3)[:, None] - 1) ** 2 + (np.arange(3) - 1.2) ** 2))
    psf /= psf.sum()
    H = sp.lil_matrix((ny * nx, ny * nx))
    for r in range(ny):
        for c in range(nx):
            for a in range(3):
                for b in range(3):
                    i, j = r - (a - 1), c - (b - 1)
                    if 0 <= i < ny and 0 <= j < nx:
                        H[r * nx + c, i * nx + j] += psf[a, b]
    write_matrix(folder, H)
    with h5py.File(os.path.join(folder, "y.h5"), "w") as file:
        file["y"] = random.poisson(5, (4, ny, nx))
        file["psf"] = psf
    rest = '[data]\nfile = "y.h5"\ndataset = "y"\naxes = "tyx"\nbackground = 0.5\n[prior.time]\nkind = "random_walk"\nsd = 1\ninitial_sd = 4\ninitial_mean = 5\n' \
           '[prior.space]\nkind = "smooth"\nstrength = 0.2\n[solver]\nrtol = 1e-14\n'
    blurred = run(folder, sys.argv[2], '[psf]\nkind = "file"\nfile = "y.h5"\ndataset = "psf"\n' + rest, 2)
    for ranks in (1, 3, 4):
        solved = run(folder, sys.argv[1], f'[operator]\nfile = "H.h5"\ndataset = "H"\nshape = [{ny}, {nx}]\n' + rest, ranks)
        worst = np.abs(solved["estimate"] - blurred["estimate"]).max() / blurred["estimate"].max()
        require(worst < 1e-8, f"as lacuna-deconvolve, {ranks} ranks: {worst:.1e}")
        require(abs(solved["energy"] - blurred["energy"]) < 1e-8 * abs(blurred["energy"]), "the same energy")


def refusals(folder):
    H = sp.csr_matrix(np.eye(5))
    write_matrix(folder, H)
    data = '[data]\nfile = "y.h5"\n'
    operator = '[operator]\nfile = "H.h5"\ndataset = "H"\n'
    with h5py.File(os.path.join(folder, "y.h5"), "w") as file:
        file["y"] = np.ones(5)

    def spoil(name, index, value):
        write_matrix(folder, H)
        with h5py.File(os.path.join(folder, "H.h5"), "a") as file:
            file["H/" + name][index] = value
    for ranks in (1, 2):
        write_matrix(folder, H)
        run(folder, sys.argv[1], '[operator]\nfile = "none.h5"\n' + data, ranks, 66, ["none.h5"])
        run(folder, sys.argv[1], operator + "shape = [2, 3]\n" + data, ranks, 78, ["shape", "5 columns"])
        run(folder, sys.argv[1], operator + data + "[model]\nregion = \"same\"\n", ranks, 78, ["region"])
        spoil("indices", 3, 7)
        run(folder, sys.argv[1], operator + data, ranks, 65, ["H.h5", "7"])
        spoil("data", 2, np.nan)
        run(folder, sys.argv[1], operator + data, ranks, 65, ["H.h5", "finite"])
        write_matrix(folder, sp.diags([1.0, 1, -1, 1, 1]))
        run(folder, sys.argv[1], operator + data + '[solver]\nmethod = "richardson-lucy"\n', ranks, 65, ["row 2, column 2", "negative"])
        write_matrix(folder, H[:4])
        run(folder, sys.argv[1], operator + data, ranks, 65, ["4 rows", "5 numbers"])
        write_matrix(folder, sp.diags([1.0, 0, 1, 1, 1]))
        run(folder, sys.argv[1], operator + data, ranks, 65, ["no light"])


if __name__ == "__main__":
    for case in (circulant, lines, like_a_blur, refusals):
        with tempfile.TemporaryDirectory(prefix="lacuna_solve_") as scratch:
            case(scratch)
