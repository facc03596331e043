"""Decisions about devices over several builds of torch, and a real server with DEVICE set to a missing GPU."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import Connect
from inference_common import Settings, device
from inference_common.errors import LoadFailed
from inference_common.loader import _fit_batches
from pydantic import ValidationError
from toys.pipelines.feature_extraction import ToyFeatures

HOPPER = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "compute_120"]


def torch(
    *, cuda: str | None = "13.0", gpus: int = 1, capability: tuple[int, int] = (9, 0),
    built: list[str] | None = None, hip: str | None = None, mps: bool = False, total: int = 80 * 2**30,
) -> Any:  # fmt: skip
    """What device.py reads of torch, for a machine with these GPUs."""
    driver = SimpleNamespace(
        is_available=lambda: gpus > 0,
        device_count=lambda: gpus,
        get_device_name=lambda number: "Some GPU",
        get_device_capability=lambda number: capability,
        get_arch_list=lambda: HOPPER if built is None else built,
        is_bf16_supported=lambda including_emulation: capability >= (8, 0),
        mem_get_info=lambda device: (total // 2, total),
        memory_allocated=lambda device: 7,
    )
    backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps))
    types = {name: name for name in ("float32", "float16", "bfloat16")}
    version = SimpleNamespace(cuda=cuda, hip=hip)
    return SimpleNamespace(__version__="2.13.0", version=version, cuda=driver, backends=backends, **types)


CPU_BUILD = torch(cuda=None, gpus=0)


def resolved(requested: str, found: Any, *, has_gpu: bool = True) -> str:
    return device.resolve(requested, has_gpu=lambda: has_gpu, import_torch=lambda: found)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (torch(), "cuda:0"),
        (torch(cuda=None, hip="7.1", built=["gfx90a", "gfx942"]), "cuda:0"),
        (torch(cuda=None, gpus=0, mps=True), "mps"),
        (CPU_BUILD, "cpu"),
        (torch(gpus=0), "cpu"),
        (torch(capability=(7, 0)), "cpu"),
        (None, "cpu"),
    ],
)
def test_auto_is_the_first_gpu_that_torch_can_use_else_the_cpu(found: Any, expected: str) -> None:
    assert resolved("auto", found) == expected


def test_torch_is_not_imported_where_there_is_no_gpu() -> None:
    def never() -> Any:
        raise AssertionError

    assert device.resolve("auto", has_gpu=lambda: False, import_torch=never) == "cpu"
    assert device.resolve("cpu", has_gpu=lambda: True, import_torch=never) == "cpu"


@pytest.mark.parametrize(
    ("name", "expected"), [("nvidia0", True), ("nvidiactl", False), ("kfd", True), ("dxg", True), ("null", False)]
)
def test_a_gpu_is_known_by_its_driver_s_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: bool
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / name).touch()
    assert device.has_gpu(tmp_path) is expected


@pytest.mark.parametrize(("requested", "expected"), [("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cpu", "cpu")])
def test_a_device_that_is_there_is_taken(requested: str, expected: str) -> None:
    assert resolved(requested, torch(gpus=2)) == expected


@pytest.mark.parametrize(
    ("requested", "found", "reason"),
    [
        ("cuda", CPU_BUILD, "built for CPUs only"),
        ("cuda", None, "torch is not installed"),
        ("cuda", torch(gpus=0), "no driver that fits"),
        ("cuda:2", torch(gpus=2), "there are 2 GPUs, numbered from 0"),
        ("cuda", torch(capability=(7, 0)), "no code for Some GPU (compute capability 7.0)"),
        ("mps", torch(), "finds no Apple GPU"),
    ],
)
def test_a_device_that_cannot_be_used_is_refused_with_what_to_do(requested: str, found: Any, reason: str) -> None:
    with pytest.raises(LoadFailed) as raised:
        resolved(requested, found)
    assert reason in str(raised.value)
    assert "set DEVICE to auto or cpu" in str(raised.value)


@pytest.mark.parametrize(
    ("capability", "built", "runs"),
    [
        ((9, 0), ["sm_80", "sm_90"], True),
        ((8, 9), ["sm_80", "sm_90"], True),  # code of a major version runs on its later minor ones
        ((8, 0), ["sm_86", "sm_90"], False),
        ((12, 0), ["sm_90", "compute_90"], True),
        ((7, 5), ["sm_80", "compute_80"], False),
        ((10, 0), ["sm_100a"], True),
    ],
)
def test_a_build_without_code_for_the_gpu_is_not_used(
    capability: tuple[int, int], built: list[str], runs: bool
) -> None:
    assert resolved("auto", torch(capability=capability, built=built)) == ("cuda:0" if runs else "cpu")


@pytest.mark.parametrize(
    ("where", "stated", "capability", "expected"),
    [
        ("cpu", "bfloat16", (9, 0), "float32"),
        ("cuda:0", "bfloat16", (9, 0), "bfloat16"),
        ("cuda:0", "bfloat16", (7, 5), "float16"),
        ("cuda:0", "float32", (9, 0), "float16"),
        ("cuda:0", None, (9, 0), "float16"),
        ("mps", "float16", (9, 0), "float16"),
        ("mps", None, (9, 0), "float32"),
    ],
)
def test_weights_are_in_half_precision_on_cuda(
    monkeypatch: pytest.MonkeyPatch, where: str, stated: str | None, capability: tuple[int, int], expected: str
) -> None:
    monkeypatch.setattr(device, "import_torch", lambda: torch(capability=capability))
    assert device.weights_dtype(where, stated) == expected


@pytest.mark.parametrize(
    ("where", "on_cpu", "weights", "expected"),
    [
        ("cpu", 32, 2**30, 32),
        ("mps", 32, 2**30, 32),
        ("cuda:0", 1, 2**20, 1),
        ("cuda:0", 32, 2**20, 256),
        ("cuda:0", 32, 0, 256),
        ("cuda:0", 32, 10 * 2**30, 128),
        ("cuda:0", 32, 60 * 2**30, 32),
    ],
)
def test_a_gpu_takes_more_inputs_at_once_as_its_memory_allows(
    monkeypatch: pytest.MonkeyPatch, where: str, on_cpu: int, weights: int, expected: int
) -> None:
    monkeypatch.setattr(device, "import_torch", torch)
    assert device.batch_size(on_cpu, where, weights) == expected


def test_the_gpu_s_memory_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "import_torch", lambda: torch(total=1000))
    assert device.gpu_budget("cuda:0", None) == 700
    assert device.gpu_budget("cuda:0", 3) == 3 * 2**20
    assert device.gpu_allocated("cuda:0") == 7
    assert (device.gpu_budget("cpu", None), device.gpu_allocated("cpu")) == (0, 0)


def toy(where: str) -> ToyFeatures:
    pipeline = ToyFeatures.__new__(ToyFeatures)
    pipeline.device = where
    return pipeline


def test_a_pipeline_s_batches_fit_its_device_unless_it_sets_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "import_torch", torch)
    on_gpu, own, on_cpu = toy("cuda:0"), toy("cuda:0"), toy("cpu")
    own.max_batch_size = 2
    for pipeline in (on_gpu, own, on_cpu):
        _fit_batches(pipeline, 2**20)
    assert [one.max_batch_size for one in (on_gpu, own, on_cpu)] == [32, 2, 4]


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CPU"])
def test_a_device_of_no_such_name_is_a_wrong_setting(name: str) -> None:
    with pytest.raises(ValidationError, match="device"):
        Settings(device=name)


def test_a_server_that_is_asked_for_a_missing_gpu_says_what_to_do(connect: Connect) -> None:
    ready = connect(device="cuda").get("/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "failed")
    assert ready.json()["error"].startswith("DEVICE is cuda, and torch is not installed; install a build of torch")


def test_where_a_model_runs_is_shown(connect: Connect) -> None:
    info = connect(device="cpu").get("/info").json()
    assert (info["device"], info["dtype"], info["max_batch_size"]) == ("cpu", None, 4)
    assert info["memory_bytes"]["gpu"] == 0


def test_an_older_torch_tells_no_full_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())
    assert not device.is_out_of_memory(ValueError("wrong shape"))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(OutOfMemoryError=MemoryError))
    assert device.is_out_of_memory(MemoryError())
    assert not device.is_out_of_memory(ValueError("wrong shape"))
