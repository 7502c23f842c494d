"""What a picture was made of: the scene's files, the options that change it, which pynodes.

Each picture says so of itself (`pynodes.image.metadata`): pictures of one origin are the same,
whichever engine, threads and machine made them. It has no times, so that equal pictures are equal
files. Not in it: packages that nodes import, files whose names are computed, the version of Python,
and whatever else a node asks the world for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pynodes.host.find import package_version
from pynodes.model.job import Job
from pynodes.options.places import Script
from pynodes.options.table import rows_of
from pynodes.rendering.sources import contents

Origin = Mapping[str, Any]


def origin_of(job: Job, bits: int | None) -> Origin:
    """That of all frames of a job.

    Args:
        bits: of a sample in the file, where the job leaves a choice.
    """
    options = dict(_options(job))
    if bits is not None:
        options["bits"] = str(bits)
    return {
        "pynodes": package_version(),
        "scene": job.scene.name,
        "sources": contents((job.scene, *job.scripts), (text for _, text in job.defines)),
        "options": options,
    }


def about_frame(origin: Origin, frame: int, *, finished: bool, node_errors: int) -> dict[str, Any]:
    """What the picture of a frame says of itself, besides its checksum."""
    return {**origin, "frame": frame, "finished": finished, "node_errors": node_errors}


def about_file(about: Mapping[str, Any], bits: int | None) -> dict[str, Any]:
    """The same for a file of another form, with so many bits a sample, or no choice of them."""
    options = {name: value for name, value in about["options"].items() if name != "bits"}
    return {**about, "options": options if bits is None else {**options, "bits": str(bits)}}


def differences(found: Mapping[str, Any], origin: Origin, frame: int) -> Iterator[str]:
    """Why a picture that says `found` of itself is not the finished one of a frame; nothing when it
    is."""
    if not found:
        yield "it does not say what it was made of"
        return
    if found.get("pynodes") != origin["pynodes"]:
        yield f"pynodes {found.get('pynodes')} made it"
    if found.get("scene") != origin["scene"]:
        yield f"it is of {found.get('scene')}"
    for name, was, now in _changes(found.get("sources"), origin["sources"]):
        yield f"{name} {'is new' if was is None else 'is gone' if now is None else 'has changed'}"
    for name, was, now in _changes(found.get("options"), origin["options"]):
        yield f"{name} was {_shown(was)}, is {_shown(now)}"
    if found.get("frame") != frame:
        yield f"it is frame {found.get('frame')}"
    if found.get("finished") is not True:
        yield "it is not finished"
    elif found.get("node_errors") != 0:
        yield "nodes raised in it"


def _options(job: Job) -> Iterator[tuple[str, Any]]:
    """Each option that changes the picture, as it is typed; the frame stands by itself."""
    values = job.values()
    for row in rows_of(type(job)):
        if not row.changes_picture or "frames" in row.fields:
            continue
        words = [word for word in row.kind.words("", row.value(values)) if word]
        if isinstance(row.kind, Script):
            words = [Path(word).name for word in words]
        if words:
            yield row.name, words if row.kind.repeats else words[0]


def _changes(found: Any, wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """What differs, by name: as it was, and as it is; None for what is not there."""
    was = found if isinstance(found, Mapping) else {}
    for name in sorted({*was, *wanted}):
        if was.get(name) != wanted.get(name):
            yield name, was.get(name), wanted.get(name)


def _shown(value: Any) -> str:
    if value is None:
        return "not given"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
