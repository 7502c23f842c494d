"""Saving what scripts did to a scene, and bringing it back: what the host calls for both.

A saved file is JSON: the scene script's path and, by thing, what was assigned, properties, drivers,
constraints and links; the texts that these use go along.
"""

# ruff: noqa: PTH100, PTH118, PTH119, PTH120, PTH123 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os

from pynodes import files
from pynodes.app._bridge import host
from pynodes.app.things import source_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = "pynodes-scene"
VERSION = 1
KINDS = ("scene", "object", "camera", "lamp", "material", "world")


def save(path: str, scene: str, frame: int) -> None:
    """Write the document."""
    import json

    things = []
    texts: dict[str, str] = {}
    for kind in KINDS:
        for name in host.thing_names(kind):
            thing = _changes(kind, name, texts)
            if thing:
                things.append({"kind": kind, "name": name, **thing})
    deleted = host.things_deleted()
    folder = os.path.dirname(os.path.abspath(path))
    document = {
        "format": FORMAT,
        "version": VERSION,
        "scene": os.path.relpath(scene, folder),
        "frame": frame,
        "deleted": [list(each) for each in deleted],
        "things": things,
        "texts": texts,
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")


def read(path: str) -> dict[str, Any]:
    """What save() wrote.

    Raises:
        ValueError: the file is something else.
    """
    import json

    try:
        document = json.loads(files.read(path, files.DOCUMENT))
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"{path} is no saved scene: {problem}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{path} is no saved scene: its format is not {FORMAT!r}")
    if document.get("version") != VERSION:
        raise ValueError(f"{path} is of version {document.get('version')!r}, not {VERSION}")
    return document


def scene_of(document: dict[str, Any], path: str) -> str:
    """The scene script of a saved file."""
    folder = os.path.dirname(os.path.abspath(path))
    return os.path.join(folder, str(document.get("scene", "")))


def apply(document: dict[str, Any]) -> None:
    """Do to the scene, just opened, what scripts had done to it."""
    for name, path in document.get("texts", {}).items():
        if os.path.basename(path) == name:
            host.text_open(path)
    for thing in document.get("things", []):
        _apply_to(thing)
    for kind, name in document.get("deleted", []):
        if name in host.thing_names(kind):
            host.thing_delete(kind, name)


def _changes(kind: str, name: str, texts: dict[str, str]) -> dict[str, Any]:
    """What scripts did to a thing; the texts that this uses are added to `texts`."""
    constraints = [each[:3] for each in host.thing_get(kind, name, "constraints")]
    links = host.link_list(kind, name)
    for text in (*(text for text, _, _ in constraints), *(text for _, text in links)):
        texts[text] = source_of(text)[0]
    found = {
        "assigned": host.thing_get(kind, name, "assigned"),
        "properties": host.thing_get(kind, name, "properties"),
        "drivers": [each[:2] for each in host.thing_get(kind, name, "drivers")],
        "constraints": constraints,
        "links": links,
    }
    return {key: value for key, value in found.items() if value}


def _apply_to(thing: dict[str, Any]) -> None:
    kind, name = thing["kind"], thing["name"]
    if name not in host.thing_names(kind):
        return  # the scene script has changed since
    channels = host.thing_get(kind, name, "channels")
    for channel, numbers in thing.get("assigned", {}).items():
        if channel in channels:
            host.thing_assign(kind, name, channel, tuple(numbers))
    for key, value in thing.get("properties", {}).items():
        host.thing_set_property(kind, name, key, value)
    for path, text in thing.get("drivers", []):
        host.driver_set(kind, name, path, text)
    for text, targets, properties in thing.get("constraints", []):
        path, source = source_of(text)
        host.constraint_add(kind, name, text, path, source, list(targets), properties)
    for event, text in thing.get("links", []):
        host.link_add(kind, name, text, event)
