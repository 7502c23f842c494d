"""Findings that are passed over: each by a reason in a file, or since an older report had it."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pynodes import files
from pynodes.decode import DecodeError, json_value, list_of, optional, shape, text
from pynodes.diagnose.families import FAMILIES
from pynodes.diagnose.finding import Finding
from pynodes.diagnose.report import Known, Report
from pynodes.errors import BadValueError, did_you_mean, needed, quoted_list

_KEYS = ("family", "function", "reason")
_MOST = 4096  # characters
_HELP = 'write [[suppress]] with family = "...", function = "..." and reason = "..."'


@dataclass(frozen=True)
class Suppression:
    """`function` may have `*`, `?` and `[...]`, as names of files in a shell."""

    family: str
    function: str
    reason: str

    def fits(self, finding: Finding) -> bool:
        return finding.family == self.family and fnmatchcase(finding.function, self.function)

    def __str__(self) -> str:
        return f"{self.family} in {self.function}"


Place = tuple[str, str, str]  # family, function, name of the file: a line moves


_TEXTS = shape(dict.fromkeys(_KEYS, text(_MOST)))
_FILE = shape({"suppress": list_of(_TEXTS)})
_FOUND = shape(
    {key: optional(text()) for key in ("family", "function", "file")},
    needed=("family", "function", "file"),
)
_REPORT = shape({"findings": list_of(_FOUND), "known": list_of(_FOUND)}, needed=("findings",))


def read_suppressions(path: Path) -> list[Suppression]:
    """From a TOML file. Raises BadValueError for what is not understood."""
    said = _said(path, "name a TOML file")
    try:
        tables = _FILE(tomllib.loads(said))
    except (tomllib.TOMLDecodeError, RecursionError, DecodeError) as error:
        raise BadValueError(f"this is not understood: {error}", str(path), _HELP) from None
    for name in tables:
        if name != "suppress":
            raise BadValueError(f"there is no key {name!r}", str(path), _HELP)
    entries = tables.get("suppress", ())
    return [_suppression(entry, f"{path}, entry {n}") for n, entry in enumerate(entries, 1)]


def _said(path: Path, help: str) -> str:
    with needed("the file cannot be read", path, help, BadValueError):
        return files.read(path, files.TEXT).decode("utf-8", "backslashreplace")


def _suppression(entry: dict[str, str], where: str) -> Suppression:
    for key in entry:
        if key not in _KEYS:
            near = did_you_mean(key, _KEYS) or f"keys are {quoted_list(_KEYS)}"
            raise BadValueError(f"there is no key {key!r}", where, near)
    for key in _KEYS:
        if not entry.get(key, "").strip():
            raise BadValueError(f"it has no {key}", where, _HELP)
    names = [family.name for family in FAMILIES]
    if entry["family"] not in names:
        help = did_you_mean(entry["family"], names) or "docs/diagnose.md lists the families"
        raise BadValueError(f"there is no family {entry['family']!r}", where, help)
    return Suppression(**entry)


def read_baseline(path: Path) -> frozenset[Place]:
    """Findings of a report that `--json` printed. Raises BadValueError."""
    help = "name what `pynodes diagnose --json` has printed"
    try:
        report = _REPORT(json_value(_said(path, help)))
    except DecodeError as error:
        raise BadValueError(f"this is no report: {error}", str(path), help) from None
    found = [*report["findings"], *report.get("known", ())]
    return frozenset(_place(each["family"], each["function"], each["file"]) for each in found)


def _place(family: str | None, function: str | None, file: str | None) -> Place:
    return family or "", function or "", (file or "").rpartition("/")[2]


def pass_over(
    report: Report, suppressions: list[Suppression], baseline: Collection[Place] = ()
) -> None:
    """Move findings that are known out of the way, and say what passed nothing over."""
    used: set[Suppression] = set()
    gone = set(baseline)
    kept: list[Finding] = []
    for finding in report.findings:
        at = finding.place
        place = _place(finding.family, finding.function, at.file if at else None)
        fitting = [each for each in suppressions if each.fits(finding)]
        used.update(fitting)
        if fitting:
            report.known.append(Known(finding, fitting[0].reason))
        elif place in baseline:
            report.known.append(Known(finding, "in the baseline"))
        else:
            kept.append(finding)
        gone.discard(place)
    report.findings = kept
    report.unused = [f"suppression: {each}" for each in suppressions if each not in used]
    report.unused += [f"baseline: {name} in {where or '??'}" for name, where, _ in sorted(gone)]
