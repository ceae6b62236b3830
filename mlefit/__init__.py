"""Maximum likelihood in PyTorch: fit any torch.distributions family, and say how sure we are.

>>> import mlefit
>>> from torch.distributions import Normal
>>> mlefit.fit(Normal, mlefit.datasets.michelson())
Normal fitted to 100 observations
  parameter  estimate  std. error       95 % interval
  loc           852.4     7.86145  [836.992, 867.808]
  scale       78.6145     5.55888  [68.4406, 90.3008]
log-likelihood -578.349 nats, AIC 1160.70, BIC 1165.91
converged: less than 1e-12 nats from the maximum after 0 steps, 1 evaluation
"""

from mlefit import datasets, transforms
from mlefit._fit import closed_form, fit
from mlefit._newton import newton
from mlefit._result import ConvergenceWarning, Fit, Trace
from mlefit._statistics import SufficientStatistics, suffstats

__all__ = [
    "ConvergenceWarning",
    "Fit",
    "SufficientStatistics",
    "Trace",
    "closed_form",
    "datasets",
    "fit",
    "newton",
    "suffstats",
    "transforms",
]

__version__ = "0.1.0"
