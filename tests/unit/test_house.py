"""What a newcomer and a forge read first is true: index, templates, workflows, hooks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = (".github/workflows/ci.yml", ".gitlab-ci.yml")
HOOKS = ".pre-commit-config.yaml"
TEMPLATES = (
    (".github/ISSUE_TEMPLATE/bug.md", ".gitlab/issue_templates/bug.md"),
    (".github/ISSUE_TEMPLATE/idea.md", ".gitlab/issue_templates/idea.md"),
    (".github/pull_request_template.md", ".gitlab/merge_request_templates/Default.md"),
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*WORKFLOWS, HOOKS, ".ci/run", ".clang-format"])
def test_files_named_for_machines_exist(name: str) -> None:
    named = re.findall(r"(?<![\w./-])(?:tools|docs|tests|\.ci)/[\w/.-]*\w", text_of(name))

    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_runs_everything_on_every_python(name: str) -> None:
    text = text_of(name)
    code = text_of("tools/bootstrap/machine.py") + text_of("tools/probe_python.py")
    constants = dict(re.findall(r"^(OLDEST|NEWEST) = (.*)$", code, re.MULTILINE))
    (_, oldest), (_, newest) = (ast.literal_eval(constants[key]) for key in ("OLDEST", "NEWEST"))
    expected = {f"3.{minor}" for minor in range(oldest, newest + 1)} | {"3.13t", "3.14t"}

    assert set(re.findall(r'"(3\.\d+t?)"', text)) == expected
    assert re.findall(r"(?:run:|-) (\.ci/run)$", text, re.MULTILINE) == [".ci/run"]


def test_hooks_fetch_nothing() -> None:
    assert re.findall(r"repo: (\S+)", text_of(HOOKS)) == ["local"]


@pytest.mark.parametrize(("github", "gitlab"), TEMPLATES)
def test_templates_of_the_forges_ask_the_same(github: str, gitlab: str) -> None:
    body = re.sub(r"\A---\n.*?\n---\n\n?", "", text_of(github), flags=re.DOTALL)

    assert body == text_of(gitlab)


def test_functions_of_the_walks_are_in_their_files() -> None:
    walks = text_of("CONTRIBUTING.md").split("## Four walks")[1].split("\n## ")[0]
    steps = re.findall(r"`(\w+)`\s+\(\[[^\]]+\]\(([^)]+)\)\)", walks)

    assert len(steps) > 25
    assert [step for step in steps if not re.search(rf"\b{step[0]}\b", text_of(step[1]))] == []


def test_index_of_docs_has_every_page_once() -> None:
    linked = re.findall(r"\]\(([\w./-]+\.md)\)", text_of("docs/README.md"))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}

    assert len(linked) == len(set(linked))
    assert {name for name in linked if "/" not in name} == pages


def glossary() -> list[tuple[str, str]]:
    """Each term with the name in the code that stands beside it."""
    rows = re.findall(r"^\| (.+?) \| .+ \| `(.+)` \|$", text_of("docs/glossary.md"), re.MULTILINE)
    assert len(rows) > 50
    return rows


def test_glossary_has_each_term_once() -> None:
    terms = [term.lower() for term, _ in glossary()]

    assert [term for term in terms if terms.count(term) > 1] == []


def test_glossary_names_what_is_in_the_code() -> None:
    folders = ("host", "witness", "pynodes", "tests")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.*")]
    names = {path.stem for path in paths}
    code = [path for path in paths if path.suffix in (".c", ".h", ".py")]
    known = names.union(*(re.findall(r"[\w-]+", path.read_text(encoding="utf-8")) for path in code))

    assert [name for _, name in glossary() if name not in known] == []
