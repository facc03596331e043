"""MLServer's runtime for a SentenceTransformer; its settings are in the folder that starts it."""

from __future__ import annotations

from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse
from sentence_transformers import SentenceTransformer


class MiniLM(MLModel):  # type: ignore[misc]  # the package has no types here
    """One string in, one vector out; MLServer makes batches of requests that wait."""

    async def load(self) -> bool:
        self.model = SentenceTransformer(self.settings.parameters.uri, device="cpu")
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        texts = StringCodec.decode_input(payload.inputs[0])
        vectors = self.model.encode(texts, show_progress_bar=False)
        output = NumpyCodec.encode_output("vectors", vectors)
        return InferenceResponse(model_name=self.name, outputs=[output])
