"""From a family and some of its parameters to a model: what is learned, what is fixed."""

__all__ = [
    "ALTERNATIVES",
    "Model",
    "check_family",
    "name_of",
    "origin",
    "resolve",
    "stated_constraints",
]

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, Transform, constraints
from torch.distributions.constraints import Constraint

from mlefit._families import FAMILIES, WITHOUT_DENSITY, Family
from mlefit._inputs import as_tensor
from mlefit.transforms import chart

ALTERNATIVES = (
    ("scale_tril", "covariance_matrix", "precision_matrix"),
    ("probs", "logits"),
)
Build = Callable[..., Distribution]


@dataclass(frozen=True)
class Model:
    """A family with what the user said of its parameters.

    Attributes:
        family: A Distribution class, or a callable of parameters.
        init: Starting values that the user gave.
        fixed: Values that are not learned.
        transforms: Charts that the user chose.
        event: The shape of one observation, once the data are known.
    """

    family: Build
    init: Mapping[str, Any]
    fixed: Mapping[str, Any]
    transforms: Mapping[str, Transform]
    event: tuple[int, ...] = ()

    @property
    def row(self) -> Family | None:
        """What is known of the class, if anything."""
        return FAMILIES.get(self.family) if isinstance(self.family, type) else None

    @property
    def is_class(self) -> bool:
        """Whether the family is a Distribution class, not another callable."""
        return isinstance(self.family, type)

    def build(self, params: Mapping[str, Any]) -> Distribution:
        """Return the distribution, unchecked: a density far out may be nan, and is not an error."""
        if not self.is_class or not _takes_checks(self.family):
            return self.family(**params)
        if self.row is None or not self.row.warns:
            return self.family(**params, validate_args=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return self.family(**params, validate_args=False)

    def to(self, device: torch.device) -> Self:
        """Return the same with the user's values on a device."""
        init, fixed = (
            {k: v.to(device) if isinstance(v, Tensor) else v for k, v in given.items()}
            for given in (self.init, self.fixed)
        )
        return replace(self, init=init, fixed=fixed)

    def choose(self, default: str) -> str:
        """Return the name that the user gave instead of a default one, `logits` for `probs`."""
        named = {*self.init, *self.fixed, *self.transforms}
        for group in ALTERNATIVES:
            if default in group:
                return next((name for name in group if name in named), default)
        return default

    def in_order(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters in the order of the family's signature."""
        try:
            order = list(inspect.signature(self.family).parameters)
        except ValueError:  # a builtin has none
            return dict(params)
        known = [name for name in order if name in params]
        return {name: params[name] for name in [*known, *(params.keys() - {*known})]}

    def constraint(self, name: str) -> Constraint:
        """Return the constraint of a parameter: of a callable's, what its chart maps to."""
        if self.row is not None and name in (domain := self.row.domain(self.event)):
            return domain[name]
        if not self.is_class and name in self.transforms:
            return self.transforms[name].codomain
        return stated_constraints(self.family).get(name, constraints.real)

    def chart(self, name: str) -> Transform:
        """Return the chart of a parameter: the user's, or the one of its constraint."""
        constraint = self.constraint(name)
        if name not in self.transforms:
            return chart(constraint, self.row.links.get(name) if self.row else None)
        transform = self.transforms[name]
        scalar = getattr(transform.codomain, "event_dim", 0) == 0
        return chart(constraint, transform) if constraint.event_dim > 0 and scalar else transform


def resolve(
    family: Any,
    init: Mapping[str, Any] | None,
    fixed: Mapping[str, Any] | None,
    transforms: Mapping[str, Transform] | None,
    *,
    smooth: bool = True,
) -> Model:
    """Check a family and the names of its parameters; unless `smooth`, any may be learned.

    Raises:
        TypeError: The family is neither a Distribution class nor a callable, or it has no density.
        ValueError: A name is unknown or given twice, or a parameter cannot be learned.
    """
    init, fixed, transforms = (
        _as_dict(given, what)
        for given, what in ((init, "init"), (fixed, "fixed"), (transforms, "transforms"))
    )
    family, bound = _unwrap(family)
    _check_once(init, {**fixed, **bound}, transforms)
    fixed = {**fixed, **bound}
    check_family(family)
    _check_density(family)
    row = FAMILIES.get(family) if isinstance(family, type) else None
    _check_names(family, {**init, **fixed, **transforms})
    if smooth:
        _check_learnable(family, row, {*init, *transforms}, fixed)
    return Model(
        family,
        {name: _starting_value(name, value) for name, value in init.items()},
        {name: _fixed_value(family, name, value) for name, value in fixed.items()},
        transforms,
    )


def check_family(family: Any) -> None:
    """Raise unless a family is a class or another callable."""
    if isinstance(family, Distribution) or not callable(family):
        name = type(family).__name__ if isinstance(family, Distribution) else "Normal"
        raise TypeError(
            f"expected a Distribution class or a callable that returns one; got {family!r}; "
            f"try {name} itself, without arguments"
        )


def name_of(family: Any) -> str:
    """Return a family's name for a message."""
    return str(getattr(family, "__name__", type(family).__name__))


@functools.cache
def _takes_checks(family: Build) -> bool:
    """Tell whether a class takes `validate_args`, as all of torch's do."""
    signature = inspect.signature(family)
    return "validate_args" in signature.parameters or _takes_anything(signature)


def _takes_anything(signature: inspect.Signature) -> bool:
    return any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())


def _unwrap(family: Any) -> tuple[Any, dict[str, Any]]:
    """Turn partial(Binomial, 10) into Binomial and its fixed arguments."""
    if isinstance(family, functools.partial) and isinstance(family.func, type):
        bound = inspect.signature(family.func).bind_partial(*family.args, **family.keywords)
        return family.func, {k: v for k, v in bound.arguments.items() if k != "validate_args"}
    return family, {}


def _starting_value(name: str, value: Any) -> Tensor:
    tensor = as_tensor(value, f"init[{name!r}]")
    if not torch.isfinite(tensor).all():
        raise ValueError(
            f"expected finite numbers in init[{name!r}]; got {value}; try a value where the data "
            "have a density"
        )
    return tensor


def _fixed_value(family: Build, name: str, value: Any) -> Any:
    """Keep an integer argument (a count, a dimension) as it is; make the others tensors."""
    if isinstance(value, int) and not _is_continuous(stated_constraints(family).get(name)):
        return value
    return as_tensor(value, f"fixed[{name!r}]").to(torch.float64, copy=True)


def _is_continuous(constraint: Constraint | None) -> bool:
    return constraint is not None and not constraint.is_discrete


def stated_constraints(family: Any) -> Mapping[str, Constraint]:
    """Return the constraints that a class states; a bare Distribution states none."""
    stated = getattr(family, "arg_constraints", {})
    return stated if isinstance(stated, dict) else {}


def _check_density(family: Any) -> None:
    if not isinstance(family, type):
        return
    if not issubclass(family, Distribution):
        raise TypeError(
            f"expected a subclass of torch.distributions.Distribution; got {family.__name__}; "
            "try a family of torch.distributions, such as Normal"
        )
    if family in WITHOUT_DENSITY:
        raise TypeError(
            f"expected a family with a density of its own; got {family.__name__}: "
            f"{WITHOUT_DENSITY[family]}; try a callable with init, such as "
            "lambda loc, scale: Independent(Normal(loc, scale), 1)"
        )
    if family.log_prob is Distribution.log_prob:
        raise TypeError(
            f"expected a family with a density; got {family.__name__}, which defines no log_prob; "
            "try to define it, or another family"
        )


def _as_dict(given: Any, what: str) -> dict[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(
            f"expected {what} as a mapping of parameter names; got {type(given).__name__}; "
            f"try {what}={{name: value}}"
        )
    given = dict(given or {})
    for name, value in given.items():
        if what == "transforms" and not isinstance(value, Transform):
            raise TypeError(
                f"expected transforms[{name!r}] as a torch Transform; got {value!r}; "
                "try mlefit.transforms.SoftplusTransform()"
            )
    return given


def _check_once(
    init: Mapping[str, Any], fixed: Mapping[str, Any], transforms: Mapping[str, Any]
) -> None:
    for given, what in ((init, "init"), (transforms, "transforms")):
        twice = sorted(given.keys() & fixed.keys())
        if twice:
            raise ValueError(
                f"expected each parameter either learned or fixed; got {twice[0]!r} in {what} and "
                f"fixed; try leaving it out of one"
            )


def _check_names(family: Build, named: Mapping[str, Any]) -> None:
    try:
        signature = inspect.signature(family)
    except ValueError:  # a builtin has none
        return
    accepted = [name for name in signature.parameters if name != "validate_args"]
    unknown = [name for name in named if name not in accepted]
    if unknown and not _takes_anything(signature):
        raise ValueError(
            f"expected parameters of {name_of(family)}, which are {', '.join(accepted)}; "
            f"got {unknown[0]!r}; try one of these names"
        )
    for group in ALTERNATIVES:
        both = [name for name in group if name in named]
        if len(both) > 1:
            raise ValueError(
                f"expected one of {', '.join(group)}; got {' and '.join(both)}; try either alone"
            )


def _check_learnable(
    family: Build, row: Family | None, named: set[str], fixed: Mapping[str, Any]
) -> None:
    optional = {name for group in ALTERNATIVES for name in group}
    for name, reason in (row.refused if row else {}).items():
        if name in fixed or (name in optional and name not in named):
            continue
        raise ValueError(
            f"expected parameters that a smooth search can learn; got {name_of(family)}'s {name}: "
            f"{reason}"
        )


def origin(model: Model, name: str, device: torch.device | None = None) -> Tensor:
    """Return the parameter at the origin of its chart, for a family that nothing is known of."""
    transform = model.chart(name)
    try:
        shape = transform.inverse_shape(Size())
        return transform(torch.zeros(shape, dtype=torch.float64, device=device))
    except (IndexError, RuntimeError) as error:
        raise ValueError(
            f"expected a starting value for {name}, whose shape is unknown; got none; "
            f"try init={{{name!r}: ...}}"
        ) from error
