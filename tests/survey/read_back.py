"""The catalogues that test_catalogue_writer wrote on three ranks, read by astropy and h5py."""
import sys, warnings
import h5py, numpy as np
from astropy.io import fits

warnings.simplefilter("error")  # astropy only warns of a wrong checksum
folder = sys.argv[1]
rows = 3 * 100003
number, sine = np.arange(rows), np.sin(np.arange(rows))
with fits.open(folder + "/written_np3_a.fits", checksum=True) as f:
    table = f["CATALOGUE"]
    assert table.data["number"].dtype == ">f8" and len(table.data) == rows
    assert np.array_equal(table.data["number"], number)
    assert np.allclose(table.data["cat/sine"], sine, rtol=0, atol=1e-15)
    assert table.columns["cat/sine"].unit == "deg"
    assert table.header.comments["TTYPE2"] == "sine of it"
    assert "CHECKSUM" in table.header and "DATASUM" in table.header
with h5py.File(folder + "/written_np3_a.h5") as f:
    assert np.array_equal(f["number"][:], number)
    assert np.allclose(f["cat/sine"][:], sine, rtol=0, atol=1e-15)
    assert f["cat/sine"].fletcher32 and f["cat/sine"].dtype == "<f8"
    assert f["cat/sine"].attrs["units"] == "deg" and f["cat/sine"].attrs["long_name"] == "sine of it"
    assert f["number"].attrs["units"] == "1"
