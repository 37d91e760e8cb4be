"""Words are made when a notice is told, from evidence, in the language of who hears it."""

from alerts.words.catalogue import LANGUAGES
from alerts.words.notices import Words, digest_title, drill_words, notice_title, notice_words, plain, take_it

__all__ = ["LANGUAGES", "Words", "digest_title", "drill_words", "notice_title", "notice_words", "plain", "take_it"]
