"""What a fit returns: parameters, a verdict, the path, and how sure we are."""

__all__ = ["ConvergenceWarning", "Fit", "Trace"]

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from operator import itemgetter
from statistics import NormalDist
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from mlefit import _report
from mlefit._inputs import check_gradients
from mlefit._natural import from_natural, natural, natural_slope
from mlefit._pose import Problem
from mlefit._profile import profile
from mlefit._uncertainty import Information

Of = Callable[[Distribution], Tensor]


class ConvergenceWarning(UserWarning):
    """A search ended before it could show a strict local maximum of the likelihood."""


@dataclass(frozen=True, eq=False)
class Trace:
    """The way to the estimate.

    Attributes:
        loss: The mean negative log-likelihood of a row, in nats, at each iterate, the start
            included: `(steps + 1, *batch)`. The last value is repeated once a fit has converged.
        params: The path of each learned parameter, `(steps + 1, *batch, *shape)`.
        evaluations: How often the likelihood was evaluated; once with both its derivatives
            counts as one.
    """

    loss: Tensor
    params: Mapping[str, Tensor]
    evaluations: int


@dataclass(frozen=True, repr=False, eq=False)
class Fit:
    """A family fitted to data; `family(**params)` is the fitted distribution.

    Attributes:
        family: The class, or callable, that was fitted.
        params: The parameters under their names in the family, `(*batch, *shape)`.
        fixed: Those of them that were given and not learned.
        n: The number of rows, or the sum of their weights, `(*batch)`.
        log_likelihood: The log-likelihood at the estimate, in nats, `(*batch)`.
        converged: From `fit`, whether the Hessian shows a strict local maximum within the
            tolerance; from `closed_form`, whether there is an estimate, though others may be as
            good (any median, for a Laplace), `(*batch)`.
        message: The verdict in a sentence.
        trace: The way to the estimate.
    """

    family: Callable[..., Distribution]
    params: Mapping[str, Any]
    fixed: Mapping[str, Any]
    n: Tensor
    log_likelihood: Tensor
    converged: Tensor
    message: str
    trace: Trace
    _problem: Problem
    _information: Information | None  # None at a corner or a kink

    @property
    def distribution(self) -> Distribution:
        """The fitted distribution, ready for `log_prob` and `sample`."""
        lost = self.log_likelihood.isnan()
        if lost.any():
            raise ValueError(
                f"expected an estimate of each fit; got none of {int(lost.sum())} of {lost.numel()}"
                "; try a batch without them, as in data[:, ~fit.log_likelihood.isnan()]"
            )
        return self.family(**self.params)

    @property
    def aic(self) -> Tensor:
        r"""Akaike's information criterion, $2k - 2\hat\ell$, with k learned numbers; `(*batch)`."""
        return 2 * self._count - 2 * self.log_likelihood

    @property
    def bic(self) -> Tensor:
        r"""Schwarz's criterion, $k \log n - 2\hat\ell$; `(*batch)`."""
        return self._count * self.n.log() - 2 * self.log_likelihood

    def standard_errors(self, of: Of | None = None, *, robust: bool = False) -> Any:
        r"""Return standard errors from the observed information, by the delta method.

        $$\operatorname{Var}(\hat\theta) \approx J \, \mathcal{I}^{-1} J^\top, \qquad
          \mathcal{I} = -\nabla^2 \ell(\hat\theta)$$

        Args:
            of: A function of the distribution, as in `lambda d: d.covariance_matrix`; by default
                the learned parameters.
            robust: The sandwich $\mathcal{I}^{-1} \big(\sum_i w_i^2 \nabla\ell_i
                \nabla\ell_i^\top\big) \mathcal{I}^{-1}$ of the scores instead of
                $\mathcal{I}^{-1}$: right also where the family is wrong, and for weights that say
                importance, not frequency.

        Returns:
            A tensor for each name, of its parameter's shape; or one tensor, of the shape of `of`.

        Raises:
            ValueError: There is no information matrix; or, for the sandwich, there are no rows, or
                a tensor of theirs has been changed in place since the fit.

        Warns:
            ConvergenceWarning: The fit has not converged.

        Source:
            Efron & Hinkley (1978), Biometrika 65, 457-483; White (1982), Econometrica 50, 1-25.

        Examples:
            >>> from torch.distributions import Normal
            >>> import mlefit
            >>> found = mlefit.fit(Normal, mlefit.datasets.michelson())
            >>> errors = found.standard_errors()
            >>> errors["loc"].item(), errors["scale"].item()
            (7.86, 5.56)
            >>> found.standard_errors(of=lambda d: d.variance).item()
            874.02
        """
        information = self._checked_information("standard errors")
        spread = self._spread(information, robust=robust)
        if of is not None:
            return self._shape(information.errors(lambda params: self._apply(of, params), spread))
        return {
            name: self._shape(information.errors(itemgetter(name), spread))
            for name in self._problem.start
        }

    def confidence_interval(
        self, of: Of | None = None, *, level: float = 0.95, robust: bool = False
    ) -> Any:
        r"""Return Wald intervals, taken where they make sense in any units.

        For a positive parameter that is the log, for a probability the logit (each alone, of
        several that add up to one); for any other one, and for `of`, its own scale:
        $\hat\theta \pm z\,\mathrm{se}$.

        Args:
            of: A function of the distribution; by default the learned parameters.
            level: The coverage to aim at.
            robust: As in `standard_errors`.

        Returns:
            A pair `(lower, upper)` for each name, or one pair for `of`.

        Raises:
            ValueError: As in `standard_errors`, or the level is not between 0 and 1.

        Warns:
            ConvergenceWarning: The fit has not converged.

        Examples:
            >>> from torch.distributions import Normal
            >>> import mlefit
            >>> found = mlefit.fit(Normal, mlefit.datasets.michelson())
            >>> low, high = found.confidence_interval()["scale"]
            >>> low.item(), high.item()
            (68.44, 90.30)
        """
        z = _quantile(level)
        if of is not None:
            error = self.standard_errors(of, robust=robust)
            information: Any = self._information  # which has just been checked
            value = self._shape(information.values(lambda params: self._apply(of, params)))
            return value - z * error, value + z * error
        errors = self.standard_errors(robust=robust)
        return {name: self._wald(name, errors[name], z) for name in self._problem.start}

    def profile_interval(self, name: str, *, level: float = 0.95) -> tuple[Tensor, Tensor]:
        r"""Return the likelihood-ratio interval of a scalar parameter.

        The values $\theta$ around the estimate for which $2(\hat\ell - \max_{\text{others}}
        \ell(\theta)) \le \chi^2_{1,\,\text{level}}$: no symmetry is assumed, and the chart does not
        matter.

        Args:
            name: A learned parameter with one number a fit.
            level: The coverage to aim at.

        Returns:
            `(lower, upper)`, each `(*batch)`; the end of the parameter's range where the likelihood
            never falls enough.

        Raises:
            ValueError: The parameter is not learned, or not a scalar; the level is not between 0
                and 1; there is no information matrix; or a tensor of the data has been changed in
                place since the fit.

        Warns:
            ConvergenceWarning: The fit has not converged.

        Source:
            Wilks (1938), Ann. Math. Statist. 9, 60-62.

        Examples:
            >>> from torch.distributions import Normal
            >>> import mlefit
            >>> low, high = mlefit.fit(Normal, [1.0, 2.0, 4.0]).profile_interval("scale")
            >>> low.item(), high.item()
            (0.66, 3.68)
        """
        if name not in [*self._problem.start] or self.params[name].ndim > self.n.ndim:
            scalars = [k for k in self._problem.start if self.params[k].ndim == self.n.ndim]
            raise ValueError(
                f"expected a learned parameter with one number a fit; got {name!r}; "
                f"try {' or '.join(map(repr, scalars)) or 'confidence_interval()'}"
            )
        information = self._checked_information("a profile interval")
        z = _quantile(level)
        low, high = profile(
            self._problem,
            {k: v.detach() for k, v in information.params().items()},
            name,
            information.errors(itemgetter(name), self._spread(information)),
            z * z,
            drift=self._drift(name),
        )
        if information.corner is not None:  # there the natural scale ends
            low, high = (end.masked_fill(information.corner, torch.nan) for end in (low, high))
        return self._shape(low), self._shape(high)

    def __repr__(self) -> str:
        return _report.text(self)

    def _repr_html_(self) -> str:
        return _report.html(self)

    @property
    def _count(self) -> int:
        return sum(self._problem.likelihood().chart.sizes())

    def _shape(self, value: Tensor) -> Tensor:
        """Give `(B, *shape)` the user's batch shape and dtype."""
        return value.reshape((*self.n.shape, *value.shape[1:])).to(self._problem.dtype)

    def _apply(self, of: Of, params: Mapping[str, Tensor]) -> Tensor:
        """Return the function of the distribution, `(B, *any)`."""
        value = of(self._problem.distribution(params)) if callable(of) else of
        is_real = isinstance(value, Tensor) and value.is_floating_point()
        if not is_real or value.ndim < self.n.ndim or value.shape[: self.n.ndim] != self.n.shape:
            got = f"{value.dtype} {tuple(value.shape)}" if is_real else repr(value)
            raise ValueError(
                f"expected of= to return real numbers in a tensor of shape {(*self.n.shape, '...')}"
                f"; got {got}; "
                "try a function of the distribution that keeps its batch, as lambda d: d.variance"
            )
        if not torch.isfinite(value).any():
            raise ValueError(
                f"expected of= to return finite numbers; got {value.flatten()[:3].tolist()}; try a "
                "function that this distribution has (a Cauchy has no mean)"
            )
        return value.reshape(self.n.numel(), *value.shape[self.n.ndim :])

    def _wald(self, name: str, error: Tensor, z: float) -> tuple[Tensor, Tensor]:
        constraint, value = self._problem.constraint(name), self.params[name]
        center = natural(constraint, value)
        margin = z * error * natural_slope(constraint, value)
        # an entry that cannot vary (above the diagonal of a Cholesky factor) has no margin
        margin = torch.where(error == 0, 0.0, margin)
        return (
            from_natural(constraint, center - margin, value),
            from_natural(constraint, center + margin, value),
        )

    def _drift(self, name: str) -> Tensor:
        """Return the sign of the way that the search took, 0 where it converged, `(B,)`."""
        way = self.trace.params[name][-1] - self.trace.params[name][0]
        return torch.where(self.converged, 0.0, way.double().sign()).reshape(-1)

    def _checked_information(self, what: str) -> Information:
        check_gradients()
        if self._information is None:
            raise ValueError(
                "expected an estimate in the interior, where the log-likelihood is smooth; got "
                f"{self.message}; try the exact distribution of the estimate, or, for a median, "
                "the bootstrap"
            )
        if not self.converged.all():
            warnings.warn(
                f"{what} of a fit that has not converged: {self.message}",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self._information

    def _spread(self, information: Information, *, robust: bool = False) -> Tensor:
        """Return the covariance of the estimates in the coordinates of the search, `(B, p, p)`."""
        spread = information.covariance()
        certain = self.converged.reshape(-1) & ~information.failed
        if information.corner is not None:
            certain = certain & ~information.corner
        if torch.isnan(spread[certain]).any():
            raise ValueError(
                "expected an information matrix that can be inverted in float64; got one that "
                "cannot; try other units, or columns that are further from collinear"
            )
        return information.sandwich(self._problem) if robust else spread


def _quantile(level: float) -> float:
    if not (isinstance(level, Real) and 0 < level < 1):
        raise ValueError(f"expected a level between 0 and 1; got {level!r}; try 0.95")
    return NormalDist().inv_cdf((1 + float(level)) / 2)
