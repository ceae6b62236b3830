"""What all tests share: one thread, since small problems lose time to more, and a seed."""

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed() -> None:
    """Give every test the same random numbers, whatever ran before it."""
    torch.manual_seed(0)
