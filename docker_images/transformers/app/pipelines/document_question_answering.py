"""document-question-answering: by a network that finds the answer among a page's words, or one that writes it."""

from __future__ import annotations

from collections.abc import Sequence

from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.tasks.documents import DocumentAnswer, DocumentQuestionAnsweringParams
from inference_common.tasks.multimodal import AskedImage
from transformers import AutoConfig

from ._donut import DonutPipeline
from ._layout import LayoutPipeline


class DocumentQuestionAnswering(Pipeline[AskedImage, DocumentQuestionAnsweringParams, list[DocumentAnswer]]):
    def __init__(self, model: ModelSource, device: Device) -> None:
        config = AutoConfig.from_pretrained(model.path(), local_files_only=True)
        writes = config.model_type == "vision-encoder-decoder"
        self.by: DonutPipeline | LayoutPipeline = (DonutPipeline if writes else LayoutPipeline)(model, device)
        self.device, self.cost_unit = self.by.device, self.by.cost_unit
        self.max_batch_size = self.by.max_batch_size  # as the network's kind allows

    def __call__(self, inputs: AskedImage, params: DocumentQuestionAnsweringParams) -> list[DocumentAnswer]:
        return self.by(inputs, params)

    def batch(
        self, inputs: Sequence[AskedImage], params: DocumentQuestionAnsweringParams
    ) -> Sequence[list[DocumentAnswer]]:
        return self.by.batch(inputs, params)

    def check(self, params: DocumentQuestionAnsweringParams) -> None:
        self.by.check(params)

    def cost(self, inputs: AskedImage) -> int:
        return self.by.cost(inputs)
