"""--compile exact: the same pixels, errors and ends as interpreted, on every engine."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

import pytest
from host_runner import HostRun, RunHost, run_command
from host_scenes import flat_scene

SCENES = Path(__file__).parents[2] / "scripts" / "scenes"
SMALL = ("--size", "48x36", "--samples", "2", "--tile", "16")
EXACT = ("--compile", "exact")
SOCKETS = '[Socket("Color", (0.0, 0.0, 0.0, 1.0)), Socket("Value", 0.0)]'
IMPORTS = "import math\nfrom math import *\n"

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="there is no C compiler"
)


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Libraries of these tests lie in a folder of their own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


def both(run_host: RunHost, scene: str | Path, *more: str, status: int = 0) -> HostRun:
    """The compiled run; its picture is that of the interpreted one."""
    usual = run_host(*SMALL, "-t", "1", *more, scene=scene, status=status)
    exact = run_host(*SMALL, "-t", "1", *more, *EXACT, scene=scene, status=status)
    assert exact.pixels().tobytes() == usual.pixels().tobytes()
    return exact


def interpreted(run: HostRun) -> str:
    """Why the one node was not compiled."""
    (why,) = run.one("scene")["interpreted"]
    return str(why)


@pytest.mark.parametrize("name", ["tilings", "ripples", "soapfilm", "stage", "stress"])
def test_every_scene_gives_its_picture_on_every_engine(
    run_host: RunHost, engine: str, name: str
) -> None:
    scene = SCENES / f"{name}.py"
    usual = run_host(*SMALL, "-t", "1", "--engine", "shared", scene=scene)
    for threads, tile in (("1", "16"), ("5", "9")):
        run = run_host(
            *SMALL, *EXACT, "--engine", engine, "-t", threads, "--tile", tile, scene=scene
        )
        assert run.pixels().tobytes() == usual.pixels().tobytes()
        done = run.one("frame")
        assert (done["compiled_calls"] > 0) == (name != "stress")
        assert (done["node_calls"] == 0) == (name != "stress")


@pytest.mark.parametrize("attach", ["fresh", "call", "row", "tile", "thread"])
def test_every_attach_policy_calls_what_is_left_over(run_host: RunHost, attach: str) -> None:
    scene = flat_scene("x, y, _ = self.shi.generated\nself.output.Color = (1 / (x > 0), y, 0, 1)")
    run = both(run_host, scene, "--engine", "shared", "--attach", attach, status=11)
    done = run.one("frame")
    assert done["node_errors"] == done["node_calls"] == done["compiled_calls"]


COMPUTED = {
    "loops": """
        total = 0
        for k in range(1, 9):
            if k % 3 == 0:
                continue
            total += x * k
            if total > 3:
                break
        else:
            total = -1
        n = 5
        while n > 0:
            n -= 2
        self.output.Color = (total, n, y, 1)
    """,
    "tuples": """
        a, (b, c) = (x, (y, x * y))
        rows = [(k, k * a) for k in (1, 2, 3)]
        best = max(v for _, v in rows)
        self.output.Color = (best, sum(v for _, v in rows), rows[int(abs(b) * 2.9)][1], 1)
    """,
    "numbers": """
        n = int(x * 10)
        q, r = divmod(n, 3)
        self.output.Color = (round(x * 7), q * 0.1 + r, (n ** 2) % 5 - (x % 0.3) + y // 0.25, 1)
    """,
    "zeros": """
        n = int(x * 0.1)
        self.output.Color = (atan2(0.0 - n, -1), atan2(n * -1.0, -1), 0, 1)
        self.output.Value = copysign(1, 0.0 - abs(x * 0))
    """,
    "functions": """
        self.output.Color = (hypot2(x, y), mix(x, y, t=0.25), self.twice(x)[1], 1)
    """,
    "shading": """
        u, v = self.shi.uv
        (dx, _, _), _ = self.shi.point_d
        self.output.Color = (u * self.shi.random(), v + self.shi.random(), dx, self.shi.depth)
        self.output.Value = self.shi.pixel[0] + self.shi.sample + self.shi.frame
        r, g, b, a = self.output.Color
        self.output["Color"] = (g, r, self.shi.tangent[0], self.shi.ambient)
    """,
}
HELPERS = """
def mix(a, b, t=0.5):
    return a + (b - a) * t
def hypot2(a, b):
    if a == b:
        return 0
    return sqrt(a * a + b * b)
"""


@pytest.mark.parametrize("name", COMPUTED)
def test_form_of_the_language_gives_the_same_picture(run_host: RunHost, name: str) -> None:
    body = textwrap.dedent(COMPUTED[name]).strip()
    scene = flat_scene(
        "x, y, _ = [v * 4 for v in self.shi.generated]\n" + body,
        outputs=SOCKETS,
        imports=IMPORTS + HELPERS,
    ).replace(
        "    def __call__", "    def twice(self, v):\n        return v, v * 2\n\n    def __call__"
    )
    run = both(run_host, scene)
    assert interpreted(run) == ""
    assert run.one("frame")["node_calls"] == 0


REFUSED = {
    "a dict": ("d = {}", "a dict is not compiled"),
    "a set": ("d = {x}", "a set is not compiled"),
    "a lambda": ("f = lambda: 1", "a lambda is not compiled"),
    "an f-string": ("t = f'{x}'", "an f-string is not compiled"),
    "a dict of the module": ("v = TABLE[1]", "a dict in brackets is not compiled"),
    "state on self": ("self.n = 1", "it keeps state: self.n"),
    "state in a global": ("global COUNT\nCOUNT = 1", "it keeps state: the global COUNT"),
    "a global that changes": ("v = MOVED * x", "the global MOVED changes"),
    "a list that changes": ("ROWS[0] = 1", "ROWS is changed by a function"),
    "a list that grows": ("ROWS.append(1)", "ROWS is changed by a function"),
    "a list that others change": ("v = GROWN[0]", "GROWN is changed by a function"),
    "print": ("print(x)", "print is not compiled"),
    "a library": ("v = time.time()", "time.time is not compiled"),
    "recursion": ("v = again(x)", "again calls itself, which is not compiled"),
    "two types": (
        "v = x\nif y > 0:\n    v = (x, y)\nw = v",
        "v is of two types: a number and a tuple of 2",
    ),
    "with": ("with OPEN:\n    pass", "with is not compiled"),
    "finally": ("try:\n    v = 1\nfinally:\n    v = 2", "try with finally is not compiled"),
    "digits": ("v = round(x, 2)", "round to a number of digits is not compiled"),
    "a class that computes attributes": ("v = self.shade", "self.shade, which is computed"),
}
MODULE = """
import time
TABLE = {1: 2}
COUNT = 0
MOVED = 1.5
ROWS = [1.0, 2.0]
GROWN = [1.0, 2.0]
import contextlib
OPEN = contextlib.nullcontext()
def move():
    global MOVED
    MOVED = 2.0
    GROWN.append(1)
def again(v):
    return v if v > 1 else again(v + 1)
"""


@pytest.mark.parametrize("name", REFUSED)
def test_node_that_is_not_compiled_has_its_line_and_runs_interpreted(
    run_host: RunHost, name: str
) -> None:
    body, why = REFUSED[name]
    scene = flat_scene(
        f"x, y, _ = self.shi.generated\n{body}\nself.output.Color = (x, y, 0, 1)", imports=MODULE
    ).replace("    def __call__", "    shade = property(lambda self: 1)\n\n    def __call__")
    run = both(run_host, scene)
    line = next(n for n, text in enumerate(scene.splitlines(), 1) if "self.shi.generated" in text)
    found = interpreted(run)
    assert why in found
    assert line < int(found.split()[1].rstrip(":")) or "again" in found
    assert run.one("frame")["compiled_calls"] == 0


BAILING = {
    "division by zero": ("v = 1 / max(0.0, x)", "ZeroDivisionError"),
    "domain error": ("v = sqrt(x)", "ValueError"),
    "index out of range": ("v = (1.0, 2.0, 3.0)[int(abs(x) * 4)]", "IndexError"),
    "unassigned local": ("if x > 0:\n    v = 1", "UnboundLocalError"),
    "overflow": ("v = exp(x * 1000)", "OverflowError"),
    "raise": ("if x > 0.5:\n    raise KeyError(1)\nv = 0", "KeyError"),
    "an int past 63 bits": ("v = (2 ** 61 + int(x * 10) * 2 ** 60) % 7", ""),
    "not a number": ("v = (x + 2) * inf * (0 if x > 0 else 1)\nif v > 1:\n    v = 1.0", ""),
}


@pytest.mark.parametrize("name", BAILING)
def test_sample_that_compiled_code_cannot_finish_is_interpreted(
    run_host: RunHost, name: str
) -> None:
    body, raised = BAILING[name]
    scene = flat_scene(
        f"x, y, _ = [v * 4 for v in self.shi.generated]\n{body}\nself.output.Color = (v, y, 0, 1)",
        imports=IMPORTS,
    )
    options = {"status": 11 if raised else 0}
    usual = run_host(*SMALL, "-t", "1", scene=scene, **options)
    exact = run_host(*SMALL, "-t", "1", *EXACT, scene=scene, **options)
    assert exact.pixels().tobytes() == usual.pixels().tobytes()
    done = exact.one("frame")
    assert done["node_calls"] > 0
    assert done["compiled_calls"] > 0
    assert done["node_errors"] == usual.one("frame")["node_errors"]
    of_both = [
        [
            {
                key: each[key]
                for key in ("what", "where", "x", "y", "sample", "inputs")
                if key in each
            }
            for each in run.of("error")
        ]
        for run in (usual, exact)
    ]
    printed = [json.dumps(each).replace("scene_0", "scene_1") for each in of_both]
    assert printed[0] == printed[1]
    assert (raised in printed[1]) if raised else not of_both[1]


def test_deleted_object_is_asked_for_by_the_interpreter(run_host: RunHost) -> None:
    run = run_host(*SMALL, *EXACT, "-D", "around=Gone", scene=SCENES / "stage.py", status=None)
    usual = run_host(*SMALL, "-D", "around=Gone", scene=SCENES / "stage.py", status=None)
    assert run.pixels().tobytes() == usual.pixels().tobytes()
    assert run.one("frame")["compiled_calls"] == 0


def test_without_a_compiler_all_nodes_are_interpreted(run_host: RunHost, tmp_path: Path) -> None:
    scene = flat_scene("self.output.Color = (self.shi.uv[0], 1, 0, 1)")
    run = run_host(*SMALL, *EXACT, scene=scene, env={"CC": "no-such-compiler"})
    assert interpreted(run) == "no C compiler was found (CC=no-such-compiler)"
    run = run_host(*SMALL, *EXACT, scene=scene, env={"CC": shutil.which("false") or "false"})
    assert "failed: status 1" in interpreted(run)


def test_compiled_library_is_found_again_without_a_compiler_run(
    run_host: RunHost, tmp_path: Path
) -> None:
    log = tmp_path / "runs"
    compiler = tmp_path / "counting-cc"
    real = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))))
    compiler.write_text(f'#!/bin/sh\necho run >> {log}\nexec {real} "$@"\n')
    compiler.chmod(0o755)
    scene = flat_scene("self.output.Color = (self.shi.uv[0], 1, 0, 1)")
    for _ in range(2):
        assert interpreted(run_host(*SMALL, *EXACT, scene=scene, env={"CC": str(compiler)})) == ""
    assert log.read_text().split() == ["run"]


def test_endless_loop_is_seen_by_the_interpreter_and_ends_at_the_limit(tmp_path: Path) -> None:
    scene = tmp_path / "endless.py"
    body = "x, y = self.shi.pixel\nwhile x == 20 and y == 10:\n    pass"
    scene.write_text(flat_scene(body))
    done = run_command(
        tmp_path, "render", str(scene), *SMALL, "-t", "1", *EXACT, "--limit", "4", "--json"
    )
    record = json.loads(done.stdout)
    assert record["verdict"] == "hang"
    (in_hand,) = record["in_hand"]
    assert (in_hand["node"], in_hand["pixel"]) == ("Probe", [20, 10])


FAST = ("--compile", "fast")


@pytest.mark.parametrize("name", ["tilings", "ripples", "soapfilm", "stage"])
def test_single_precision_gives_one_picture_for_all_threads_and_tiles(
    run_host: RunHost, name: str
) -> None:
    scene = SCENES / f"{name}.py"
    usual = run_host(*SMALL, *FAST, "-t", "1", scene=scene)
    exact = run_host(*SMALL, *EXACT, "-t", "1", scene=scene)
    assert usual.pixels().tobytes() != exact.pixels().tobytes()
    assert abs(usual.pixels() - exact.pixels()).mean() < 1e-4
    for threads, tile in (("3", "16"), ("1", "9")):
        run = run_host(*SMALL, *FAST, "-t", threads, "--tile", tile, scene=scene)
        assert run.pixels().tobytes() == usual.pixels().tobytes()
        assert run.one("frame")["compared_calls"] > 0
        assert run.one("scene")["exact"] == [""] * len(run.one("scene")["nodes"])


FUNCTIONS = {
    "turns": ("sin(x * 9)", "cos(x * 90)", "tan(x)", "sin(x * 2) * cos(y)"),
    "arcs": ("asin(x / 2)", "acos(y / 2)", "atan(x * 9)", "atan2(y, x + 3)"),
    "powers": ("exp(-abs(x) * 3)", "exp2(x)", "(x + 3) ** 1.5", "pow(y + 3, -0.7)"),
    "logarithms": ("log(x + 2.1)", "log2(y + 3)", "log10(x + 3)", "x ** 2"),
    "hyperbolic": ("sinh(x)", "cosh(x)", "tanh(x * 3)", "tanh(x * 0.1)"),
    "whole": ("floor(x * 3.3)", "round(y * 5) * 0.1", "int(x * 9) % 4", "(x * 1.7) // 0.5"),
    "lengths": ("hypot(x, y)", "dist((x, y), (1, 1))", "sqrt(x + 3)", "sum((x, y, 1))"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_in_single_precision_is_right_to_six_digits(run_host: RunHost, name: str) -> None:
    scene = flat_scene(
        "x, y, _ = [v * 4 for v in self.shi.generated]\n"
        f"self.output.Color = ({', '.join(FUNCTIONS[name])})",
        imports=IMPORTS,
    )
    run = run_host(*SMALL, *FAST, scene=scene)
    assert run.one("scene")["exact"] == [""]
    done = run.one("frame")
    assert done["node_calls"] == 0
    assert done["compared_calls"] > 0
    assert done["difference_e9"] < 10_000


def test_sample_that_single_precision_cannot_finish_is_computed_exactly(run_host: RunHost) -> None:
    scene = flat_scene(
        "x, y, _ = [v * 4 for v in self.shi.generated]\n"
        "self.output.Color = (sin(x * 1e7), 1 / max(0.0, x), y, 1)",
        imports=IMPORTS,
    )
    usual = run_host(*SMALL, "-t", "1", scene=scene, status=11)
    fast = run_host(*SMALL, *FAST, "-t", "1", scene=scene, status=11)
    assert fast.one("frame")["node_errors"] == usual.one("frame")["node_errors"]
    errors = [
        [json.dumps(each).replace("scene_0", "scene_1") for each in run.of("error")]
        for run in (usual, fast)
    ]
    assert "ZeroDivisionError" in errors[0][0]
    assert [_without_times(each) for each in errors[0]] == [
        _without_times(each) for each in errors[1]
    ]


def _without_times(text: str) -> str:
    return re.sub(r'"(t|thread|at)": [0-9.]+', "", text)


def test_table_says_how_far_off_single_precision_was(tmp_path: Path) -> None:
    scene = tmp_path / "scene.py"
    scene.write_text(flat_scene("self.output.Color = (self.shi.uv[0] / 3, 1, 0, 1)"))
    done = run_command(tmp_path, "render", str(scene), *SMALL, *FAST)
    assert re.search(r"largest difference  \d\.\de-0\d", done.stdout + done.stderr)
    scene.write_text(flat_scene("self.output.Color = (self.shi.random(), 1, 0, 1)"))
    done = run_command(tmp_path, "render", str(scene), *SMALL, *FAST)
    assert "exact  Probe: random() has no vectors" in done.stdout + done.stderr


def test_sources_are_kept_where_asked(run_host: RunHost, tmp_path: Path) -> None:
    scene = flat_scene("self.output.Color = (self.shi.uv[0], 1, 0, 1)")
    run_host(*SMALL, *EXACT, "--keep-c", str(tmp_path / "c"), scene=scene)
    assert "pn_compiled" in (tmp_path / "c" / "Probe.c").read_text()


def test_table_says_what_was_compiled_and_what_not(tmp_path: Path) -> None:
    scene = tmp_path / "scene.py"
    scene.write_text(flat_scene("d = {}"))
    done = run_command(tmp_path, "render", str(scene), *SMALL, *EXACT)
    assert "Probe: line 13: a dict is not compiled" in done.stdout + done.stderr
    done = run_command(tmp_path, "nodes", "--file", str(scene), "--compile")
    assert "Probe     not compiled: line 13: a dict is not compiled" in done.stdout
    assert "Tilings   compiled" in done.stdout


def test_programs_made_at_random_give_the_same_bits(tmp_path: Path) -> None:
    fuzz = Path(__file__).parents[2] / "tools" / "fuzz" / "compiled.py"
    done = run_command(tmp_path, "run", str(fuzz), "--for", "1", "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no difference" in done.stdout
