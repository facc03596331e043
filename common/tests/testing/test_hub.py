from pathlib import Path

import httpx
import pytest
import requests
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
from inference_common.testing.hub import Repo, serve_hub


def download(url: str, folder: Path) -> str:
    try:
        return snapshot_download("org/name", endpoint=url, cache_dir=folder / "cache")
    except requests.exceptions.ChunkedEncodingError:  # releases before 1 have their caller ask once more
        return snapshot_download("org/name", endpoint=url, cache_dir=folder / "cache")


def test_a_cut_download_is_taken_up_again(tmp_path: Path) -> None:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(bytes(range(256)) * 400)
    with serve_hub({"org/name": Repo(folder)}) as hub:
        hub.cut["weights.bin"] = 1
        got = download(hub.url, tmp_path)
        assert Path(got, "weights.bin").read_bytes() == (folder / "weights.bin").read_bytes()
        assert hub.cut["weights.bin"] == 0


def test_the_client_reads_our_refusals(tmp_path: Path) -> None:
    with serve_hub({"org/gated": Repo(tmp_path, token="hf_right")}) as hub:
        api = HfApi(endpoint=hub.url, token=False)
        with pytest.raises(RepositoryNotFoundError):
            api.model_info("org/none")
        with pytest.raises(GatedRepoError):
            api.model_info("org/gated")
        assert api.model_info("org/gated", token="hf_right").sha == hub.repos["org/gated"].commit
        assert (
            httpx.get(f"{hub.url}/org/gated/resolve/main/x", headers={"authorization": "Bearer hf_right"}).status_code
            == 404
        )
