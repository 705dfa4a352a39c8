"""Tags and escaping. A str is text and is escaped; only Markup, which tag() and the page's own files make, is not."""
from __future__ import annotations

import json
from html import escape


class Markup(str):
    """HTML that needs no escaping."""


def text(value) -> Markup:
    if isinstance(value, Markup):
        return value
    # Controls have no place in HTML; a NUL would end the text in some readers.
    return Markup(escape("".join(c if c >= " " or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in str(value))))


VOID = ("input", "img", "meta", "br", "link")


def tag(name: str, /, *children, **attributes) -> Markup:
    """<name attributes>children</name>. Attributes: class_ is class, data_x is data-x; None and False are left out."""
    words = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if value is True:
            words.append(key)
        elif value is not None and value is not False:
            words.append(f'{key}="{text(str(value))}"')
    inner = join(*children)
    return Markup(f"<{' '.join(words)}>" + ("" if name in VOID else f"{inner}</{name}>"))


def join(*children) -> Markup:
    """Lists are flattened; None is nothing."""
    out = []
    for child in children:
        if isinstance(child, (list, tuple)):
            out.append(join(*child))
        elif child is not None:
            out.append(text(child))
    return Markup("".join(out))


def data(identifier: str, value) -> Markup:
    """A block of JSON for the page's script. "<" would end the block, or begin a comment in it."""
    packed = json.dumps(value, allow_nan=False, separators=(",", ":"))
    packed = packed.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup(f'<script type="application/json" id="{text(identifier)}">{packed}</script>')
