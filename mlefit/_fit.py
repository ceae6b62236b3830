"""Fit a family to data by maximum likelihood."""

__all__ = ["closed_form", "fit"]

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, Transform

from mlefit._closed_form import CLOSED_FORMS
from mlefit._inputs import check_gradients
from mlefit._model import check_family, name_of
from mlefit._natural import natural
from mlefit._newton import newton
from mlefit._objective import Minimum, Outcome
from mlefit._optimize import Optimizer, minimize
from mlefit._pose import NORMALS, Problem, pose
from mlefit._problem import Moments
from mlefit._result import ConvergenceWarning, Fit
from mlefit._solution import Solution
from mlefit._uncertainty import Information
from mlefit._verdict import verdict


def fit(
    family: type[Distribution] | Callable[..., Distribution],
    data: Any,
    *,
    init: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    weights: Any = None,
    transforms: Mapping[str, Transform] | None = None,
    optimizer: Optimizer = newton,
    max_steps: int | None = None,
    tol: float = 1e-8,
) -> Fit:
    r"""Find the parameters under which the data are densest.

    $$\hat\theta = \arg\max_\theta \sum_{i=1}^n w_i \log p(x_i \mid \theta)$$

    Args:
        family: A class of `torch.distributions`; or, with `init`, any callable that takes
            parameters and returns a distribution (a mixture, an `Independent`); or a `partial`
            such as `partial(Binomial, 10)`.
        data: Observations, `(n, *batch, *event)`: a tensor, array, list or data frame, or the
            result of `suffstats`. A batch is that many independent fits.
        init: Where to begin, a value for some or all parameters; the names choose the
            parametrization, as in `{"covariance_matrix": S}`. By default, from the data.
        fixed: Parameters that are known and not learned, as in `{"scale": 1.0}`.
        weights: Frequencies, `(n,)` or `(n, *batch)`. Rows of weight zero may hold anything.
        transforms: Charts by parameter, as in `{"scale": ExpTransform()}`: maps from real numbers
            to the parameter's constraint, which they state where the family is a callable. By
            default softplus for positive parameters; but where Newton fits a normal, coordinates in
            which its loss is convex.
        optimizer: `mlefit.newton`, or a factory of a torch optimizer, as in
            `partial(torch.optim.Adam, lr=0.01)`. It minimizes the mean negative log-likelihood.
        max_steps: By default 200 steps of Newton, 10,000 of another optimizer.
        tol: How close to the maximum of the log-likelihood to stop, in nats, by the estimate
            $\tfrac n2 g^\top H^{-1} g$ from the gradient and the Hessian of the mean negative
            log-likelihood; 0 takes exactly `max_steps` steps, which must be given, and does not
            warn (the verdict is then that of 1e-8).

    Returns:
        A `Fit` with the parameters, a verdict, the path, and standard errors on demand.

    Raises:
        TypeError: The family has no density, or the data are not numbers.
        ValueError: Something is wrong with the data or the arguments, or the likelihood is
            unbounded; the message says what to try.
        FloatingPointError: The search left the numbers (in a batch, that fit fails alone, unless
            the optimizer searches for all as one, as L-BFGS does).
        RuntimeError: The call stands inside `torch.inference_mode`.

    Warns:
        ConvergenceWarning: The search ended without a strict local maximum.

    Source:
        Fisher (1922), On the mathematical foundations of theoretical statistics, Phil. Trans. R.
        Soc. A 222, 309-368.

    Examples:
        >>> from torch.distributions import Normal
        >>> import mlefit
        >>> speed = mlefit.datasets.michelson()
        >>> found = mlefit.fit(Normal, speed)
        >>> found.params["loc"].item(), found.params["scale"].item()
        (852.40, 78.61)
        >>> bool(found.converged), found.log_likelihood.item()
        (True, -578.349)
    """
    check_gradients()
    _check_options(optimizer, max_steps, tol)
    problem = pose(family, data, init=init, fixed=fixed, weights=weights, transforms=transforms)
    return _solve(
        problem,
        convex=optimizer is newton and not transforms,
        optimizer=optimizer,
        max_steps=max_steps,
        tol=tol,
    )


def closed_form(family: type[Distribution], data: Any, *, weights: Any = None) -> Fit:
    r"""Return the exact maximum likelihood estimate of a family that has one in closed form.

    For a normal that is $\hat\mu = \bar x$ and $\hat\sigma^2 = \frac1n \sum_i (x_i - \bar x)^2$,
    with the divisor $n$, not $n - 1$; for a multivariate normal the mean and the scatter matrix
    divided by $n$.

    Args:
        family: One of Bernoulli, Categorical, Exponential, Geometric, HalfNormal, Laplace,
            LogNormal, MultivariateNormal, Normal, OneHotCategorical, Pareto, Poisson and Uniform.
        data: As for `fit`: observations `(n, *batch, *event)`, or the result of `suffstats`.
        weights: As for `fit`: frequencies, `(n,)` or `(n, *batch)`.

    Returns:
        A `Fit` whose trace is the estimate alone. Where the estimate is a corner or a kink of the
        likelihood (Uniform, Pareto, Laplace, a probability of 0 or 1), it has no standard errors.

    Raises:
        NotImplementedError: The family has no closed form.
        TypeError: The family is no class, or the data are not numbers.
        ValueError: Something is wrong with the data, or the likelihood is unbounded.
        RuntimeError: The call stands inside `torch.inference_mode`.

    Source:
        Anderson (2003), An Introduction to Multivariate Statistical Analysis, 3rd ed., section 3.2,
        for normals; the others in Johnson, Kotz & Balakrishnan (1994, 1995), Continuous Univariate
        Distributions, 2nd ed., and Johnson, Kemp & Kotz (2005), Univariate Discrete Distributions,
        3rd ed.

    Examples:
        >>> from torch.distributions import Normal
        >>> import mlefit
        >>> exact = mlefit.closed_form(Normal, [1.0, 2.0, 3.0, 4.0])
        >>> exact.params["loc"].item(), exact.params["scale"].item() ** 2
        (2.5, 1.25)
    """
    check_family(family)
    if family not in CLOSED_FORMS and family not in NORMALS:
        known = sorted(f.__name__ for f in (*CLOSED_FORMS, *NORMALS))
        raise NotImplementedError(
            f"expected a family with a closed form ({', '.join(known)}); got {name_of(family)}; "
            f"try fit({name_of(family)}, data)"
        )
    check_gradients()
    problem = pose(family, data, weights=weights, smooth=False)
    if problem.is_hopeless.all():
        _raise_hopeless(problem)
    evidence = problem.evidence
    if isinstance(evidence, Moments):
        estimate = dict(zip(problem.start, (evidence.mean, evidence.factor), strict=True))
    else:
        estimate = CLOSED_FORMS[family](evidence, problem.dtype)
    return _exact(replace(problem, start=estimate))


def _solve(
    problem: Problem,
    *,
    convex: bool,
    optimizer: Optimizer,
    max_steps: int | None,
    tol: float,
) -> Fit:
    """Solve a problem that is posed, and judge the result."""
    hopeful = (~problem.is_hopeless).nonzero()[:, 0]
    if len(hopeful) == 0:
        _raise_hopeless(problem)
    objective = (problem.convex() if convex else None) or problem.likelihood()
    rough = None if optimizer is newton else problem.likelihood().to(problem.dtype)
    some = len(hopeful) < len(problem.evidence.n)
    found = minimize(
        objective.select(hopeful) if some else objective,  # type: ignore[arg-type]
        objective.vector(problem.start)[hopeful],
        optimizer=optimizer,
        max_steps=max_steps,
        tol=tol,
        rough=rough.select(hopeful) if rough and some else rough,
    )
    found = found.among(len(problem.evidence.n), hopeful) if some else found
    _check_numbers(found, by_newton=optimizer is newton)
    message = verdict(problem, objective, found, by_newton=optimizer is newton)
    if tol > 0 and (found.outcome != Outcome.SETTLED).any():
        warnings.warn(message, ConvergenceWarning, stacklevel=3)

    failed = found.outcome == Outcome.FAILED
    with torch.no_grad():
        path = objective.params(found.path)
    u = torch.where(failed[:, None], torch.nan, found.u)
    return Solution(
        path,
        found.loss,
        found.evaluations,
        failed,
        converged=found.outcome == Outcome.SETTLED,
        message=message,
        information=Information(objective, u, found.hessian),
    ).fit(problem)


def _exact(problem: Problem) -> Fit:
    """Return the result for estimates that are exact, with their information where there is one."""
    row, failed = problem.model.row, problem.is_hopeless
    kinks = sorted((row.refused if row else {}).keys() & problem.start.keys())
    loss = problem.evidence.mean_nll(problem.model.build({**problem.start, **problem.fixed}))
    message, information = "exact: a closed form", None
    if kinks:
        message += f"; no standard errors: the likelihood has a kink or a jump in {kinks[0]}"
    else:
        objective = problem.convex() or problem.likelihood()
        u = objective.vector(problem.start)
        corner = _at_corner(problem) & ~failed
        information = Information(objective, u, corner=corner)
        if corner.any():
            which = f" of {int(corner.sum())} of {len(u)} fits" if len(u) > 1 else ""
            message += f"; no standard errors{which}: the estimate lies on the boundary"
            information = None if corner.all() else information
    if failed.any():
        message += f"; {int(failed.sum())} of {len(failed)} fits have no maximum"
    path = {name: value[None] for name, value in problem.start.items()}
    return Solution(path, loss[None], 1, failed, ~failed, message, information).fit(problem)


def _at_corner(problem: Problem) -> Tensor:
    """Tell which fits have a parameter exactly at a bound, `(B,)`."""
    finite = [
        torch.isfinite(natural(problem.constraint(name), value)).reshape(len(value), -1).all(-1)
        for name, value in problem.start.items()
    ]
    return ~torch.stack(finite).all(0)


def _check_options(optimizer: Optimizer, max_steps: int | None, tol: float) -> None:
    if not callable(optimizer):
        raise TypeError(
            f"expected an optimizer as mlefit.newton or a factory; got {optimizer!r}; "
            "try partial(torch.optim.Adam, lr=0.01), without parameters"
        )
    if getattr(optimizer, "func", None) is newton:
        raise TypeError(
            "expected an optimizer as mlefit.newton itself; got a partial of it; try max_steps and "
            "tol beside it"
        )
    if max_steps is not None and not (_is_number(max_steps, Integral) and max_steps >= 0):
        raise ValueError(
            f"expected max_steps as a whole number; got {max_steps!r}; try None for the default"
        )
    if not (_is_number(tol, Real) and tol >= 0):
        raise ValueError(f"expected tol as a distance in nats, 0 or more; got {tol!r}; try 1e-8")
    if tol == 0 and max_steps is None:
        raise ValueError(
            "expected max_steps beside tol=0, which takes exactly that many; got none; "
            "try max_steps=1000"
        )


def _is_number(value: Any, kind: type) -> bool:
    """Tell whether a value is a number of a kind; True and False are none."""
    return isinstance(value, kind) and not isinstance(value, bool)


def _raise_hopeless(problem: Problem) -> None:
    reason = next(iter(problem.hopeless.values()))
    if problem.evidence.n.numel() > 1:
        reason = f"in every fit of the batch, as in fit 0, {reason}"
    raise ValueError(
        f"expected data that determine the parameters; got data without a maximum: {reason}"
    )


def _check_numbers(found: Minimum, *, by_newton: bool) -> None:
    """Raise where a single fit has left the numbers; a batch marks such fits instead."""
    if found.outcome.numel() > 1 or found.outcome[0] != Outcome.FAILED:
        return
    last = found.loss[torch.isfinite(found.loss)]
    before = f"{-last[-1].item():.6g}" if len(last) else "never one"
    value = -found.loss[-1].item()
    wanted = "finite derivatives of the" if isfinite(value) else "a finite"
    remedy = "other units" if by_newton else "a smaller learning rate, or optimizer=mlefit.newton"
    raise FloatingPointError(
        f"expected {wanted} log-likelihood; got {value} a row after {len(found.loss) - 1} steps "
        f"({before} before); try other starting values in init, {remedy}"
    )
