"""Tiny models that go on with a text."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from ._shared import WORDS, card

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role not in ['system', 'user', 'assistant'] %}"
    "{{ raise_exception('Only the roles system, user and assistant are known') }}"
    "{% endif %}"
    "<|{{ message.role }}|>{{ message.content }}</s>"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
END_OF_TURN = "<|im_end|>"
SPECIAL = ["<pad>", "<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>"]


def text_generation(folder: Path) -> None:
    """A Llama that reads bytes and words."""
    _write(folder)
    card(folder, "text-generation", max_new_tokens=8)


def chat_completion(folder: Path) -> None:
    """The same, which has a chat template."""
    _write(folder)
    card(folder, "chat-completion", max_tokens=8)


def conversational(folder: Path) -> None:
    """The same."""
    _write(folder)
    card(folder, "conversational", max_new_tokens=8)


def turns(folder: Path) -> None:
    """A Llama whose turns end by a special token that neither its config nor its tokenizer names as the end."""
    tokenizer = tokenizer_of_bytes()
    tokenizer.add_tokens([AddedToken(END_OF_TURN, special=True)])
    tokenizer.chat_template = CHAT_TEMPLATE.replace("</s>", END_OF_TURN)
    network = _llama(tokenizer)
    with torch.no_grad():
        network.lm_head.weight[tokenizer.convert_tokens_to_ids(END_OF_TURN)] *= 2  # said every few words
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "chat-completion")


def gpt2(folder: Path) -> None:
    """A GPT-2 for text-generation, which has no chat template."""
    tokenizer = tokenizer_of_bytes()
    tokenizer.chat_template = None
    torch.manual_seed(0)
    shape = GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=32,
        n_layer=2,
        n_head=4,
        n_positions=256,
        initializer_range=0.5,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    GPT2LMHeadModel(shape).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "text-generation", max_new_tokens=8)


def _write(folder: Path) -> None:
    tokenizer = tokenizer_of_bytes()
    _llama(tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def tokenizer_of_bytes() -> PreTrainedTokenizerFast:
    """Byte-level BPE, so every text can be said; a few words are tokens of their own, with and without a space."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=512, special_tokens=SPECIAL, initial_alphabet=alphabet, min_frequency=1, show_progress=False
    )
    bpe.train_from_iterator([f"{WORDS} {word} {word}" for word in WORDS.split()], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=SPECIAL[3:],
        chat_template=CHAT_TEMPLATE,
        model_max_length=256,
    )


def _llama(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
        initializer_range=0.5,  # far enough from zero that different texts go on differently
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    network = LlamaForCausalLM(shape).eval()
    # It says words: most single bytes are no characters alone, and of the special tokens only the end makes sense.
    unsaid = [id_ for piece, id_ in tokenizer.get_vocab().items() if len(piece) == 1 or piece in SPECIAL]
    unsaid.remove(tokenizer.eos_token_id)
    with torch.no_grad():
        network.lm_head.weight[unsaid] = 0
    return network
