"""Functions as they are declared, for a header that says more of them."""

from __future__ import annotations

from typing import Any

from pynodes.lint.clang import is_pythons

_HEADERS = (".h", ".hh", ".hpp", ".hxx")
_AROUND = ("POINTER", "LVALUEREFERENCE", "CONSTANTARRAY", "INCOMPLETEARRAY")


def prototype(cursor: Any) -> str:
    """Its declaration; empty where it cannot be written without its own file, or is a method."""
    kind = cursor.type
    parameters = list(kind.argument_types()) if kind.kind.name == "FUNCTIONPROTO" else []
    parts = [kind.get_result(), *parameters]
    if cursor.kind.name != "FUNCTION_DECL" or not all(_is_plain(each) for each in parts):
        return ""
    if cursor.semantic_parent.kind.name not in ("TRANSLATION_UNIT", "LINKAGE_SPEC"):
        return ""
    words = [each.spelling for each in parameters]
    if kind.kind.name == "FUNCTIONPROTO" and kind.is_function_variadic():
        words.append("...")
    static = "static " if cursor.storage_class.name == "STATIC" else ""
    # in parentheses no macro of that name takes its place
    return f"{static}{parts[0].spelling} ({cursor.spelling})({', '.join(words) or 'void'})"


def headers_of(cursor: Any) -> tuple[str, ...]:
    """The headers of the program that declare it and what it takes and gives."""
    kind = cursor.type
    parameters = list(kind.argument_types()) if kind.kind.name == "FUNCTIONPROTO" else []
    places = [cursor.canonical.location]
    places += [_bare(each).get_declaration().location for each in (kind.get_result(), *parameters)]
    names = (str(place.file.name) for place in places if place.file is not None
             and not place.is_in_system_header)  # fmt: skip
    own = (name for name in names if name.endswith(_HEADERS) and not is_pythons(name))
    return tuple(dict.fromkeys(own))


def _bare(kind: Any) -> Any:
    """What a pointer points to in the end, or an array is of."""
    while kind.kind.name in _AROUND:
        kind = kind.element_type if "ARRAY" in kind.kind.name else kind.get_pointee()
    return kind


def _is_plain(kind: Any) -> bool:
    """Whether other files can name it, after Python's headers and that which declares it."""
    kind = _bare(kind)
    if "(*" in kind.spelling or "FUNCTION" in kind.kind.name:
        return False
    declared = kind.get_declaration().location
    if declared.file is None:
        return True
    name = declared.file.name
    return declared.is_in_system_header or is_pythons(name) or name.endswith(_HEADERS)
