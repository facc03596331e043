from pathlib import Path

import pytest
from inference_common.config_files import MAX_CONFIG_BYTES, read_json, read_text
from inference_common.errors import LoadFailed


def test_the_json_of_a_file_and_of_one_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    assert read_json(file) == {}
    file.write_text('{"hidden_size": 8, "é": 1}', encoding="utf-8")
    assert read_json(file) == {"hidden_size": 8, "é": 1}


def test_a_file_past_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    with file.open("wb") as opened:
        opened.truncate(2**40)
    with pytest.raises(LoadFailed, match=r"config\.json is larger than 8,388,608 bytes"):
        read_json(file)
    with file.open("wb") as opened:
        opened.truncate(MAX_CONFIG_BYTES)
    assert len(read_text(file)) == MAX_CONFIG_BYTES
