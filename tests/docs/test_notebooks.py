"""Every notebook runs, and prints what its committed snapshot says."""

import pytest
from conftest import DOCS, ROOT
from sitekit import notebooks, snapshots

pytestmark = pytest.mark.xdist_group("notebooks")  # one process executes them

SOURCES = notebooks.sources(DOCS)


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(DOCS)))
def test_prints_what_the_snapshot_says(source, executed):
    path = snapshots.path_of(source, root=ROOT)
    assert path.exists(), "no snapshot; run `make snapshots` and review it"

    found = snapshots.differences(
        path.read_text(encoding="utf-8"), snapshots.snapshot(executed[source])
    )
    if found:
        pytest.fail(f"{path.relative_to(ROOT)}\n{found}", pytrace=False)


def test_no_snapshot_is_left_over():
    wanted = {snapshots.path_of(source, root=ROOT) for source in SOURCES}
    present = set((ROOT / "tests/docs/snapshots").rglob("*.txt"))
    assert present <= wanted
