"""Fail when a commit since the one reformat does not read as commits here should.

    python3 tools/check/commits.py [REPOSITORY]

From the commit that .git-blame-ignore-revs names (the first that is in one format) to HEAD history
is a line, without merges; a subject is `area: effect`, 72 columns at most; and a commit that
changes more than three files says why in its body. Where the history is not there (no git, an
unpacked archive, a shallow clone) that is said, and nothing is checked.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from frame import NotCheckedError, main

SUBJECT_COLUMNS = 72
FILES_WITHOUT_BODY = 3
SUBJECT = re.compile(r"[\w.+/-]+(?:, [\w.+/-]+)*: \S.*")
TRAILER = re.compile(r"[A-Z][\w-]+: .*<.*>")


def git(root: Path, *words: str) -> str:
    """What git prints; raises NotCheckedError when it cannot be run or fails."""
    command = ["git", "-C", str(root), *words]
    try:
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=True
        ).stdout
    except OSError as exc:
        raise NotCheckedError("there is no git") from exc
    except subprocess.CalledProcessError as exc:
        raise NotCheckedError(exc.stderr.strip().splitlines()[0]) from exc


def first_commit(root: Path) -> str:
    """The last commit that .git-blame-ignore-revs names."""
    try:
        lines = (root / ".git-blame-ignore-revs").read_text(encoding="utf-8").splitlines()
    except OSError as exc:
        raise NotCheckedError("there is no .git-blame-ignore-revs") from exc
    return [line for line in lines if re.fullmatch(r"[0-9a-f]{40}", line)][-1]


def complaints(root: Path) -> Iterator[str]:
    """One line for each thing that is wrong with a commit, the oldest commit first."""
    if Path(git(root, "rev-parse", "--show-toplevel").strip()).resolve() != root:
        raise NotCheckedError("this folder is no repository of its own")
    first = first_commit(root)
    try:
        git(root, "merge-base", "--is-ancestor", first, "HEAD")
    except NotCheckedError:
        if git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
            raise NotCheckedError("this clone is shallow") from None
        yield f".git-blame-ignore-revs names {first[:10]}, which HEAD does not come from"
        return
    fields = "%x01%h%x00%P%x00%s%x00%b%x02"
    log = git(root, "log", "--reverse", "--name-only", f"--format={fields}", f"{first}..HEAD")
    for entry in log.split("\x01")[1:]:
        head, _, files = entry.partition("\x02")
        name, parents, subject, body = head.split("\x00")
        for what in wrong_with(parents.split(), subject, body, files.split("\n")):
            yield f"{name} {what}: {subject}"


def wrong_with(parents: list[str], subject: str, body: str, files: list[str]) -> Iterator[str]:
    """What one commit does that it should not."""
    if len(parents) > 1:
        yield "merges, rebase instead"
        return
    if len(subject) > SUBJECT_COLUMNS:
        yield f"has a subject of {len(subject)} columns, {SUBJECT_COLUMNS} at most"
    if not SUBJECT.fullmatch(subject):
        yield "has a subject that is not `area: effect`"
    changed = sum(1 for file in files if file.strip())
    says_why = any(line.strip() and not TRAILER.fullmatch(line) for line in body.splitlines())
    if changed > FILES_WITHOUT_BODY and not says_why:
        yield f"changes {changed} files and has no body that says why"


if __name__ == "__main__":
    sys.exit(main(complaints, "commits: each says what it does", "git rebase -i and reword"))
