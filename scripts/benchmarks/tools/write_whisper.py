"""`write_whisper.py FOLDER`: a Whisper of the `base` size with random weights that always writes all its tokens.

Its vocabulary has the ids of the published multilingual models: texts, then control tokens, then timestamps. The output
layer gives control tokens and timestamps a logit of about -30, so no engine ends a transcript before `max_new_tokens`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizerFast
from transformers.models.whisper.tokenization_whisper import LANGUAGES

TEXT_TOKENS, NEW_TOKENS = 50_257, 64
NEVER = -30.0  # the logit of what is not a text
BASE = {
    "d_model": 512, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 8,
    "decoder_attention_heads": 8, "encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048,
}  # fmt: skip
END = "<|endoftext|>"
LANGUAGE_TOKENS = [f"<|{code}|>" for code in list(LANGUAGES)[:99]]
TASK_TOKENS = {"translate": "<|translate|>", "transcribe": "<|transcribe|>"}
CONTROL = [
    END, "<|startoftranscript|>", *LANGUAGE_TOKENS, *TASK_TOKENS.values(), "<|startoflm|>", "<|startofprev|>",
    "<|nospeech|>", "<|notimestamps|>",
]  # fmt: skip
TIMES = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]


def tokenizer() -> WhisperTokenizerFast:
    """Bytes and numbered words, without merges: it is only ever used to decode."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, *(f"Ġ{number}" for number in range(len(alphabet), TEXT_TOKENS))]
    made = Tokenizer(models.BPE(vocab={word: number for number, word in enumerate(words)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(token, special=True) for token in CONTROL])
    made.add_tokens([AddedToken(token, normalized=False) for token in TIMES])
    ends = {"unk_token": END, "bos_token": END, "eos_token": END, "pad_token": END}
    return WhisperTokenizerFast(tokenizer_object=made, **ends, additional_special_tokens=CONTROL[1:])


def network(ids: dict[str, int]) -> WhisperForConditionalGeneration:
    """The network, whose generation settings are English, no timestamps and 64 new tokens."""
    ends = {"eos_token_id": ids[END], "bos_token_id": ids[END], "pad_token_id": ids[END]}
    start = ids["<|startoftranscript|>"]
    made = WhisperForConditionalGeneration(WhisperConfig(**BASE, **ends, decoder_start_token_id=start)).eval()
    decoder = made.model.decoder
    with torch.no_grad():  # the last norm's first value is always 1
        decoder.layer_norm.weight[0], decoder.layer_norm.bias[0] = 0.0, 1.0
        decoder.embed_tokens.weight[:TEXT_TOKENS, 0], decoder.embed_tokens.weight[TEXT_TOKENS:, 0] = 0.0, NEVER
    settings = made.generation_config
    settings._from_model_config = False  # or reading it would make new ones from the network's configuration
    settings.is_multilingual, settings.max_new_tokens = True, NEW_TOKENS
    settings.language, settings.task = "<|en|>", "transcribe"
    settings.lang_to_id = {token: ids[token] for token in LANGUAGE_TOKENS}
    settings.task_to_id = {name: ids[token] for name, token in TASK_TOKENS.items()}
    settings.no_timestamps_token_id, settings.max_initial_timestamp_index = ids["<|notimestamps|>"], 50
    return made


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    torch.manual_seed(0)
    words = tokenizer()
    network({token: words.convert_tokens_to_ids(token) for token in CONTROL}).save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    words.save_pretrained(folder)
    card = "---\nlibrary_name: transformers\npipeline_tag: automatic-speech-recognition\n---\n"
    (folder / "README.md").write_text(card)
