"""aponia: the living evidence system for psychedelics in pain.

Each sub-package is one capability with its own front door; layers only point downwards:
``cli`` > ``site`` > ``claims``, ``planning`` > ``answers`` > ``appraisal`` > ``evidence``,
``literature`` > ``meta``, ``exposure``.

Information about research, not medical advice.
"""

__version__ = "0.2.0"

__all__ = ["__version__"]
