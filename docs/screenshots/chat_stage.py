"""A made-up conversation and the ones before it, for the pictures of the chat page."""

from __future__ import annotations

from r3mes_launcher.core.chats.chat import Chat, ChatSummary
from r3mes_launcher.core.chats.chat_desk import KeptChats
from r3mes_launcher.ports.autostart import AutostartEntry, AutostartReading

QUESTIONS = {
    "en": "Why does a GPU make a model answer faster? Show me what it computes.",
    "tr": "GPU bir modelin yanıtını neden hızlandırır? Ne hesapladığını göster.",
}

_ENGLISH = """A GPU has thousands of **small arithmetic units** that work side by side. A model's answer is mostly the \
multiplication of large tables of numbers, and every cell of such a product can be worked out on its own.

```python
for row in range(m):
    for column in range(n):  # all of these at once
        c[row][column] = dot(a[row], b[column])
```

Three things decide how fast it goes:

1. how many multiplications a second the card can do,
2. how fast its memory can deliver the numbers,
3. whether the whole model fits into that memory.

More in [this overview](https://example.org/why-gpus)."""

_TURKISH = """Bir GPU'da yan yana çalışan binlerce **küçük hesap birimi** vardır. Modelin yanıtı büyük ölçüde büyük \
sayı tablolarının çarpımıdır ve böyle bir çarpımın her hücresi tek başına hesaplanabilir.

```python
for row in range(m):
    for column in range(n):  # hepsi aynı anda
        c[row][column] = dot(a[row], b[column])
```

Hızı üç şey belirler:

1. kartın saniyede yapabildiği çarpma sayısı,
2. belleğinin sayıları ne kadar hızlı getirdiği,
3. bütün modelin o belleğe sığıp sığmadığı.

Devamı [bu özette](https://example.org/why-gpus)."""


def answer_to(question: str) -> str:
    """In the language of the question."""
    return _TURKISH if question == QUESTIONS["tr"] else _ENGLISH


EARLIER = {
    "en": (
        "A short poem about night trains",
        "What is photosynthesis?",
        "When does a lease renew itself?",
        "Explain LoRA adapters to a cook",
    ),
    "tr": (
        "Gece trenleri üzerine kısa bir şiir",
        "Fotosentez nedir?",
        "Kira sözleşmesi ne zaman uzar?",
        "LoRA adaptörlerini bir aşçıya anlat",
    ),
}
WRITTEN = (1_767_268_000.0, 1_767_182_000.0, 1_767_095_000.0, 1_766_990_000.0)


class Chats:
    """Answers as the core's chat desk does."""

    def __init__(self, language: str = "en") -> None:
        self._titles = EARLIER[language]

    async def kept(self) -> KeptChats:
        return KeptChats(
            True,
            tuple(
                ChatSummary(f"{number:032x}", title, at)
                for number, (title, at) in enumerate(zip(self._titles, WRITTEN, strict=True))
            ),
        )

    async def write(self, chat: Chat) -> None: ...


class StagedAutostart:
    async def read(self) -> AutostartReading:
        return AutostartReading(AutostartEntry.ON)
