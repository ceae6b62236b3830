"""The tasks, in the order of the table: each builds its data and names its contenders."""

__all__ = ["TASKS"]

from collections.abc import Callable

from benchmarks.measure import Task
from benchmarks.tasks import exact, families, many, scale, search, startup

TASKS: dict[str, Callable[..., Task]] = {
    "exact-normal": exact.normal,
    "exact-multivariate": exact.multivariate,
    "far-from-zero": exact.far_from_zero,
    "post-univariate": search.post_univariate,
    "post-multivariate": search.post_multivariate,
    "penguins": search.penguins,
    "twenty-columns": search.twenty_columns,
    "fifty-columns": search.fifty_columns,
    "gamma": families.gamma,
    "weibull": families.weibull,
    "beta": families.beta,
    "student": families.student,
    "negative-binomial": families.negative_binomial,
    "many-students": many.students,
    "many-normals": many.normals,
    "steps": scale.steps,
    "stream": scale.stream,
    "processes": scale.processes,
    "gpu": scale.gpu,
    "import": startup.imports,
    "first-fit": startup.first_fit,
}
