"""Constraints: scripts that change an object's matrix, and their ways out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from entry_play import Play, ev
from entry_world import ASKING, only_alone
from host_runner import RunHost

FOLLOW = """# CONSTRAINT
NUM_TARGETS = 1

def do_target(name, matrix, props):
    matrix[2][3] += props.get("height", 0)
    return matrix

def do_constraint(matrix, targets, props):
    for row in range(3):
        matrix[row][3] = targets[0][row][3]
    return matrix

def get_settings(props):
    props["height"] = props.get("height", 0) + 1
    return props
"""
ADD = """from pynodes import app
app.open_text(__file__.replace("add.py", "c.py"))
box = app.object("Box")
box.add_constraint("c.py", TARGETS, height=2)
"""
SHOW = """from pynodes import app
box = app.object("Box")
print(box.world_location, [(c.text, c.targets, c.props, c.broken) for c in box.constraints])
"""


def texts(script: str = FOLLOW, targets: str = "['Ball']") -> dict[str, str]:
    return {"c.py": script, "add.py": ADD.replace("TARGETS", targets), "show.py": SHOW}


def without_targets(body: str) -> dict[str, str]:
    return texts(f"# CONSTRAINT\ndef do_constraint(matrix, targets, props):\n{body}", "[]")


EVENTS = (ev("script", "add.py"), ev("script", "show.py"))


def test_constraint_moves_its_owner_to_the_target(play: Play) -> None:
    log = play(*EVENTS, texts=texts(), scene=ASKING)

    assert log.lines == ["(1.0, 0.0, 2.5) [('c.py', ('Ball',), {'height': 2.0}, False)]"]
    assert log.results("constraint") == ["ok"]


def test_stack_is_solved_in_order_and_targets_first(play: Play) -> None:
    scripts = texts()
    scripts["add.py"] += (
        "app.object('Ball').drivers['location.x'] = 'frame * 10'\n"
        "app.open_text(__file__.replace('add.py', 'double.py'))\nbox.add_constraint('double.py')\n"
    )
    scripts["double.py"] = (
        "# CONSTRAINT\ndef do_constraint(matrix, targets, props):\n"
        "    return [[2 * matrix[r][c] if c == 3 and r < 3 else matrix[r][c] for c in range(4)]"
        " for r in range(4)]\n"
    )
    log = play(*EVENTS, ev("frame", 2), EVENTS[1], texts=scripts, scene=ASKING)

    assert [line.partition(" [")[0] for line in log.lines] == [
        "(20.0, 0.0, 5.0)",
        "(40.0, 0.0, 5.0)",
    ]
    assert log.entries("driver")[0]["depth"] > log.entries("constraint", "c.py on Box")[0]["depth"]


WRONG = {
    "    1 / 0\n": "ZeroDivisionError: division by zero",
    "    pass\n": "do_constraint must return a 4x4 matrix, it returned None",
    "    return 5\n": "what do_constraint returned must be 16 numbers",
    "    return [[1, 0, 0], [0, 1, 0], [0, 0, 1]]\n": "what do_constraint returned",
    "    return [[0] * 4] * 3 + [[0, 0, 0, 1]]\n": "what do_constraint returned has",
    "    from pynodes import app; app.object('Box').location = 0, 0, 0\n": "RuntimeError",
    "    from pynodes import app; app.object('Box').matrix\n": "RuntimeError: Box needs itself",
}


def test_constraints_that_fail_are_reported_once_and_left_out(play: Play) -> None:
    scripts = {
        f"c{n}.py": f"# CONSTRAINT\ndef do_constraint(matrix, targets, props):\n{body}"
        for n, body in enumerate(WRONG)
    }
    scripts["add.py"] = (
        "from pynodes import app\nbox = app.object('Box')\n"
        f"for n in range({len(WRONG)}):\n"
        "    app.open_text(__file__.replace('add.py', f'c{n}.py'))\n"
        "    box.add_constraint(f'c{n}.py')\n"
        "for _ in range(2): print(box.world_location, all(c.broken for c in box.constraints))\n"
    )
    log = play(ev("script", "add.py"), texts=scripts, scene=ASKING, status=16)

    assert len(log.errors) == len(WRONG)
    for n, (error, what) in enumerate(zip(log.errors, WRONG.values(), strict=True)):
        assert error["what"].startswith(what)
        assert f"c{n}.py:" in error["where"]
    assert log.lines == ["(0.0, 1.0, 0.25) True"] * 2
    assert log.results("constraint") == ["error"] * len(WRONG)


def test_exit_in_a_constraint_breaks_the_constraint_only(play: Play) -> None:
    log = play(*EVENTS, texts=without_targets("    raise SystemExit\n"), scene=ASKING)

    assert log.lines[0].endswith("True)]")
    assert log.results("constraint") == ["exit"]


REFUSED = [
    ("def do_constraint(): pass\n", [], "ValueError: c0.py is no constraint"),
    ("# CONSTRAINT\n", [], "ScriptError: the script defines no function do_constraint"),
    ("# CONSTRAINT\ndo_constraint = print\n", [], "ScriptError: do_constraint must be a function"),
    ("# CONSTRAINT\nNUM_TARGETS = 'x'\n", [], "ScriptError: NUM_TARGETS must be a whole number"),
    ("# CONSTRAINT\n1 / 0\n", [], "ZeroDivisionError"),
    (FOLLOW, [], "ValueError: c5.py takes 1 targets (NUM_TARGETS), got 0"),
    (FOLLOW, ["Nix"], "KeyError: no object 'Nix'"),
]


@only_alone
def test_wrong_constraints_are_refused_where_they_are_added(play: Play) -> None:
    scripts = {f"c{n}.py": script for n, (script, _, _) in enumerate(REFUSED)}
    scripts["add.py"] = f"""
from pynodes import app
for n, targets in enumerate({[targets for _, targets, _ in REFUSED]!r}):
    app.open_text(__file__.replace("add.py", f"c{{n}}.py"))
    try:
        app.object("Box").add_constraint(f"c{{n}}.py", targets)
    except Exception as problem:
        print(type(problem).__name__, problem.args[0], sep=": ")
print(app.object("Box").constraints)
"""
    log = play(ev("script", "add.py"), texts=scripts, scene=ASKING)

    assert log.lines[-1] == "[]"
    for line, (_, _, what) in zip(log.lines, REFUSED, strict=False):
        assert line.startswith(what)


def test_objects_that_constrain_each_other_are_an_error_with_the_ring(play: Play) -> None:
    scripts = texts()
    scripts["add.py"] += "app.object('Ball').add_constraint('c.py', ['Box'])\n"

    log = play(*EVENTS, texts=scripts, scene=ASKING, status=16)

    assert "needs itself: Box -> Ball -> Box" in log.error["what"]


def test_refresh_takes_the_edited_script_and_mends_what_was_broken(play: Play) -> None:
    scripts = without_targets("    1 / 0\n")
    scripts["good.py"] = without_targets("    matrix[0][3] = 7\n    return matrix\n")["c.py"]
    events = [EVENTS[0], ev("script", "show.py", error=True), ev("edit", "c.py", "good.py")]
    events += [EVENTS[1], ev("refresh", "Box"), EVENTS[1]]

    log = play(*events, texts=scripts, scene=ASKING)

    assert [line.endswith("True)]") for line in log.lines] == [True, True, False]
    assert log.lines[2].startswith("(7.0, 1.0, 0.25)")


@only_alone
def test_refresh_of_a_script_that_is_wrong_now_is_reported(play: Play) -> None:
    scripts = texts()
    scripts["bad.py"] = "# CONSTRAINT\nNUM_TARGETS = 2\ndef do_constraint(m, t, p): return m\n"
    events = [EVENTS[0], ev("edit", "c.py", "bad.py"), ev("refresh", "Box", error=True), EVENTS[1]]

    log = play(*events, texts=scripts, scene=ASKING)

    assert "the script takes 2 targets (NUM_TARGETS), the constraint has 1" in log.error["what"]
    assert log.lines[0].endswith("True)]")


def test_options_let_the_script_set_its_properties(play: Play) -> None:
    log = play(EVENTS[0], ev("options", "Box"), EVENTS[1], texts=texts(), scene=ASKING)

    assert log.lines == ["(1.0, 0.0, 3.5) [('c.py', ('Ball',), {'height': 3.0}, False)]"]


def test_options_that_fail_break_the_constraint(play: Play) -> None:
    script = FOLLOW.replace("    return props\n", "    return [1]\n")
    events = [EVENTS[0], ev("options", "Box", error=True), ev("options", "Box"), EVENTS[1]]

    log = play(*events, texts=texts(script), scene=ASKING)

    assert "get_settings must return a dict or None" in log.error["what"]
    assert log.results("constraint", "c.py on Box")[:2] == ["error", "broken"]


@only_alone
def test_event_for_an_object_that_is_gone_calls_nobody(play: Play) -> None:
    log = play(ev("refresh", "Nix"), ev("options", "Nix"), ev("update", "Nix"), scene=ASKING)

    assert log.results("constraint", "Nix") == ["nobody", "nobody"]
    assert log.results("link", "Nix") == ["nobody"]


def test_render_threads_evaluate_constraints_for_nodes(run_host: RunHost, tmp_path: Path) -> None:
    for name, text in texts().items():
        (tmp_path / name).write_text(text)
    options = ("--size", "32x32", "--samples", "1", "--tile", "4", "-t", "8")
    moved = ASKING.replace("box.matrix[1][3]", "box.matrix[2][3]")

    run = run_host(*options, "--script", str(tmp_path / "add.py"), scene=moved)

    entries = [e for e in run.of("entry") if e["kind"] == "constraint"]
    assert {e["thread"] for e in entries} > {-1}
    assert np.allclose(run.pixels()[1, 1], [0.25, 0.625, 0.125, 1])
