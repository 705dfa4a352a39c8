"""Sparse matrices for test_sparse, written by SciPy and h5py or byte by byte: good ones of known entries, and bad ones."""
import os, sys
import h5py, numpy as np, scipy.io, scipy.sparse as sp

os.makedirs(sys.argv[1], exist_ok=True)
os.chdir(sys.argv[1])
i, j = np.indices((37, 23))
dense = np.where((3 * i + 5 * j) % 7 == 0, 1 + i - 0.25 * j, 0)
dense[5] = dense[36] = 0
H = sp.csr_matrix(dense)


def group(name, shape=True, **changes):
    parts = dict(data=H.data, indices=H.indices, indptr=H.indptr)
    parts.update(changes)
    g = f.create_group(name)
    for k, v in parts.items():
        if v is not None:
            g[k] = v
    if shape is True:
        g["shape"] = np.array(H.shape)
    elif shape is not None:
        g["shape"] = np.array(shape)
    return g


def changed(values, at, value):
    values = values.astype(np.int64) if values.dtype.kind == "i" else values.copy()
    values[at] = value
    return values


with h5py.File("good.h5", "w") as f:
    group("H")
    group("long", indices=H.indices.astype(np.int64), indptr=H.indptr.astype(np.uint64), data=H.data.astype(np.float32))
    group("attribute", shape=None).attrs["shape"] = H.shape
    group("h5sparse", shape=None).attrs["h5sparse_shape"] = np.array(H.shape)
    unsorted = H.tocsr().copy()
    unsorted.indices = unsorted.indices.copy()
    for r in range(37):
        a, b = H.indptr[r : r + 2]
        unsorted.indices[a:b], unsorted.data[a:b] = H.indices[a:b][::-1], H.data[a:b][::-1]
    group("unsorted", data=unsorted.data, indices=unsorted.indices)
    twice = sp.coo_matrix((np.repeat(H.tocoo().data / 2, 2), (np.repeat(H.tocoo().row, 2), np.repeat(H.tocoo().col, 2))), H.shape)
    order = np.argsort(twice.row, kind="stable")
    group("twice", data=twice.data[order], indices=twice.col[order], indptr=2 * H.indptr)
    group("empty", data=np.zeros(0), indices=np.zeros(0, np.int32), indptr=np.zeros(38, np.int32))
with h5py.File("root.h5", "w") as f:
    for k in ("data", "indices", "indptr"):
        f[k] = getattr(H, k)
    f["shape"] = np.array(H.shape)
with h5py.File("bad.h5", "w") as f:
    group("column", indices=changed(H.indices, 40, 23))
    group("negative", indices=changed(H.indices, 40, -1))
    group("nan", data=changed(H.data, 41, np.nan))
    group("falls", indptr=changed(H.indptr, 20, 3))
    group("first", indptr=changed(H.indptr, 0, 1))
    group("beyond", indptr=changed(H.indptr, 37, H.nnz + 1))
    group("short", indptr=changed(H.indptr, [36, 37], H.nnz - 1))
    group("rows", shape=(36, 23))
    group("lengths", data=H.data[:-1])
    group("floats", indices=H.indices.astype(float))
    group("none", shape=None)
    group("three", shape=(37, 23, 1))
    group("zero", shape=(0, 23))
    group("missing", indices=None)
    group("table", data=np.zeros((4, 4)))

scipy.io.mmwrite("real.mtx", H, precision=17)
scipy.io.mmwrite("integer.mtx", sp.coo_matrix((np.arange(1, 5), ([0, 3, 3, 36], [1, 0, 22, 5])), (37, 23)))
scipy.io.mmwrite("pattern.mtx", sp.coo_matrix((np.ones(3), ([0, 3, 36], [1, 22, 5])), (37, 23)), field="pattern")
S = sp.coo_matrix(([2.0, -1.5, 4.0], ([0, 6, 8], [0, 2, 7])), (9, 9))
scipy.io.mmwrite("symmetric.mtx", S + sp.triu(S.T, 1) + sp.tril(S.T, -1), symmetry="symmetric")
scipy.io.mmwrite("skew.mtx", sp.coo_matrix(([3.0, -3.0], ([4, 1], [1, 4])), (9, 9)), symmetry="skew-symmetric")
text = open("real.mtx").read()
head, *lines = text.splitlines()
start = next(k for k, l in enumerate(lines) if not l.startswith("%"))
body = lines[start + 1 :]


def market(name, banner="%%MatrixMarket matrix coordinate real general", sizes=lines[start], entries=body, end="\n"):
    open(name, "w").write("\n".join([banner, "% a comment", sizes, *entries]) + end)


market("odd.mtx", banner="%%MatrixMarket MATRIX Coordinate Real General", entries=["", "% within", *[" " + l.replace(" ", "\t") for l in body]], end="")
market("crlf.mtx", entries=[l + "\r" for l in body])
market("plus.mtx", entries=[" ".join([*l.split()[:2], "+" + l.split()[2]]) for l in body if not l.split()[2].startswith("-")] + [l for l in body if l.split()[2].startswith("-")])
market("few.mtx", entries=body[:-1])
market("many.mtx", entries=[*body, body[0]])
market("outside.mtx", entries=[*body[:-1], "38 1 2.0"])
market("zerobased.mtx", entries=[*body[:-1], "0 1 2.0"])
market("nan.mtx", entries=[*body[:-1], "1 1 nan"])
market("words.mtx", entries=[*body[:-1], "1 one 2.0"])
market("half.mtx", entries=[*body[:-1], "1 1"])
market("complex.mtx", banner="%%MatrixMarket matrix coordinate complex general")
market("array.mtx", banner="%%MatrixMarket matrix array real general")
market("hermitian.mtx", banner="%%MatrixMarket matrix coordinate real hermitian")
market("notsquare.mtx", banner="%%MatrixMarket matrix coordinate real symmetric")
market("sizes.mtx", sizes="37 23")
open("banner.mtx", "w").write("%%MatrixMarket vector\n")
open("nothing.mtx", "w").write("%%MatrixMarket matrix coordinate real general\n% only\n")


def petsc(name, integer=">i4", rows=37, columns=23, nnz=H.nnz, lengths=np.diff(H.indptr), indices=H.indices, data=H.data, cut=0):
    raw = np.array([1211216, rows, columns, nnz], integer).tobytes() + lengths.astype(integer).tobytes() + indices.astype(integer).tobytes() + data.astype(">f8").tobytes()
    open(name, "wb").write(raw[: len(raw) - cut])


petsc("good.petsc")
petsc("good64.petsc", ">i8")
petsc("column.petsc", indices=changed(H.indices, 40, 23))
petsc("nan.petsc", data=changed(H.data, 41, np.nan))
petsc("cut.petsc", cut=1)
petsc("lengths.petsc", lengths=changed(np.diff(H.indptr), 3, 9))
petsc("below.petsc", lengths=changed(np.diff(H.indptr), 3, -1))
petsc("dense.petsc", nnz=-1)
