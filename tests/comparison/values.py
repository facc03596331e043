"""Values of each parameter of each task, other than its default, that the comparison sends.

Each is the parameters of one case: the one it is about, and what that has an effect with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Parameters = Mapping[str, Any]
Values = Mapping[str, Sequence[Parameters]]


def alone(**values: Any) -> dict[str, list[Parameters]]:
    """Each parameter by itself."""
    return {name: [{name: value}] for name, value in values.items()}


def inside(name: str, values: Values) -> dict[str, list[Parameters]]:
    """The same parameters in a field of their own."""
    nested: dict[str, list[Parameters]] = {
        f"{name}.{inner}": [{name: dict(one)} for one in some] for inner, some in values.items()
    }
    return {name: [{name: {"max_new_tokens": 4}}], **nested}


# Without a seed, what is sampled can be told beforehand only where one token is left to choose from.
SURE = {"do_sample": True, "num_beams": 1, "top_k": 1}
GENERATED: Values = {
    "do_sample": [SURE],
    "temperature": [{**SURE, "temperature": 0.7}],
    "top_k": [SURE],
    "top_p": [{"do_sample": True, "num_beams": 1, "top_p": 1e-6}],
    "typical_p": [{"do_sample": True, "num_beams": 1, "typical_p": 1e-6}],
    "epsilon_cutoff": [{**SURE, "epsilon_cutoff": 0.9}],
    "eta_cutoff": [{**SURE, "eta_cutoff": 0.9}],
    "max_length": [{"max_length": 7}],
    "max_new_tokens": [{"max_new_tokens": 3}],
    "min_length": [{"min_length": 6}],
    "min_new_tokens": [{"min_new_tokens": 5}],
    "early_stopping": [{"early_stopping": True, "num_beams": 3}, {"early_stopping": "never", "num_beams": 2}],
    "num_beams": [{"num_beams": 2}, {"num_beams": 1}],
    "num_beam_groups": [{"num_beam_groups": 2, "num_beams": 2}],
    "penalty_alpha": [{"penalty_alpha": 0.6}],
    "use_cache": [{"use_cache": False}],
}
REWRITTEN: Values = {
    **GENERATED,
    "repetition_penalty": [{"repetition_penalty": 1.7}],
    "no_repeat_ngram_size": [{"no_repeat_ngram_size": 2}],
    "length_penalty": [{"length_penalty": 3.0, "num_beams": 3}],
    "max_time": [{"max_time": 100.0}],
}
REWRITING: Values = {
    **REWRITTEN,
    **inside("generate_parameters", REWRITTEN),
    "clean_up_tokenization_spaces": [{"clean_up_tokenization_spaces": True}],
    "truncation": [{"truncation": "only_first"}, {"truncation": "longest_first"}],
}
SAMPLED = {"seed": 7}
TEXT_GENERATION: Values = {
    "max_new_tokens": [{"max_new_tokens": 3}],
    "do_sample": [{"do_sample": True, **SAMPLED}, {"do_sample": False}],
    "temperature": [{"temperature": 0.7, **SAMPLED}, {"temperature": 1.8, **SAMPLED}],
    "top_k": [{"top_k": 3, **SAMPLED}],
    "top_p": [{"top_p": 0.6, **SAMPLED}],
    "typical_p": [{"typical_p": 0.5, **SAMPLED}],
    "repetition_penalty": [{"repetition_penalty": 1.9}],
    "frequency_penalty": [{"frequency_penalty": 1.5}, {"frequency_penalty": -1.0}],
    "presence_penalty": [{"presence_penalty": 2.0}],
    "seed": [{"seed": 11, "do_sample": True}],
    "stop": [{"stop": ["n", "ap"]}],
    "stop_sequences": [{"stop_sequences": ["y"]}],
    "truncate": [{"truncate": 2}],
    "return_full_text": [{"return_full_text": True}],
    "details": [{"details": True}],
    "decoder_input_details": [{"details": True, "decoder_input_details": True}],
    "top_n_tokens": [{"details": True, "top_n_tokens": 2}],
    "stream": [{"stream": True}],
    **alone(
        max_time=10.0,
        best_of=1,
        num_return_sequences=1,
        watermark=False,
        adapter_id="some",
        grammar={"type": "regex", "value": "a"},
    ),
}
CHAT: Values = {
    "max_tokens": [{"max_tokens": 3}],
    "max_completion_tokens": [{"max_completion_tokens": 4}],
    "temperature": [{"temperature": 0.7, **SAMPLED}, {"temperature": 0}],
    "top_p": [{"top_p": 0.6, **SAMPLED}],
    "frequency_penalty": [{"frequency_penalty": 1.5}],
    "presence_penalty": [{"presence_penalty": 2.0}],
    "seed": [{"seed": 11, "temperature": 1.0}],
    "stop": [{"stop": ["n", "ap"]}],
    "stream": [{"stream": True}],
    "stream_options": [{"stream": True, "stream_options": {"include_usage": True}}],
    "logprobs": [{"logprobs": True}],
    "top_logprobs": [{"logprobs": True, "top_logprobs": 2}],
    **alone(model="any", user="me", n=1, logit_bias={}, response_format={"type": "text"}, tools=[], tool_choice="none",
            tool_prompt="Use tools", reasoning_effort="none"),
}  # fmt: skip
SCORED: Values = {"function_to_apply": [{"function_to_apply": name} for name in ("sigmoid", "none", "softmax")],
          "top_k": [{"top_k": 2}, {"top_k": 100}]}  # fmt: skip
DRAWN: Values = alone(negative_prompt="rain", guidance_scale=2.5, num_inference_steps=2, seed=7,
                      prompt="a house", strength=0.5, guess_mode=False,
                      target_size={"width": 48, "height": 32})  # fmt: skip
NAMED: Values = {"candidate_labels": [{"candidate_labels": ["a cat"]}, {"candidate_labels": ["cat", "car", "sad"]}]}
SAID: Values = {"hypothesis_template": [{"hypothesis_template": "I like {}!"}], **NAMED}
BEAMS: Values = {**GENERATED, "num_beams": [{"num_beams": 2}]}
SOUND: Values = {**BEAMS, **inside("generation_parameters", BEAMS)}
HEARD: Values = {**GENERATED, **alone(language="french", task="translate")}

VALUES: Mapping[str, Values] = {
    "audio-classification": SCORED,
    "automatic-speech-recognition": {
        "return_timestamps": [{"return_timestamps": how} for how in (True, "word")],
        **inside("generation_parameters", HEARD),
    },
    "chat-completion": CHAT,
    "conversational": {**TEXT_GENERATION, **alone(max_length=20, min_length=2)},
    "document-question-answering": {
        **alone(top_k=3, lang="eng", handle_impossible_answer=True, max_answer_len=2, max_question_len=3,
                word_boxes=[["Paris", [65, 150, 165, 220]], ["US-001", [430.5, 350, 585, 420]]]),
        "max_seq_len": [{"max_seq_len": 80, "top_k": 2}],
        "doc_stride": [{"max_seq_len": 64, "doc_stride": 4, "top_k": 3}],
    },
    "feature-extraction": alone(normalize=True, truncate=True, truncation_direction="left", prompt_name="query",
                                dimensions=8, encoding_format="float"),
    "fill-mask": {"top_k": [{"top_k": 2}, {"top_k": 100}],
                  "targets": [{"targets": ["happy", "sad", "sunny"]}, {"targets": "cat"}]},
    "image-classification": SCORED,
    "image-feature-extraction": {"pool": [{"pool": True}, {"pool": False}]},
    "image-segmentation": {
        **alone(threshold=0.2, mask_threshold=0.4, overlap_mask_area_threshold=0.1, subtask="semantic"),
    },
    "image-text-to-text": CHAT,
    "image-to-image": {**DRAWN, "width": [{"width": 40, "height": 32}], "height": [{"height": 50, "width": 30}]},
    "image-to-text": {"max_new_tokens": [{"max_new_tokens": 3}], **inside("generation_parameters", GENERATED)},
    "mask-generation": {
        **alone(points_per_crop=3, pred_iou_thresh=0.95, stability_score_thresh=0.8, stability_score_offset=3.0,
                mask_threshold=2.0, crops_n_layers=1, crops_nms_thresh=0.3),
        "crop_overlap_ratio": [{"crops_n_layers": 1, "crop_overlap_ratio": 0.1}],
    },
    "object-detection": {"threshold": [{"threshold": 0.2}, {"threshold": 0.9}, {"threshold": 0.0}]},
    "question-answering": {
        **alone(top_k=4, max_answer_len=3, max_question_len=3, handle_impossible_answer=True, align_to_words=False),
        "max_seq_len": [{"max_seq_len": 100}],
        "doc_stride": [{"max_seq_len": 80, "doc_stride": 8, "top_k": 3}],
    },
    "summarization": REWRITING,
    "table-question-answering": {
        "padding": [{"padding": how} for how in ("longest", "max_length", "do_not_pad")],
        **alone(sequential=True, truncation=True, model="any"),
    },
    "sentence-similarity": alone(truncate=True, truncation_direction="left", prompt_name="query"),
    "text-classification": {**SCORED, **alone(truncate=True, truncation_direction="right", raw_scores=False)},
    "text-generation": TEXT_GENERATION,
    "text-ranking": alone(truncate=True, raw_scores=True),
    "text-to-audio": SOUND,
    "text-to-speech": SOUND,
    "text2text-generation": REWRITING,
    "token-classification": {
        "aggregation_strategy": [{"aggregation_strategy": h} for h in ("none", "simple", "first", "average", "max")],
        "ignore_labels": [{"ignore_labels": []}, {"ignore_labels": ["O", "LOC", "B-LOC", "I-LOC"]}],
        "stride": [{"stride": 8}, {"stride": 0, "aggregation_strategy": "max"}],
    },
    "translation": {**REWRITING, **alone(src_lang="deu_Latn", tgt_lang="spa_Latn")},
    "video-classification": {**SCORED, **alone(num_frames=8, frame_sampling_rate=2)},
    "visual-question-answering": {"top_k": [{"top_k": 2}, {"top_k": 100}]},
    "zero-shot-audio-classification": SAID,
    "zero-shot-classification": {**SAID, "multi_label": [{"multi_label": True}]},
    "zero-shot-image-classification": SAID,
    "zero-shot-object-detection": {**NAMED, "threshold": [{"threshold": 0.5}]},
}  # fmt: skip
"""By task; a task that is not here has no parameters."""

FEW: Mapping[tuple[str, str], int] = {("table-question-answering", "padding"): 1}
"""How many of a task's inputs, from the first, a parameter is sent with, where not all make sense."""

FREE = frozenset(
    {
        "audio-classification", "fill-mask", "image-classification", "image-segmentation", "mask-generation",
        "object-detection", "question-answering", "text-classification", "token-classification",
        "video-classification", "zero-shot-audio-classification", "zero-shot-classification",
        "zero-shot-image-classification", "zero-shot-object-detection",
    }
)  # fmt: skip
"""Tasks of which any two parameters can be sent together; cases are made of each pair, too."""
