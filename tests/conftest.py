"""What all tests share: one thread, since small problems lose time to more, a seed, a device."""

import pytest
import torch

torch.set_num_threads(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", default="cpu", help="where tests/test_device.py has its data")


def pytest_configure(config: pytest.Config) -> None:
    device = config.getoption("--device")
    try:
        torch.ones(1, device=device, dtype=torch.float64).sum().item()
    except (AssertionError, NotImplementedError, RuntimeError, TypeError) as error:
        raise pytest.UsageError(
            f"expected a --device that this torch can use in float64; got {device} "
            f"({str(error).splitlines()[0]}); try --device cpu"
        ) from error


@pytest.fixture
def device(request: pytest.FixtureRequest) -> torch.device:
    """Return the device named on the command line."""
    return torch.ones(0, device=request.config.getoption("--device")).device


@pytest.fixture(autouse=True)
def seed() -> None:
    """Give every test the same random numbers, whatever ran before it."""
    torch.manual_seed(0)
