"""image-text-to-text: a chat with a model that sees the images in it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from inference_common.chat import Chat, ChatParams
from inference_common.codecs.chat import texts_of
from inference_common.errors import InvalidRequest
from inference_common.generation import Generation, Piece
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from transformers import AutoModelForImageTextToText, AutoProcessor

from ._chat import ChatPipeline
from ._vision import refuse_other_than_rgb


class ImageTextToText(ChatPipeline[Chat, ChatParams, Generation]):
    auto = AutoModelForImageTextToText
    also = ()

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        refuse_other_than_rgb(self.network.config)
        loader: Any = AutoProcessor
        self.processor: Any = loader.from_pretrained(self.folder, local_files_only=True)

    def stream(self, inputs: Chat, params: ChatParams) -> Generator[Piece, None, None]:
        prompt, features = self._read(inputs)
        ids: list[int] = features.pop("input_ids")[0].tolist()
        yield from self.turn(prompt, ids, params.generation(), features)

    def preprocess(self, inputs: Chat) -> Chat:
        return self.rendered(inputs)

    @property
    def templated(self) -> Any:
        return self.processor

    def as_content(self, text: str) -> Any:
        return [{"type": "text", "text": text}]

    def check(self, params: ChatParams) -> None:
        self.check_chats()

    def check_chats(self) -> None:
        if not self.processor.chat_template:
            raise InvalidRequest(f"{self.name} has no chat template, by which it could be asked about images")

    def cost(self, inputs: Chat) -> int:
        return sum(self.tokens(text) for message in inputs.messages for text in texts_of(message))

    def warnings(self, inputs: Sequence[Chat], costs: Sequence[int], params: ChatParams) -> Sequence[str]:
        # How many tokens an image is, only the processor knows.
        prompts = [chat.prompt or "" for chat in inputs if not chat.images]
        return self.prompt_warnings(prompts, params, params.most_tokens, special=False)

    def _read(self, chat: Chat) -> tuple[str, dict[str, Any]]:
        """The prompt, and the network's inputs of it and of the images. Raises InvalidRequest."""
        prompt = self.rendered(chat).prompt or ""
        images = list(chat.images) or None
        begun = self.tokenizer.bos_token is not None and prompt.startswith(str(self.tokenizer.bos_token))
        try:
            read = self.processor(text=prompt, images=images, return_tensors="pt", add_special_tokens=not begun)
        except ValueError as error:  # a model that takes one image, say
            raise InvalidRequest(f"The model does not take these images: {error}") from error
        features = dict(self.moved(read))
        features.pop("attention_mask", None)  # of one row: all ones, which the network takes for granted
        return prompt, features
