"""CL007."""

from __future__ import annotations

import io
import re
import tokenize
import unicodedata

from policies.rules.rule import Findings, Rule

_WORD = re.compile(r"\w+")
_FORMATTED = re.compile(r"^[A-Za-z]*[fF]")


class Identifiers(Rule):
    """Names are written the way Python reads them.

    What: A name with letters beyond ASCII is in the form that Python turns it into (NFKC), so that it is the
    same to every reader. Accents and other alphabets are fine.

    Why: Python reads mathematical letters as plain ones: written in them, a text search does not find eval, and
    the interpreter does.

    Example:
        ﬁle = 3                   # refused: one letter, which Python reads as f and i
        größe = 3                 # accepted
    """

    code = "CL007"
    name = "allow names as Python reads them"

    def of_text(self, text: str) -> Findings:
        if text.isascii():
            return
        try:
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type == tokenize.NAME or (token.type == tokenize.STRING and _FORMATTED.match(token.string)):
                    yield from self._words(token)
        except (tokenize.TokenError, SyntaxError):
            return  # not Python: the parser says so

    def _words(self, token: tokenize.TokenInfo) -> Findings:
        for word in _WORD.findall(token.string):
            plain = unicodedata.normalize("NFKC", word)
            # In an f-string a word may be text; only what would be read as another name matters.
            if plain != word and (token.type == tokenize.NAME or plain.isascii()):
                column = len(token.line[: token.start[1]].encode())
                yield self.found_at(
                    token.start[0], column, f"The name {word!r} is read as {plain!r}.", f"Write {plain}."
                )
