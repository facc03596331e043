"""Chat templates rendered apart give what the library itself makes of them, in the same words where it refuses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.envs import python_of
from scripts.images import ROOT, library

from ..conftest import tiny_model
from ..servers import start_process

BOTH = """
import json, sys
import transformers
from transformers.utils import chat_template_utils
from transformers import processing_utils

def tell(template, chat, more):
    try:
        return chat_template_utils.render_jinja_template([chat], chat_template=template, **more)[0][0]
    except Exception as error:
        return str(error)

def all_of(asked):
    texts = [tell(template, chat, more) for template in asked["templates"] for chat, more in asked["chats"]]
    return texts, [sorted(processing_utils._get_template_variables(template)) for template in asked["templates"][:-1]]

asked = json.load(sys.stdin)
theirs = all_of(asked)
from inference_common.templates.library import render_in_processes
render_in_processes()
assert processing_utils._get_template_variables is chat_template_utils._get_template_variables
assert processing_utils._get_template_variables.__module__.startswith("inference_common")
json.dump([theirs, all_of(asked)], sys.stdout)
"""
HOSTILE = """{% if 'double' in messages | string %}
    {%- set said = namespace(it='x') %}
    {%- for n in range(64) %}{% set said.it = said.it ~ said.it %}{% endfor %}{{ said.it }}
{%- endif %}
{%- for message in messages %}{{ message.role }}: a cat {% endfor %}"""
TURNS = """{%- if messages[0].role == 'system' %}
    {%- set system = messages[0].content %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = 'Be kind' %}
{%- endif %}
{{- bos_token }}[{{ system | trim }}]
{% for message in messages %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('The roles must alternate: ' + message.role) }}
    {%- endif %}
    {% if message.content is string %}
<{{ message.role }}> {{ message.content }}
    {% else %}
        {% for part in message.content %}
            {%- if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}
        {% endfor %}
    {% endif %}
    {%- if message.role == 'assistant' %}{% generation %}
    {{ message.content }}{{ eos_token }}
    {% endgeneration %}{% endif %}
{% endfor %}
{%- if add_generation_prompt %}<assistant>
    {%- if thinking is defined and not thinking %} <think></think>{% endif %}
{% endif %}
"""
TOOLS = r"""{% macro described(schema, depth=0) -%}
{{ '  ' * depth }}{% for name, it in schema.properties.items() %}
    {{- name }}: {{ it.type | upper }}{{ ', ' if not loop.last }}
{%- endfor %}
{%- endmacro %}
{% set ns = namespace(last=-1, calls=[]) %}
{% for message in messages[::-1] %}
    {% if message.role == 'user' and not message.content.startswith('<tool') %}
        {% set ns.last = loop.index0 %}{% break %}
    {% endif %}
{% endfor %}
{% if tools %}
# Tools
{% for tool in tools %}
{{ tool | tojson }}
{{ tool | tojson(indent=2) }}
{{ described(tool.function.parameters, 1) }}
{% endfor %}
{% endif %}
{% for message in messages %}
    {% if message.tool_calls is defined %}
        {% for call in message.tool_calls %}
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson(ensure_ascii=true) }}}
        {% endfor %}
        {% continue %}
    {% endif %}
{{ message.role ~ ':' }} {{ (message.reasoning_content ~ '|') if message.reasoning_content is defined }}
    {%- set text = message.content.split('</think>')[-1].lstrip('\n') %}
    {{- text.replace('a', "\u00e9").title() }} {{ text | length }} {{ loop.index }} of {{ messages | length }}
{%- endfor %}
{{ ns.last }} {{ dict(a=1, b=[2, none]) }} {{ messages | map(attribute='role') | list | join('/') }}
{{ messages | selectattr('role', 'equalto', 'user') | list | count }} {{ strftime_now('%Y') | int > 2000 }} {{ 7 // 2 }}
"""
WRONG = "{% for message in messages %}{{ message.content }}"
CHAT = [
    {"role": "system", "content": " Speak \u00e9 \U0001f600 <&> "},
    {"role": "user", "content": "a cat\nand a dog "},
    {"role": "assistant", "content": "<think>a</think>\nYes", "reasoning": "so", "name": None},
    {"role": "user", "content": "And now?"},
]
CALL = {"name": "look", "arguments": {"where": "H\u00e0 N\u1ed9i"}}
CALLED = [*CHAT, {"role": "assistant", "tool_calls": [{"function": CALL}]}]
SEEN = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is it?"}]}]
TOOL = {"function": {"name": "look", "parameters": {"properties": {"where": {"type": "string"}, "n": {"type": "int"}}}}}
PROMPT = {"add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>"}


def test_texts_are_the_library_s() -> None:
    chats = [
        [CHAT, {}],
        [CHAT, PROMPT],
        [CHAT[1:], {**PROMPT, "thinking": False}],
        [CHAT[2:], PROMPT],
        [CALLED, {**PROMPT, "tools": [TOOL]}],
        [SEEN, PROMPT],
    ]
    asked = json.dumps({"templates": [TURNS, TOOLS, WRONG], "chats": chats})
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "common" / "src")}
    command = [str(python_of(library("transformers"))), "-c", BOTH]
    done = subprocess.run(command, input=asked, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (texts, names), apart = json.loads(done.stdout.splitlines()[-1])
    assert apart == [texts, names]
    assert texts[1].startswith("<s>[Speak")
    assert texts[1].endswith("<assistant>")
    assert "The roles must alternate: assistant" in texts[3]
    assert any('"arguments": {"where": "H\\u00e0' in text for text in texts)
    assert "thinking" in names[0]


@pytest.mark.parametrize("task", ["chat-completion", "image-text-to-text"])
def test_a_hostile_template_costs_its_caller_only(task: str, tmp_path: Path) -> None:
    known = library("transformers")
    folder = Path(shutil.copytree(tiny_model(known, task), tmp_path / "model"))
    (folder / "chat_template.jinja").write_text(HOSTILE)
    server = start_process(known, task, str(folder))
    for content, status in {"a dog": 200, "double": 424, "a bird": 200}.items():
        body = {"messages": [{"role": "user", "content": content}], "max_tokens": 4}
        answer = server.client.post("/v1/chat/completions", json=body)
        assert answer.status_code == status, answer.text
        assert ("192 MiB of memory" in answer.text) == (status == 424)
    server.client.close()
    assert server.stop() == 0
