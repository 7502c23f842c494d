"""What a node sees and gives: sockets, conversions, the shading input, errors."""

from __future__ import annotations

import numpy as np
import pytest
from host_runner import RunHost
from host_scenes import flat_scene

SMALL = ("--size", "16x12", "--samples", "1", "-t", "1")


def color_of(run_host: RunHost, call: str, *arguments: str, **options: str) -> np.ndarray:
    """The picture of a node on a plane that fills it."""
    return run_host(*SMALL, *arguments, scene=flat_scene(call, **options)).pixels()


def test_output_reaches_the_picture_unchanged(run_host: RunHost) -> None:
    picture = color_of(run_host, "self.output.Color = (0.25, 0.5, 2.0, 1.0)")
    assert picture.shape == (12, 16, 4)
    assert np.array_equal(np.unique(picture.reshape(-1, 4), axis=0), [[0.25, 0.5, 2.0, 1.0]])


def test_pixel_counts_from_the_top_left(run_host: RunHost) -> None:
    picture = color_of(run_host, "x, y = self.shi.pixel\nself.output.Color = (x, y, 0, 1)")
    assert picture[0, 0].tolist() == [0, 0, 0, 1]
    assert picture[11, 15].tolist() == [15, 11, 0, 1]


def test_unassigned_outputs_are_zero_not_the_last_pixel(run_host: RunHost) -> None:
    call = "x, y = self.shi.pixel\nif x % 2:\n    self.output.Color = (1, 1, 1, 1)"
    picture = color_of(run_host, call)
    assert (picture[:, 1::2] == 1).all()
    assert (picture[:, ::2] == 0).all()


@pytest.mark.parametrize(
    ("outputs", "write", "expected"),
    [
        ('[Socket("Color", 0.0)]', "0.5", [0.5, 0.5, 0.5, 1]),
        ('[Socket("Color", (0, 0, 0))]', "(0.1, 0.2, 0.3)", [0.1, 0.2, 0.3, 1]),
        ('[Socket("Color", (0, 0, 0, 1))]', "[0.1, 0.2, 0.3, 1]", [0.1, 0.2, 0.3, 1]),
        ('[Socket("Color", (0, 0, 0, 1))]', "(c / 4 for c in range(1, 5))", [0.25, 0.5, 0.75, 1]),
        ('[Socket("Color", 0.0)]', "True", [1, 1, 1, 1]),
    ],
)
def test_value_types_convert_on_the_way_to_the_surface(
    run_host: RunHost, outputs: str, write: str, expected: list[float]
) -> None:
    picture = color_of(run_host, f"self.output.Color = {write}", outputs=outputs)
    assert picture[3, 3] == pytest.approx(expected)


def test_sockets_are_found_by_name_number_and_alias(run_host: RunHost) -> None:
    call = """
assert self.input.A == self.i["A"] == self.input[0] == 0.25
assert self.input.V == self.i.V == (1.0, 2.0, 3.0)
assert len(self.input) == 2 and len(self.output) == 1
self.o["Color"] = (1, 0, 0, 1)
assert self.output[0] == (1.0, 0.0, 0.0, 1.0)
self.output[0] = (0, 1, 0, 1)
name = "".join(["Col", "or"])  # not interned
setattr(self.output, name, (0, 0, self.s.frame, 1))
"""
    inputs = '[Socket("A", 0.25), Socket("V", (1, 2, 3))]'
    assert color_of(run_host, call, inputs=inputs)[5, 5].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("self.input.coords", "AttributeError: no input socket 'coords'; there are: Coords"),
        ("self.input['coords']", "no input socket 'coords'; there are: Coords"),
        ("self.input[1]", "IndexError: no input socket 1; there are: Coords"),
        ("self.input[-1]", "IndexError: no input socket -1"),
        ("self.input[0.5]", "TypeError: input sockets are found by name or number, not by float"),
        ("self.input.Coords = (1, 2, 3)", "AttributeError: input socket 'Coords' is read-only"),
        ("self.output.Colour = 1", "AttributeError: no output socket 'Colour'; there are: Color"),
        ("self.output.Color = 0.5", "TypeError: output socket 'Color' takes 4 numbers"),
        (
            "self.output.Color = (1, 2, 3)",
            "ValueError: output socket 'Color' takes 4 numbers (r, g, b, alpha), got 3",
        ),
        ("self.output.Color = (1, 2, 'x', 1)", "TypeError: output socket 'Color' takes 4 numbers"),
        ("del self.output.Color", "AttributeError: output socket 'Color' cannot be deleted"),
        ("self.shi.nothing", "AttributeError: "),
        ("1 / 0", "ZeroDivisionError: "),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise MemoryError('enough')", "MemoryError: enough"),
        ("self()", "RecursionError: "),
        ("exec('def f(): yield from f()\\nnext(f())', {})", "RecursionError: "),
        ("raise UnicodeEncodeError('utf-8', '\\udc80', 0, 1, 'x')", "UnicodeEncodeError"),
        ("raise Exception('\\ud800')", "Exception: "),
    ],
)
def test_error_in_a_node_is_reported_once_and_the_render_goes_on(
    run_host: RunHost, call: str, what: str
) -> None:
    run = run_host(*SMALL, "--tile", "4", scene=flat_scene(call), status=11)
    error = run.first_error()
    assert error["kind"] == "node"
    assert what in error["what"]
    assert error["node"] == "Probe"
    assert (error["pixel"], error["tile"]) == ([0, 0], 0)
    assert "Traceback" in error["detail"]
    assert run.one("frame")["tiles_done"] == 12
    assert (run.pixels() == (0, 0, 0, 1)).all()
    assert run.one("bye")["code"] == 11


def test_error_names_file_line_node_pixel_thread_and_tile(run_host: RunHost) -> None:
    call = """
if self.shi.pixel == (9, 6):
    raise ValueError('here')
self.output.Color = (1, 1, 1, 1)
"""
    run = run_host(*SMALL, "--tile", "8", "--order", "scanline", scene=flat_scene(call), status=11)
    error = run.one("error")
    assert error["pixel"] == [9, 6]
    assert (error["tile"], error["thread"], error["frame"], error["sample"]) == (1, 0, 1, 0)
    assert error["again"] == "--pixel 9,6,0"
    assert "scene_0.py:14" in error["where"]
    picture = run.pixels()
    assert picture[6, 9].tolist() == [0, 0, 0, 1], "the failing call gives zeros"
    assert (picture.sum(axis=2) == 4).sum() == picture[..., 0].size - 1, "no other pixel does"
    assert (picture[:, :8][:8] == 1).all(), "what was there before stays"


def test_again_line_repeats_the_error_on_that_pixel_alone(run_host: RunHost) -> None:
    call = "if self.shi.pixel == (9, 6):\n    raise ValueError('here')"
    scene = flat_scene(call)
    first = run_host(*SMALL, "--tile", "8", scene=scene, status=11).first_error()
    again = run_host(*SMALL, "--tile", "8", *first["again"].split(), scene=scene, status=11)
    assert again.one("error")["pixel"] == [9, 6]
    assert again.one("frame")["tiles"] == 1


def test_stop_on_error_leaves_the_other_tiles(run_host: RunHost) -> None:
    run = run_host(*SMALL, "--tile", "2", "--stop-on-error", scene=flat_scene("1 / 0"), status=11)
    assert run.one("frame")["tiles_done"] == 1


def test_a_long_traceback_is_kept_whole_beside_the_event(run_host: RunHost) -> None:
    call = "raise ValueError('long ' + 'x' * 20000)"
    run = run_host(*SMALL, "--evidence", "evidence", scene=flat_scene(call), status=11)
    error = run.first_error()
    file = run.out.parent / error["detail_file"]
    kept = file.read_text()
    assert [path.stat().st_mode & 0o777 for path in (file, file.parent)] == [0o600, 0o700]
    assert kept.endswith("x" * 20000 + "\n") or "x" * 20000 in kept
    assert kept.startswith(error["detail"][:200])


@pytest.mark.parametrize("keep", ["self.shi", "self.input", "self.output"])
def test_views_kept_after_the_call_refuse_instead_of_reading_freed_memory(
    run_host: RunHost, keep: str
) -> None:
    call = f"""
x, y = self.shi.pixel
if x == 0 and y == 0:
    KEPT.append({keep})
    THREAD.append(threading.get_ident())
    worker = threading.Thread(target=look, args=({keep},))
    worker.start()
    worker.join()
self.output.Color = (1, 1, 1, 1)
"""
    imports = """
import atexit, threading
KEPT, THREAD = [], []
def look(view):
    try:
        probe(view)
    except RuntimeError as error:
        print("other thread:", error)
def probe(view):
    if hasattr(type(view), "random"):
        view.point
    else:
        view[0]
@atexit.register
def late():
    try:
        probe(KEPT[0])
    except RuntimeError as error:
        print("after:", error)
"""
    run = run_host(*SMALL, scene=flat_scene(call, imports=imports))
    assert f"other thread: {keep} belongs to the render thread" in run.stdout
    assert f"after: {keep} " in run.stdout


def test_shading_input_is_filled_and_consistent(run_host: RunHost) -> None:
    call = """
s = self.shi
near = lambda a, b: all(abs(p - q) < 1e-4 for p, q in zip(a, b))
assert near(s.normal, (0, 0, 1)) and near(s.face_normal, (0, 0, 1)), s.normal
assert near(s.view, (0, 0, -1))
assert abs(s.point[2]) < 1e-5 and abs(s.depth - 5) < 1e-4
assert near(s.generated[:2], (s.point[0] / 4, s.point[1] / 4))
assert 0 <= s.uv[0] <= 1 and 0 <= s.uv[1] <= 1
(ax, ay, az), (bx, by, bz) = s.point_d
assert abs(ax - 2 / 16) < 1e-5 and abs(ay) < 1e-6
assert abs(by + 2 / 16) < 1e-5, "dy goes down"
assert near(s.generated_d[0], (ax / 4, 0, 0))
assert s.normal_d == ((0, 0, 0), (0, 0, 0))
assert s.texture == s.generated and s.textureGlobal == s.point
assert s.surfaceNormal == s.face_normal and s.viewNormal == s.normal
assert s.surfaceViewVector == s.view and s.surfaceD == s.point_d
for name in ("color specularColor mirrorColor ambientColor ambient emit displace strand stress"
             " tangent textureD textureGlobalD reflectionD normalD stickyD refractD"
             " strandD").split():
    getattr(s, name)
assert s.frame == 1 and s.sample == 0
assert all(type(v) is float for v in s.point + s.normal + s.uv)
self.output.Color = (1, 1, 1, 1)
"""
    assert (color_of(run_host, call) == 1).all()


def test_random_depends_on_seed_frame_pixel_and_draw_only(run_host: RunHost) -> None:
    call = "r = self.shi.random\nself.output.Color = (r(), r(), r(), 1)"
    scene = flat_scene(call)
    base = run_host(*SMALL, scene=scene).pixels()
    threads = run_host(*SMALL[:4], "-t", "5", "--tile", "3", scene=scene).pixels()
    seed = run_host(*SMALL, "--seed", "7", scene=scene).pixels()
    frame = run_host(*SMALL, "--frames", "2", scene=scene).pixels()
    assert np.array_equal(base, threads)
    assert not np.array_equal(base, seed)
    assert not np.array_equal(base, frame)
    values = base[..., :3].ravel()
    assert len(np.unique(values)) == values.size
    assert np.min(values) >= 0 and np.max(values) < 1
    assert 0.4 < values.mean() < 0.6


def test_state_on_self_is_never_shared_between_threads(run_host: RunHost) -> None:
    call = """
mine = threading.get_ident()
self.seen.add(mine)
assert len(self.seen) == 1, "another thread used this instance"
self.last = self.shi.pixel
for _ in range(20):
    pass
assert self.last == self.shi.pixel
self.output.Color = (1, 1, 1, 1)
"""
    scene = flat_scene(call, imports="import threading", init="self.seen = set()")
    run = run_host("--size", "64x64", "-t", "8", "--tile", "4", scene=scene)
    assert (run.pixels() == 1).all()


def test_callable_classes_other_than_plain_functions_work(run_host: RunHost) -> None:
    scene = (
        flat_scene("pass")
        + """
class Caller:
    def __call__(self):
        raise AssertionError("never reached")
def make():
    def call(self, extra=0.5, *rest, **more):
        self.output.Color = (extra, 0, 0, 1)
    return call
import functools
Probe.__call__ = functools.partialmethod(make(), 0.75)
"""
    )
    assert run_host(*SMALL, scene=scene).pixels()[0, 0].tolist() == [0.75, 0, 0, 1]
