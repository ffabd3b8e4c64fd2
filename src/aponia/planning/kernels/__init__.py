"""Simulated trials as machine code, batch-first: one call is many trials.

`draws` holds the random numbers, `groups` trials whose people stay in one group (parallel, group
sequential, dose-finding and enrichment designs), `within` trials whose people are their own
comparison (crossover, N-of-1). Each trial is drawn and analysed inside the loop; only the sums an
analysis needs come back.
"""
