"""Bayesian meta-analysis without sampling: the normal-normal hierarchical model by quadrature."""

from aponia.meta._bayes._batch import BayesBatch, bayes_many
from aponia.meta._bayes._fit import bayes
from aponia.meta._bayes._posterior import NormalMixture, Posterior, TauPosterior
from aponia.meta._bayes._priors import TauPrior, on_tau2, tau_prior
from aponia.meta._bayes._result import BayesResult

__all__ = [
    "BayesBatch",
    "BayesResult",
    "NormalMixture",
    "Posterior",
    "TauPosterior",
    "TauPrior",
    "bayes",
    "bayes_many",
    "on_tau2",
    "tau_prior",
]
