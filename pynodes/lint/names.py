"""How functions and variables are named, so that all files agree."""

from __future__ import annotations

from typing import Any

from pynodes.lint.clang import CPLUSPLUS, cindex

_SCOPES = ("NAMESPACE", "STRUCT_DECL", "CLASS_DECL", "CLASS_TEMPLATE", "UNION_DECL")
FUNCTIONS = ("FUNCTION_DECL", "CXX_METHOD", "CONSTRUCTOR", "DESTRUCTOR", "CONVERSION_FUNCTION")


def qualified(cursor: Any) -> str:
    """`std::thread::join`; of C the name."""
    parts = [cursor.spelling]
    parent = cursor.semantic_parent
    while parent is not None and parent.kind.name in _SCOPES:
        if parent.spelling and not parent.spelling.startswith("__"):  # an inline namespace
            parts.append(parent.spelling)
        parent = parent.semantic_parent
    return "::".join(reversed(parts))


def identity(cursor: Any) -> str:
    """Of a function: the same in all files where it has linkage."""
    if is_hidden(cursor):
        file = cursor.location.file
        return f"{file.name if file is not None else ''}:{cursor.get_usr()}"
    return str(cursor.get_usr()) or cursor.spelling


def is_hidden(cursor: Any) -> bool:
    """Whether no other file can name it."""
    linkage = cindex().LinkageKind
    return cursor.linkage in (linkage.INTERNAL, linkage.NO_LINKAGE, linkage.UNIQUE_EXTERNAL)


def owner_of(cursor: Any) -> str:
    """Of a field its class, of a variable itself; with `~` where other files may write it."""
    file = cursor.location.file
    name = file.name if file is not None else ""
    known_as = f"{name}:{cursor.location.line}"
    if "ARRAY" in cursor.type.get_canonical().kind.name:
        return f"~{known_as}"
    if cursor.kind.name == "VAR_DECL":
        return known_as if is_hidden(cursor) else f"~{known_as}"
    return known_as if name.endswith((".c", *CPLUSPLUS)) else f"~{known_as}"
