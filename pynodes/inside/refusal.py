"""Did an import fail because a module does not load in an interpreter with a GIL of its own?

CPython raises a bare ImportError then, with no name and no type of its own, and from C, so that
there is no frame either: its text is all there is. It is read here and nowhere else. The standard
library only, and no import: `pynodes.doctor.import_probe` runs this file by its path.
"""

_BEGIN = "module "
_END = " does not support loading in subinterpreters"


def refused(exc: BaseException) -> str:
    """The name of the module that refused, else empty.

    A package may wrap that in a long text of its own (NumPy does), so what an ImportError comes
    from is looked through.
    """
    seen: set[int] = set()
    links: list[BaseException | None] = [exc]
    while links:
        link = links.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        text = str(link) if isinstance(link, ImportError) else ""
        if text.startswith(_BEGIN) and text.endswith(_END):
            return text.removeprefix(_BEGIN).removesuffix(_END)
        links.append(link.__cause__)
        if isinstance(link, ImportError):
            links.append(link.__context__)
    return ""


def refusal(module: str, version: str = "") -> str:
    """The error in CPython's words; a version goes after the name."""
    return f"ImportError: {_BEGIN}{module}{version}{_END}"
