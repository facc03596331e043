"""Records what the pipelines of transformers 4.57.6 answer, for our servers to be held to.

    python docker_images/transformers/models.py MODEL FOLDER                            (in the library's environment)
    python tests/transformers/record.py MODEL FOLDER                        (in one that has transformers==4.57.6)

rewrites the answers in `recorded/MODEL.json`, which is made by hand first:

    {"task": ..., "headers": {...}, "calls": [{"inputs": ..., "parameters": {...}, "keywords": {...}, "answer": ...}]}

MODEL is a function of docker_images/transformers/tiny/, mostly the one of the task. `task` is needed where MODEL is
another model of a task, `pipeline` where theirs has another name than the task, `headers` (of our requests) where the
answer's shape is an older client's, `keywords` where the pipeline is called with other keywords than `parameters`,
`theirs` where it takes other inputs, `leaves_out` where we do not answer all keys, and `size` where we cut an answered
image to (width, height). {"sample": NAME} in inputs stands for a file of inference_common.samples, with "times": N for
a recording that repeats one so often. Record again whatever tiny model you change.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "common" / "src" / "inference_common" / "samples"
AUDIO = (".wav", ".flac", ".ogg", ".mp3")
DECIMALS = 6


def main(model: str, folder: Path) -> None:
    """Fill in every answer of one file."""
    import torch  # these two are in an environment of their own
    import transformers

    assert transformers.__version__ == "4.57.6", transformers.__version__
    file = HERE / "recorded" / f"{model}.json"
    recorded = json.loads(file.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as copy:
        readable(folder, Path(copy))
        pipe = transformers.pipeline(recorded.get("pipeline", recorded.get("task", model)), copy, device="cpu")
        for call in recorded["calls"]:
            keywords = call.get("keywords", call.get("parameters", {}))
            torch.manual_seed(0)
            rate = getattr(pipe.feature_extractor, "sampling_rate", None)
            said = pipe(opened(call.get("theirs", call["inputs"]), rate), **keywords)
            answer = plain(said.crop((0, 0, *recorded["size"])) if "size" in recorded else said)
            for name in recorded.get("leaves_out", ()):
                del answer[name]
            call["answer"] = answer
    file.write_text(written(recorded), encoding="utf-8")


def readable(folder: Path, copy: Path) -> None:
    """A copy of a model whose config and tokenizer, as transformers 5 writes them, are told in words 4.57 knows."""
    shutil.copytree(folder, copy, dirs_exist_ok=True)
    network = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    if "backbone_config" in network.get("decoder_config", ()):
        network["decoder_config"] |= {"backbone": None, "use_timm_backbone": False}
        (copy / "config.json").write_text(json.dumps(network), encoding="utf-8")
    config = copy / "tokenizer_config.json"
    if not config.is_file():
        return
    told = json.loads(config.read_text(encoding="utf-8"))
    if told.get("tokenizer_class") == "TokenizersBackend":
        told["tokenizer_class"] = "PreTrainedTokenizerFast"
    if isinstance(told.get("extra_special_tokens"), list):
        told["additional_special_tokens"] = told.pop("extra_special_tokens")
    config.write_text(json.dumps(told), encoding="utf-8")


def opened(inputs: Any, rate: int | None) -> Any:
    """The inputs as a pipeline takes them: an audio sample as one channel at its rate, any other as its path."""
    if isinstance(inputs, dict) and "sample" in inputs:
        path = SAMPLES / inputs["sample"]
        if path.suffix not in AUDIO:
            return str(path)
        import numpy as np
        import soundfile
        import soxr

        waves, native = soundfile.read(path, dtype="float32", always_2d=True)
        return soxr.resample(np.tile(waves.mean(axis=1), inputs.get("times", 1)), native, rate)
    if isinstance(inputs, dict):
        return {name: opened(value, rate) for name, value in inputs.items()}
    return [opened(value, rate) for value in inputs] if isinstance(inputs, list) else inputs


def plain(value: Any) -> Any:
    """An answer as JSON: tensors as lists, an image as {"png": base64}."""
    if isinstance(value, dict) and value.keys() == {"masks", "scores"}:
        masks = [Image.fromarray(mask) for mask in value["masks"]]
        scores = value["scores"].tolist()
        return [plain({"mask": mask, "score": score}) for mask, score in zip(masks, scores, strict=True)]
    if isinstance(value, dict) and value.keys() == {"audio", "sampling_rate"}:
        return {"audio": plain(value["audio"].squeeze()), "sampling_rate": value["sampling_rate"]}
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if hasattr(value, "save"):  # an image of Pillow
        png = io.BytesIO()
        value.save(png, "png")
        return {"png": base64.b64encode(png.getvalue()).decode()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return round(value, DECIMALS) if isinstance(value, float) else value


def written(recorded: dict[str, Any]) -> str:
    """JSON with one call a line."""
    lines = [json.dumps(call, ensure_ascii=False) for call in recorded["calls"]]
    head = json.dumps({name: part for name, part in recorded.items() if name != "calls"}, ensure_ascii=False)
    begun = head[:-1] + (", " if head != "{}" else "")
    return begun + '"calls": [\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
