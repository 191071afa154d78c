"""A language model of the user's own, behind an OpenAI-compatible address; off unless it is configured."""

from callaudit.language_model.openai_compatible import OpenAICompatible, make_reader

__all__ = ["OpenAICompatible", "make_reader"]
