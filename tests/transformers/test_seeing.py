"""What a model says of an image, token by token, is what the library's own `generate` says."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from inference_common.samples import encoded, sample

from scripts.envs import python_of
from scripts.images import library

from ..conftest import tiny_model
from ..servers import start_process

GENERATE = """
import io, json, sys, torch, transformers
from PIL import Image
folder, image = sys.argv[1], Image.open(io.BytesIO(sys.stdin.buffer.read())).convert("RGB")
transformers.utils.logging.set_verbosity_error()
processor = transformers.AutoProcessor.from_pretrained(folder)
network = transformers.AutoModelForImageTextToText.from_pretrained(folder)
content = [{"type": "image"}, {"type": "text", "text": "Is the dog happy?"}]
prompt = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
features = processor(text=prompt, images=[image], return_tensors="pt")
tokens = network.generate(**features, max_new_tokens=12, do_sample=False)[0, features["input_ids"].shape[1] :]
print(json.dumps([len(tokens), processor.decode(tokens, skip_special_tokens=True)]))
"""


def test_greedy_answers_are_the_library_s() -> None:
    known, task = library("transformers"), "image-text-to-text"
    model = tiny_model(known, task)
    command = [str(python_of(known)), "-c", GENERATE, str(model)]
    done = subprocess.run(command, input=sample("image.jpg"), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    count, text = json.loads(done.stdout.splitlines()[-1])
    server = start_process(known, task, str(model))
    address = {"url": f"data:image/jpeg;base64,{encoded('image.jpg')}"}
    content: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": address},
        {"type": "text", "text": "Is the dog happy?"},
    ]
    asked = {"messages": [{"role": "user", "content": content}], "max_tokens": 12}
    answer = server.client.post("/v1/chat/completions", json=asked).json()
    server.client.close()
    assert server.stop() == 0
    assert answer["choices"][0]["message"]["content"] == text
    assert answer["usage"]["completion_tokens"] == count
