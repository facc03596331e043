import gc
import platform
import subprocess
import sys
import weakref
from pathlib import Path

import psutil
import pytest
from inference_common import memory

V2, V1 = (names for _, *names in memory._CGROUPS)


def test_the_budget_is_as_set_or_a_share_of_what_there_is() -> None:
    assert memory.budget(3) == 3 * 1024 * 1024
    assert memory.budget(None) == int(0.7 * memory.total())


@pytest.mark.parametrize(("limit", "counts"), [("1000000", True), ("max", False), ("9" * 19, False)])
def test_a_container_s_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, counts: bool) -> None:
    (tmp_path / "memory.max").write_text(limit)
    monkeypatch.setattr(memory, "_CGROUPS", [(tmp_path / "missing", *V1), (tmp_path, *V2)])
    assert memory.total() == (1_000_000 if counts else psutil.virtual_memory().total)


@pytest.mark.parametrize(("limit", "found"), [("1000000", 700_000), ("max", None), ("100000", 0)])
def test_what_is_available_leaves_out_what_is_used_but_for_cached_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, found: int | None
) -> None:
    for name, text in (("max", limit), ("current", "500000"), ("stat", "anon 300000\ninactive_file 200000\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    monkeypatch.setattr(memory, "_CGROUPS", [(tmp_path, *V2)])
    assert memory.available() == found if found is not None else memory.available() > 1_000_000


def test_files_are_counted_in_every_folder(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "a").write_bytes(bytes(10))
    (tmp_path / "onnx" / "b").write_bytes(bytes(5))
    assert memory.size_of(tmp_path) == 15


def test_what_is_freed_is_given_back() -> None:
    kept = [bytes(1000) for _ in range(100_000)]
    held = memory.resident()
    del kept
    memory.trim()
    assert memory.resident() < held - 50_000_000


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def test_what_lasts_is_not_looked_at_again_before_room_is_made() -> None:
    with memory.lasting():
        assert not gc.isenabled()
        kept = Ring()
        gone = weakref.ref(Ring())
    assert gc.isenabled()
    assert gone() is None
    assert not any(one is kept for one in gc.get_objects())  # of the frozen, none is told
    watched = weakref.ref(kept)
    del kept
    gc.collect()
    assert watched() is not None
    memory.trim()
    assert watched() is None


def test_a_load_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(RuntimeError), memory.lasting():
        raise RuntimeError
    assert gc.isenabled()


KEEPS = """
import ctypes, resource, sys
from inference_common import memory
if sys.argv[1] == "kept":
    memory.keep_freed()
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
size = 40 * 2**20  # more than glibc ever keeps by itself
for _ in range(20):
    place = libc.malloc(size)
    ctypes.memset(place, 1, size)
    libc.free(place)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another libc")
def test_what_a_model_frees_is_there_for_its_next_call() -> None:
    cleared = {
        how: int(subprocess.run([sys.executable, "-c", KEEPS, how], capture_output=True, check=True, text=True).stdout)
        for how in ("usual", "kept")
    }
    assert cleared["kept"] < cleared["usual"] / 5  # pages that the system cleared


def test_the_group_of_this_process_counts_and_those_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    own = tmp_path / "cgroup"
    monkeypatch.setattr(memory, "_CGROUPS", [(tmp_path, *V2)])
    monkeypatch.setattr(memory, "_OWN_GROUPS", own)
    for limits in ((3_000_000, 2_000_000), (2_000_000, 3_000_000)):
        for place, limit in zip(("outer", "outer/inner"), limits, strict=True):
            (tmp_path / place / "memory.max").write_text(str(limit))
        for line in ("0::/outer/inner", "4:memory:/outer/inner"):
            own.write_text(f"9:cpu:/other\n{line}\n")
            assert memory.total() == 2_000_000


def test_requests_get_a_share_and_room_for_a_large_body(monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory.requests_budget(3, 10**9) == 3 * 1024 * 1024
    monkeypatch.setattr(memory, "total", lambda: 10**9)
    assert memory.requests_budget(None, 10**6) == 200_000_000
    assert memory.requests_budget(None, 10**8) == 600_000_000
