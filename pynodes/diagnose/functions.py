"""What a function is called where people read it: C++ and Rust names whole, but short."""

from __future__ import annotations

import re

_OPERATOR = re.compile(
    r"operator\s*(\(\)|\[\]|<=>|->\*?|<<=?|>>=?|[<>=!+\-*/%^&|]=|&&|\|\||\+\+|--|[<>=!+\-*/%^&|~,]"
    r"|\"\"\s*\w+|(?:new|delete)(?:\[\])?\b)"
)
_LAMBDA = re.compile(r"<lambda|\{lambda|'lambda\d*'|\$_\d+")
_UNNAMED = "(anonymous namespace)"
_CLOSING = {"<": ">", "(": ")", "{": "}", "[": "]"}
_HASH = re.compile(r"::h[0-9a-f]{16}$")
_QUALIFIER = re.compile(r"\s*(const|volatile|noexcept|&&?)(?=\W|$)")
_AFTER = re.compile(r"\s*(\[|\.(cold|part|constprop|isra)\b)")  # of a clone, or an ABI


def name_of(function: str) -> str:
    """Without parameters and what is returned, template arguments as `<...>`."""
    if not any(sign in function for sign in "(< :"):
        return function
    words, at = "", 0
    function = _HASH.sub("", function)
    while at < len(function):
        operator = _OPERATOR.match(function, at) if _starts_word(function, at) else None
        if operator:
            words += operator[0].replace(" ", "") if operator[1][0] not in 'nd"' else operator[0]
            at = operator.end()
        elif function.startswith("operator ", at) and _starts_word(function, at):
            to = _end_of_type(function, at + 9)
            words += "operator " + name_of(function[at + 9 : to].strip())
            at = to
        elif _LAMBDA.match(function, at):
            words += "<lambda>"
            at = _end_of_lambda(function, at)
        elif function.startswith(_UNNAMED, at):
            words += _UNNAMED
            at += len(_UNNAMED)
        elif function[at] == "<":
            to = _end(function, at)
            words += "<...>" if words and words[-1] not in ":" else function[at:to]
            at = to
        elif function[at] == "(":
            at = _end(function, at)
            while qualifier := _QUALIFIER.match(function, at):
                at = qualifier.end()
            if function.startswith(" ", at) and not _AFTER.match(function, at):
                words = ""  # `decltype(auto) f(int)`: it was what is returned
            elif not function.startswith("::", at):
                break
        elif function[at] == " ":
            if _AFTER.match(function, at):
                break
            at += 1
            if not (function.startswith("<", at) and "operator" in words):
                words = ""  # so far it was what is returned
        elif _AFTER.match(function, at):
            break
        else:
            words += function[at]
            at += 1
    return words.strip("*& ") or function


def _starts_word(function: str, at: int) -> bool:
    return at == 0 or not (function[at - 1].isalnum() or function[at - 1] in "_$")


def _end(text: str, at: int) -> int:
    """Behind what closes the bracket there."""
    closers: list[str] = []
    while at < len(text):
        sign = text[at]
        operator = _OPERATOR.match(text, at) if sign == "o" and _starts_word(text, at) else None
        if operator:
            at = operator.end()
            continue
        if sign == "-" and text.startswith("->", at):
            at += 2
            continue
        if sign in _CLOSING and not _is_less(text, at):
            closers.append(_CLOSING[sign])
        elif closers and sign == closers[-1]:
            closers.pop()
            if not closers:
                return at + 1
        at += 1
    return at


def _is_less(text: str, at: int) -> bool:
    """A comparison, as in `(2 < 3)`."""
    return text[at - 1 : at + 2] == " < "


def _end_of_lambda(text: str, at: int) -> int:
    if text[at] in "<{":
        return _end(text, at)
    at = re.compile(r"'lambda\d*'|\$_\d+").match(text, at).end()  # type: ignore[union-attr]
    return _end(text, at) if text.startswith("(", at) else at


def _end_of_type(text: str, at: int) -> int:
    """Behind a type that an object is turned into: `operator bool() const`."""
    while at < len(text) and text[at] != "(":
        at = _end(text, at) if text[at] == "<" else at + 1
    return at
