"""The characters that Alibaba's rules speak of as Chinese and Japanese, for use inside a character class.

The English pages often leave them out; the Chinese ones and the console's pages have them.
"""

from __future__ import annotations

CHINESE = r"\u4e00-\u9fff"
# INFERRED: kana with their marks of repetition and length; no page lists the characters.
JAPANESE = r"\u3005\u3041-\u3096\u309d-\u309f\u30a1-\u30ff"
