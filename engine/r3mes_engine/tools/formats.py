"""How models write the calls of tools into their text, told from their chat templates. Pure.

hermes   `<tool_call>{"name": …, "arguments": …}</tool_call>`, Qwen and many others
         (https://github.com/NousResearch/Hermes-Function-Calling)
llama    the whole answer is `{"name": …, "parameters": …}`, after `<|python_tag|>` or bare
         (https://github.com/meta-llama/llama-models, prompt format of Llama 3.1)
mistral  the whole answer is `[TOOL_CALLS][{"name": …, "arguments": …}]` (https://github.com/mistralai/mistral-common)
plain    the template takes tools, and nobody here knows how its model calls them: the text stays text
"""

from __future__ import annotations

import re
from typing import Literal

ToolFormat = Literal["hermes", "llama", "mistral", "plain", "server"]
"""`server`: another server reads the calls, and tells them apart from the text."""

_GENERATION = re.compile(r"\{%-?\s*(end)?generation\s*-?%\}")
"""A tag of the transformers library's own, which marks what a model is trained on."""


def tool_format(template: str) -> ToolFormat | None:
    """None for a template that takes no tools."""
    if not _takes_tools(template):
        return None
    if "<tool_call>" in template:
        return "hermes"
    if "[TOOL_CALLS]" in template:
        return "mistral"
    if "<|python_tag|>" in template or ('"parameters"' in template and "ipython" in template):
        return "llama"
    return "plain"


def _takes_tools(template: str) -> bool:
    # Loaded for those alone who have a template.
    from jinja2 import TemplateError, meta
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"])
    try:
        return "tools" in meta.find_undeclared_variables(environment.parse(_GENERATION.sub("", template)))
    except (TemplateError, RecursionError):
        return False
