"""The pictures of a lacuna product (docs/files.md has its layout).

cli        arguments, exit codes, the loop over pictures
product    the HDF5 file: what it holds, checked before it is read
layer      a map made small enough to draw, and statistics over whole maps, read slab by slab
sky        pixels <-> sky for the two projections, axes with RA and Dec
points     peaks, haloes and cluster lists
style      fonts, colours, figure sizes, saving
panels     one axes each: a map, marks, a histogram, a convergence curve
movie      stacks and movies of lacuna-deconvolve and lacuna-simulate; movie_pictures: one figure each of them
pictures   one figure each; overview: the sheet of essential panels
"""
