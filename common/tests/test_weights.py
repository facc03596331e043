import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from inference_common.weights import Weights, weights_of

HEAD = {
    "__metadata__": {"format": "pt"},
    "embedding": {"dtype": "F32", "shape": [100, 8], "data_offsets": [0, 3200]},
    "half": {"dtype": "BF16", "shape": [8, 8], "data_offsets": [3200, 3328]},
    "scale": {"dtype": "F32", "shape": [], "data_offsets": [3328, 3332]},
}


def write(file: Path, head: object, size: int = 4000) -> None:
    text = json.dumps(head).encode()
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(struct.pack("<Q", len(text)) + text + bytes(size))


def test_safetensors_are_told_by_their_heads(tmp_path: Path) -> None:
    write(tmp_path / "model.safetensors", HEAD)
    assert weights_of(tmp_path) == Weights(3, 865, 100, 3460)
    write(tmp_path / "2_Dense" / "model.safetensors", {"w": HEAD["half"]})
    (tmp_path / "pytorch_model.bin").write_bytes(bytes(10**6))  # the same once more, for older libraries
    assert weights_of(tmp_path) == Weights(4, 929, 100, 3460 + 256)


def test_an_integer_may_hold_several_weights(tmp_path: Path) -> None:
    packed: Mapping[str, object] = {
        "w": {"dtype": "I32", "shape": [10, 10], "data_offsets": [0, 400]},
        "m": {"dtype": "BOOL", "shape": [4], "data_offsets": [400, 404]},
    }
    write(tmp_path / "model.safetensors", packed)
    assert weights_of(tmp_path) == Weights(2, 808, 10, 404)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"weights",
        struct.pack("<Q", 2**60) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 12) + b'{"a": {"b":1}}',
        struct.pack("<Q", 10**5) + b"[" * 10**5,
    ],
)
def test_what_is_no_such_file_holds_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    assert weights_of(tmp_path) == Weights()


def test_a_head_that_says_more_than_the_file_holds_is_not_believed(tmp_path: Path) -> None:
    write(tmp_path / "model.safetensors", {"w": {"dtype": "F32", "shape": [10**6, 10**6]}})
    assert weights_of(tmp_path) == Weights()


def test_torch_s_own_files_are_told_by_their_size_and_entries(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pytorch_model.bin", "w") as archive:
        for n in range(7):
            archive.writestr(f"archive/data/{n}", bytes(1000))
    size = (tmp_path / "pytorch_model.bin").stat().st_size
    assert weights_of(tmp_path) == Weights(7, size // 2, size // 2, size)
    (tmp_path / "old.pt").write_bytes(bytes(10_240))
    assert weights_of(tmp_path).tensors == 7 + 10


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert weights_of(tmp_path) == Weights()
