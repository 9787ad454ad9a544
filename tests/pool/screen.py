"""Lines that stay, above a block that is drawn anew, on a terminal of 80 columns or more.

Anywhere else there is no block and no escape code, and its owner says the same in lines.
"""

import shutil
import sys
import textwrap

WIDTH, HEIGHT = 80, 24
TINTS = {"sound": "32", "suspect": "33", "failing": "31", "unknown": "33"}


def tinted(word, width):
    text = word.ljust(width)
    return "\033[%sm%s\033[0m" % (TINTS[word], text) if word in TINTS else text


def bar(part, whole, width=20):
    full = width if whole <= 0 else min(width, part * width // whole)
    return "[" + "#" * full + "." * (width - full) + "]"


class Screen:
    def __init__(self, out=sys.stdout):
        self.out = out
        size = shutil.get_terminal_size((WIDTH, HEIGHT))
        self.live = out.isatty() and size.columns >= WIDTH and size.lines >= HEIGHT
        self.drawn = []

    def _clear(self):
        if self.drawn:
            self.out.write("\033[%dA\033[J" % len(self.drawn))

    def line(self, text, indent=""):
        self._clear()
        wrapped = textwrap.wrap(text, WIDTH - 1, subsequent_indent=indent) if self.live else [text]
        self.out.write("\n".join(wrapped or [""]) + "\n")
        self.out.writelines(row + "\n" for row in self.drawn)
        self.out.flush()

    def block(self, rows):
        """Draws it; each row is one of the terminal's."""
        if not self.live or rows == self.drawn:
            return
        self._clear()
        self.out.writelines(row + "\n" for row in rows)
        self.drawn = list(rows)
        self.out.flush()

    def leave(self):
        """What is drawn stays as it is."""
        self.drawn = []
