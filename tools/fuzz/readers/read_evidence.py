"""A look, as a collector writes it and as it is kept: judged, and told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

from damage import damaged

from pynodes.cli.console import Console
from pynodes.cli.diagnosed import finding_lines
from pynodes.diagnose import explain
from pynodes.diagnose.evidence.assemble import evidence_of
from pynodes.diagnose.families import judge
from pynodes.diagnose.look.form import FormError, from_json
from pynodes.diagnose.look.look import Look

RECORDED = Path(__file__).resolve().parents[3] / "tests" / "unit" / "diagnose" / "evidence"
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**63, 2**64 - 1, 2**64, 0.5),
    *("", "x", "\x1b]0;", [], {}, [[]]),
)


def seeds(folder: Path) -> Sequence[bytes]:
    """What programs with each kind of mistake have left."""
    whole = [path.read_bytes() for path in sorted(RECORDED.glob("*.json"))]
    for data in whole:
        evidence_of(from_json(Look, json.loads(data)))  # none of these may be refused
    return whole


def mutate(data: bytes, dice: Random) -> bytes:
    """Values, names and parts are changed, left out, doubled or moved; sometimes the text."""
    if dice.random() < 0.1:
        return damaged(data, dice)
    raw = json.loads(data)
    for _ in range(dice.choice((1, 1, 2, 4, 12))):
        holder: Any = raw
        while True:
            parts = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not parts:
                break
            key = dice.choice(parts)
            if isinstance(holder[key], dict | list) and holder[key] and dice.random() < 0.85:
                holder = holder[key]
                continue
            _change(holder, key, parts, dice)
            break
    return json.dumps(raw).encode()


def _change(holder: Any, key: Any, parts: list[Any], dice: Random) -> None:
    match dice.randrange(5):
        case 0:
            holder[key] = deepcopy(dice.choice(_ODD))
        case 1:
            del holder[key]
        case 2:
            holder[key] = holder[dice.choice(parts)]
        case 3 if isinstance(holder[key], int):
            holder[key] += dice.choice((-1, 1, 1 << 20))
        case _:
            if isinstance(holder, list):
                holder.insert(key, holder[dice.choice(parts)])
            else:
                holder[key] = deepcopy(dice.choice(_ODD))


def read(data: bytes, folder: Path) -> None:
    """As a diagnosis does with what gdb has written."""
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        evidence = evidence_of(from_json(Look, raw))
    except FormError:
        return
    console = Console("never")
    for finding in judge(evidence):
        json.dumps(finding.as_dict())
        list(finding_lines(console, finding))
    explain.observe(evidence)
