"""Numerical kernels, batch-first: every array may carry leading axes of independent fits.

The single fit is the batch of one. `projection`, `moments`, `roots` and `likelihood` are NumPy
and hold every estimator with any model matrix; `compiled` holds the intercept-only fits of
`pool_many` as machine code whose vector lanes are different meta-analyses, and is imported only
when a batch is large.
"""
