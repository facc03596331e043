"""Where a model runs: its device, the type of its weights there, the memory it takes, and how many inputs go together.

The one owner of these choices. torch is imported only where a GPU is requested or found: a server without torch, or one
that runs ONNX files on a CPU, never imports it here.
"""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from .errors import LoadFailed
from .units import MIB

Device = str
"""A torch device: `cpu`, `cuda:0` (with its number) or `mps`; in the settings also `auto`, and `cuda` for `cuda:0`."""

CPU: Device = "cpu"
GPU_FILES = ("nvidia[0-9]*", "kfd", "dxg")  # of NVIDIA's driver, of AMD's, and of Windows' subsystem for Linux
MAX_BATCH_FACTOR = 8  # how many times the batch of a CPU a GPU gets at most
SHARE = 0.7  # of a GPU's memory, for weights: the rest is for what calls compute, and for CUDA itself
INSTALL = "install a build of torch for this GPU (TORCH_BACKEND, such as cu130)"
log = structlog.get_logger("inference")


def has_gpu(dev: Path = Path("/dev")) -> bool:
    """Whether the machine shows a GPU, known without torch; True where only torch can tell."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return sys.platform == "win32" or any(any(dev.glob(name)) for name in GPU_FILES)


def import_torch() -> Any:
    """The module torch, or None where it is not installed."""
    try:
        return importlib.import_module("torch")
    except ModuleNotFoundError:
        return None


def resolve(
    requested: Device, *, has_gpu: Callable[[], bool] = has_gpu, import_torch: Callable[[], Any] = import_torch
) -> Device:
    """The device for a `DEVICE` setting. `auto` is the first GPU that torch can use, else the CPU.

    Raises LoadFailed, with the reason and what to do, for a requested GPU that cannot be used.
    """
    if requested == CPU:
        return CPU
    if requested == "auto":
        return _best(import_torch()) if has_gpu() else CPU
    device = "cuda:0" if requested == "cuda" else requested
    reason = _why_not(import_torch(), device)
    if reason is not None:
        raise LoadFailed(f"DEVICE is {requested}, and {reason}; {INSTALL}, or set DEVICE to auto or cpu")
    return device


def _best(torch: Any) -> Device:
    """The first GPU that torch can use; without one the CPU, and the log says why, for a library that has torch."""
    if torch is None:
        return CPU
    reasons = {device: _why_not(torch, device) for device in ("cuda:0", "mps")}
    usable = next((device for device, reason in reasons.items() if reason is None), None)
    if usable is None:
        reason = reasons["mps" if sys.platform == "darwin" else "cuda:0"]
        log.warning("the GPU is not used", reason=reason, hint=f"{INSTALL}, or set DEVICE=cpu")
    return usable or CPU


def _why_not(torch: Any, device: Device) -> str | None:
    """Why torch cannot run a network on a GPU; None where it can."""
    if torch is None:
        return "torch is not installed"
    if device == "mps":
        return None if torch.backends.mps.is_available() else f"torch {torch.__version__} finds no Apple GPU"
    if torch.version.cuda is None and getattr(torch.version, "hip", None) is None:
        return f"torch {torch.__version__} is built for CPUs only"
    if not torch.cuda.is_available():
        return f"torch {torch.__version__} finds no GPU, or no driver that fits it"
    count, number = torch.cuda.device_count(), int(device.partition(":")[2])
    if number >= count:
        return f"there are {count} GPUs, numbered from 0"
    if not _has_code_for(torch, number):
        name, (major, minor) = torch.cuda.get_device_name(number), torch.cuda.get_device_capability(number)
        return f"torch {torch.__version__} has no code for {name} (compute capability {major}.{minor})"
    return None


def _has_code_for(torch: Any, number: int) -> bool:
    """Whether the build holds code that this GPU runs: of its major version, or PTX, which later ones compile."""
    built = [name.rstrip("af").split("_") for name in torch.cuda.get_arch_list()]
    capability = tuple(torch.cuda.get_device_capability(number))
    for kind, version in (one for one in built if len(one) == 2 and one[1].isdigit()):
        major, minor = int(version[:-1]), int(version[-1])
        if (kind == "compute" or major == capability[0]) and (major, minor) <= capability:
            return True
    return not any(kind == "sm" for kind, *_ in built)  # builds for AMD's name theirs otherwise


def weights_dtype(device: Device, stated: Any = None) -> Any:
    """The torch type to load weights in; `stated` is the checkpoint's own, if it states one.

    Half precision on CUDA: bfloat16 for a checkpoint in it where the GPU has it, else float16. float32 on a CPU, which
    computes half precision far slower than it reads it; the checkpoint's own on Apple's GPUs.
    """
    torch = import_torch()
    if device == CPU:
        return torch.float32
    if not is_cuda(device):
        return stated or torch.float32
    has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if stated == torch.bfloat16 and has_bfloat16 else torch.float16


def is_cuda(device: Device) -> bool:
    """Whether it is a GPU with memory of its own."""
    return device.startswith("cuda")


def batch_size(on_cpu: int, device: Device, weights: int) -> int:
    """How many inputs go together on a device, given how many do on a CPU and the bytes of the model's weights.

    A GPU computes many as fast as few. What a call needs grows with the inputs and with the model, so as a rule of
    thumb a GPU takes as many times more as its memory is of twice the weights, and at most `MAX_BATCH_FACTOR` times.
    """
    if not is_cuda(device) or on_cpu == 1:
        return on_cpu
    total = int(import_torch().cuda.mem_get_info(device)[1])
    return on_cpu * min(MAX_BATCH_FACTOR, max(1, total // max(1, 2 * weights)))


def gpu_budget(device: Device, mib: int | None) -> int:
    """Bytes of GPU memory for weights: as set, else a share of the GPU's; 0 for a device without memory of its own."""
    if not is_cuda(device):
        return 0
    return mib * MIB if mib is not None else int(SHARE * import_torch().cuda.mem_get_info(device)[1])


def gpu_allocated(device: Device) -> int:
    """Bytes of GPU memory that this process's tensors hold; 0 for a device without memory of its own."""
    return int(import_torch().cuda.memory_allocated(device)) if is_cuda(device) else 0


def release_gpu_memory() -> None:
    """Give back to the driver what torch keeps of freed GPU memory."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a call failed because the GPU's memory was full."""
    torch = sys.modules.get("torch")
    kind = getattr(torch, "OutOfMemoryError", None)  # torch has it from 2.5 on
    return kind is not None and isinstance(error, kind)
