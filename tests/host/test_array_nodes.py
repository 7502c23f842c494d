"""Nodes that are called once for a batch: the arrays that they get, and what they must not do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from host_runner import HostRun, RunHost, run_command
from host_scenes import flat_scene

SMALL = ("--size", "16x12", "--samples", "2")
NODES = Path(__file__).resolve().parents[2] / "scripts" / "nodes"

# Without NumPy, so that it runs in an interpreter of its own too.
PLAIN = """
coords, out = self.input.Coords, self.output.Color
for i, ((x, y, z), r) in enumerate(zip(coords, self.shi.random(2))):
    out[i] = (x, y, *r)
"""
PLAIN_BY_SAMPLE = """
x, y, z = self.input.Coords
random = self.shi.random
self.output.Color = (x, y, random(), random())
"""


def batch_scene(call: str, **options: str) -> str:
    return flat_scene(call, call_by="batch", **options)


def numpy_scene(call: str, **options: str) -> str:
    return batch_scene(
        call,
        imports="import numpy as np\nKEPT = []\nWHOLE = np.float32([0.25, 0.5, 1, 1])",
        **options,
    )


def color_of(run_host: RunHost, call: str, *arguments: str) -> np.ndarray:
    return run_host(*SMALL, "-t", "1", *arguments, scene=numpy_scene(call)).pixels()


def linked(scene: str) -> str:
    """The scene with coordinates linked to the node, so that samples differ."""
    link = """
    from pynodes.nodes import native
    coords = tree.add(native.TextureCoordinate)
    tree.link(coords.out.Generated, node.inp.Coords)
"""
    return scene.replace("    tree.link(getattr", link + "    tree.link(getattr")


def error_of(run_host: RunHost, call: str, *arguments: str) -> HostRun:
    return run_host(*SMALL, "-t", "1", *arguments, scene=numpy_scene(call), status=11)


# --- the same picture ---


def test_batch_gives_the_picture_that_samples_give_on_every_engine(
    run_host: RunHost, engine: str
) -> None:
    expected = run_host(*SMALL, "-t", "1", scene=linked(flat_scene(PLAIN_BY_SAMPLE))).pixels()
    for threads, tile in (("1", "32"), ("3", "5"), ("8", "2")):
        flags = ("--engine", engine, "-t", threads, "--tile", tile)
        run = run_host(*SMALL, *flags, scene=linked(batch_scene(PLAIN)))
        assert np.array_equal(run.pixels(), expected), (threads, tile)


@pytest.mark.parametrize("policy", ["fresh", "call", "row", "tile", "thread"])
def test_one_call_is_for_the_whole_batch_whatever_the_attach_policy(
    run_host: RunHost, policy: str
) -> None:
    flags = ("-t", "1", "--engine", "shared", "--attach", policy, "--tile", "8")
    run = run_host(*SMALL, *flags, scene=batch_scene(PLAIN))
    assert run.one("frame")["node_calls"] == 4
    (cost,) = (event for event in run.of("cost") if not event["native"])
    assert (cost["calls"], cost["samples"]) == (4, 16 * 12 * 2)


@pytest.mark.parametrize("name", ["tilings", "ripples"])
def test_example_of_an_array_node_gives_the_picture_of_the_library_node(
    run_host: RunHost, tmp_path: Path, name: str
) -> None:
    node = tmp_path / "by_sample.py"
    node.write_text(
        f"from pynodes.nodes import {name.title()}\n__node__ = {name.title()}\n", encoding="utf-8"
    )
    flags = ("--size", "64x48", "--samples", "2", "--preview", "plane")
    expected = run_host(*flags, scene=node).pixels()
    for threads, tile in (("1", "32"), ("4", "7")):
        run = run_host(*flags, "-t", threads, "--tile", tile, scene=NODES / f"array_{name}.py")
        if name == "tilings":
            assert np.array_equal(run.pixels(), expected)
        else:  # NumPy's exp, cos and sin may differ from math's in the last bit
            assert np.allclose(run.pixels(), expected, rtol=1e-5, atol=1e-5)


# --- what the arrays are ---


@pytest.mark.parametrize(
    ("what", "shape", "dtype"),
    [
        ("self.input.Coords", "(n, 3)", "float32"),
        ("self.input.Width", "(n,)", "float32"),
        ("self.output.Color", "(n, 4)", "float32"),
        ("self.shi.normal", "(n, 3)", "float32"),
        ("self.shi.uv", "(n, 2)", "float32"),
        ("self.shi.depth", "(n,)", "float32"),
        ("self.shi.pixel", "(n, 2)", "int32"),
        ("self.shi.sample", "(n,)", "int32"),
        ("self.shi.tangent", "(n, 3)", "float32"),
        ("self.shi.point_d", "(n, 2, 3)", "float32"),
        ("self.shi.uv_d", "(n, 2, 2)", "float32"),
        ("self.shi.reflectionD", "(n, 2, 3)", "float32"),
        ("self.shi.random()", "(n,)", "float64"),
        ("self.shi.random(3)", "(n, 3)", "float64"),
    ],
)
def test_array_has_a_row_a_sample(run_host: RunHost, what: str, shape: str, dtype: str) -> None:
    call = f"""
n = len(self.shi.sample)
array = {what}
assert array.shape == {shape} and len(array) == n, array
seen = np.asarray(array)
assert seen.shape == {shape} and seen.dtype == np.{dtype}, seen
assert np.array_equal(seen, [array[i] for i in range(n)])
assert np.array_equal(seen, list(array))
assert np.array_equal(seen[-1], array[-1])
view = memoryview(array)
assert view.readonly == (not {what.startswith("self.output")})
assert np.array_equal(seen, view.tolist())
self.output.Color = (1, 1, 1, 1)
"""
    inputs = '[Socket("Coords", (0.0, 0.0, 0.0)), Socket("Width", 0.5)]'
    run = run_host(*SMALL, "-t", "1", scene=linked(numpy_scene(call, inputs=inputs)))
    assert (run.pixels() == 1).all()


def test_what_all_samples_share_is_a_plain_value(run_host: RunHost) -> None:
    call = """
assert self.shi.frame == 1 and self.shi.ambient == 0.5
assert self.shi.color == (0.8, 0.8, 0.8) or np.allclose(self.shi.color, 0.8)
assert len(self.shi.stickyD) == 2
self.output.Color = (1, 1, 1, 1)
"""
    assert (color_of(run_host, call) == 1).all()


def test_arrays_are_the_hosts_memory_and_the_same_throughout_a_call(run_host: RunHost) -> None:
    call = """
assert self.output.Color is self.output["Color"] is self.output[0] is self.o.Color
assert self.input.Coords is self.input[0] and self.shi.normal is self.shi.normal
out = np.asarray(self.output.Color)
assert (out == 0).all()
out[:] = (0.25, 0.5, 1, 1)
assert self.output.Color[0] == (0.25, 0.5, 1.0, 1.0)
again = np.asarray(self.output.Color)
assert np.shares_memory(out, again)
normal = np.asarray(self.shi.normal)
assert normal.strides[0] > 12, "it lies in the samples' records"
"""
    assert (color_of(run_host, call) == (0.25, 0.5, 1, 1)).all()


@pytest.mark.parametrize(
    "write",
    [
        "self.output.Color = (0.25, 0.5, 1, 1)",
        "self.output['Color'] = [0.25, 0.5, 1, 1]",
        "self.output.Color[:] = np.array([0.25, 0.5, 1, 1])",
        "self.output.Color = np.full((n, 4), (0.25, 0.5, 1, 1))",
        "self.output.Color = np.full((n, 4), (0.25, 0.5, 1, 1), np.float32)",
        "self.output.Color[:] = np.full((4, n), [[0.25], [0.5], [1], [1]], np.float32).T",
        "self.output.Color = np.full((2 * n, 4), (0.25, 0.5, 1, 1), np.float32)[::2]",
        "self.output.Color = (0.25, 0.5, 1, 1)\nself.output.Color = self.output.Color",
        "for i in range(n):\n    self.output.Color[i] = (0.25, 0.5, 1, 1)",
        "for i in range(n):\n    self.output.Color[-1 - i] = np.array([0.25, 0.5, 1, 1])",
        "view = memoryview(self.output.Color).cast('B')\nview[:] = WHOLE.tobytes() * n",
    ],
)
def test_output_takes_an_array_or_a_value(run_host: RunHost, write: str) -> None:
    call = f"n = len(self.output.Color)\n{write}"
    assert (color_of(run_host, call) == (0.25, 0.5, 1, 1)).all()


def test_output_takes_a_view_of_itself_that_is_turned_round(run_host: RunHost) -> None:
    call = """
n = len(self.output.Color)
self.output.Color = np.repeat(np.arange(n, dtype=float)[:, None], 4, axis=1)
self.output.Color = np.asarray(self.output.Color)[::-1]
assert np.array_equal(np.asarray(self.output.Color)[:, 0], np.arange(n)[::-1])
self.output.Color = 1, 1, 1, 1
"""
    assert (color_of(run_host, call) == 1).all()


def test_random_numbers_are_those_of_a_node_that_is_called_by_sample(run_host: RunHost) -> None:
    by_sample = "r = self.shi.random\nself.output.Color = (r(), r(), r(), r())"
    by_batch = """
first, two, last = self.shi.random(), self.shi.random(2), self.shi.random(1)
self.output.Color = np.column_stack([first, two, last])
"""
    expected = run_host(*SMALL, "-t", "1", scene=flat_scene(by_sample)).pixels()
    assert np.array_equal(color_of(run_host, by_batch, "--tile", "5"), expected)


# --- what is shown of them ---


def test_pixel_shows_the_values_of_the_sample(run_host: RunHost) -> None:
    where = ("--tile", "8", "--pixel", "9,6,1")
    scenes = [flat_scene(PLAIN_BY_SAMPLE), batch_scene(PLAIN)]
    by_sample, by_batch = (run_host(*SMALL, *where, scene=linked(each)) for each in scenes)
    assert len(by_batch.of("value")) > 20
    assert by_batch.of("value") == by_sample.of("value")


def test_table_and_profile_count_calls_and_samples(tmp_path: Path) -> None:
    slow = "sum(range(1_000_000))\nself.output.Color = (0, 0, 0, 1)"
    (tmp_path / "scene.py").write_text(batch_scene(slow), encoding="utf-8")
    size = ("--size", "128x64", "--samples", "2", "-t", "1")
    done = run_command(tmp_path, "render", "scene.py", *size, "--profile")
    assert done.returncode == 0, done.stderr
    assert "(8 calls for 16,384 samples)" in done.stdout


def test_nodes_says_how_a_node_is_called(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(batch_scene("pass"), encoding="utf-8")
    for name, call in (("Probe", "batch"), ("Tilings", "sample")):
        done = run_command(tmp_path, "nodes", name, "--file", "scene.py")
        assert f"called once a {call}" in done.stdout


# --- what is refused ---

WRONG_SHAPE = (
    "ValueError: output socket 'Color' takes an array of shape (384, 4), or one value for"
    " all samples, got shape (384, 3)"
)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("self.output.Color = np.zeros((n, 3))", WRONG_SHAPE),
        ("self.output.Color = np.zeros((n + 1, 4))", "got shape (385, 4)"),
        ("self.output.Color = np.zeros(n)", "got shape (384,)"),
        ("self.output.Color = self.input.Coords", "got shape (384, 3)"),
        (
            "self.output.Color = np.zeros((n, 4), int)",
            "TypeError: output socket 'Color' takes numbers of type float32 or float64, got int64",
        ),
        ("self.output.Color = np.zeros((n, 4), complex)", "float64, got complex128"),
        ("self.output.Color = np.zeros((n, 4), '>f4')", "float64, got >f"),
        ("self.output.Color = 0.5", "TypeError: output socket 'Color' takes 4 numbers"),
        ("self.output.Color = (1, 2, 3)", "takes 4 numbers (r, g, b, alpha), got 3"),
        ("self.output.Color[0] = (1, 2, 3)", "takes 4 numbers (r, g, b, alpha), got 3"),
        ("self.output.Color[n] = (1, 2, 3, 4)", "IndexError: self.output.Color has no sample 384"),
        ("self.output.Color[:2] = (1, 2, 3, 4)", "TypeError: self.output.Color is taken by"),
        ("del self.output.Color[0]", "TypeError: self.output.Color cannot be deleted"),
        ("del self.output.Color", "output socket 'Color' cannot be deleted"),
        ("self.input.Coords[:, 0]", "numpy.asarray(self.input.Coords) has all of NumPy"),
        ("self.input.Coords[0] = 0", "TypeError: self.input.Coords can only be read"),
        ("self.input.Coords = 0", "AttributeError: input socket 'Coords' is read-only"),
        ("np.asarray(self.input.Coords)[0] = 0", "ValueError: assignment destination is read-only"),
        ("np.asarray(self.shi.point)[0] = 0", "ValueError: assignment destination is read-only"),
        ("self.shi.random(0)", "ValueError: random() gives a sample 1 to"),
        ("self.shi.random(1, 2)", "TypeError: random() takes how many numbers a sample gets"),
        ("self.input.coords", "AttributeError: no input socket 'coords'; there are: Coords"),
        ("import hashlib\nhashlib.md5(self.shi.normal)", "does not lie in memory in one piece"),
    ],
)
def test_mistake_is_named(run_host: RunHost, call: str, what: str) -> None:
    run = error_of(run_host, f"n = len(self.output.Color)\n{call}")
    assert what in run.first_error()["what"]


def test_random_of_a_node_called_by_sample_takes_no_number(run_host: RunHost) -> None:
    scene = flat_scene("self.shi.random(2)")
    error = run_host(*SMALL, "-t", "1", scene=scene, status=11).first_error()
    assert "TypeError: random() takes no arguments (1 given)" in error["what"]


def test_error_of_a_call_names_node_tile_and_samples_and_its_batch_is_zero(
    run_host: RunHost,
) -> None:
    call = """
self.output.Color = (1, 1, 1, 1)
if (np.asarray(self.shi.pixel) == (9, 6)).all(axis=1).any():
    raise ValueError('here')
"""
    run = error_of(run_host, call, "--tile", "8", "--order", "scanline")
    error = run.one("error")
    assert (error["node"], error["tile"], error["batch"]) == ("Probe", 1, 128)
    assert (error["pixel"], error["sample"]) == ([8, 0], 0)
    assert error["again"] == "--only-tile 1"
    assert error["inputs"] == ""
    assert run.one("flaw")["samples"] == 128
    picture = run.pixels()
    assert (picture[:8, 8:] == (0, 0, 0, 1)).all(), "the call's samples, and no others"
    assert picture[..., 0].sum() == picture[..., 0].size - 64


def test_marked_are_all_samples_of_the_call(run_host: RunHost) -> None:
    call = """
self.output.Color = (1, 1, 1, 1)
if np.asarray(self.shi.pixel)[0, 0] == 8:
    raise ValueError('here')
"""
    picture = error_of(run_host, call, "--tile", "8", "--on-error", "mark").pixels()
    assert (picture[:, 8:] == (1, 0, 1, 1)).all()
    assert (picture[:, :8] == 1).all()


def test_nan_is_reported_by_sample(run_host: RunHost) -> None:
    call = """
color = np.ones((len(self.output.Color), 4))
color[(np.asarray(self.shi.pixel) == (9, 6)).all(axis=1), 1] = np.nan
self.output.Color = color
"""
    run = run_host(*SMALL, "-t", "2", scene=numpy_scene(call))
    found = run.one("not_finite")
    assert (found["node"], found["pixel"], found["sample"]) == ("Probe", [9, 6], 0)
    assert run.one("flaw")["samples"] == 2


def test_node_sharing_is_refused(run_host: RunHost) -> None:
    flags = ("--engine", "shared", "--node-sharing", "shared")
    run = run_host(*SMALL, "-t", "2", *flags, scene=batch_scene(PLAIN), status=2)
    assert "Probe takes batches" in run.one("error")["what"]


# --- after the call ---


@pytest.mark.parametrize("what", ["self.input.Coords", "self.output.Color", "self.shi.normal"])
def test_array_of_an_earlier_call_refuses(run_host: RunHost, what: str) -> None:
    call = f"""
self.output.Color = 1, 1, 1, 1
KEPT.append({what})
for use in (lambda a: a[0], np.asarray, memoryview, list) if KEPT[1:] else ():
    try:
        use(KEPT[0])
    except RuntimeError as error:
        assert str(error).startswith("{what} is of an earlier call"), error
    else:
        raise AssertionError(use)
"""
    assert (color_of(run_host, call, "--tile", "8") == 1).all()


@pytest.mark.parametrize(
    ("what", "keep"),
    [
        ("self.input.Coords", "np.asarray({})"),
        ("self.output.Color", "memoryview({})"),
        ("self.shi.normal", "np.asarray({})[1:, :1]"),
        ("self.shi.point_d", "np.asarray({})"),
    ],
)
def test_kept_buffer_is_an_error_of_the_node_and_never_freed_memory(
    run_host: RunHost, engine: str, what: str, keep: str
) -> None:
    if engine == "isolated":
        pytest.skip("NumPy does not load in an interpreter of its own")
    call = f"""
self.output.Color = 1, 1, 1, 1
for kept in KEPT:
    np.asarray(kept).sum()
KEPT.append({keep.format(what)})
"""
    scene = numpy_scene(call) + LOOK_AT_THE_END
    run = run_host(*SMALL, "-t", "2", "--tile", "4", "--engine", engine, scene=scene, status=11)
    error = run.first_error()
    assert f"BufferError: the memory of {what} is still in use after the call" in error["what"]
    assert "looked at" in run.stdout


LOOK_AT_THE_END = """
import atexit

@atexit.register
def look():
    for kept in KEPT:
        np.asarray(kept).sum()
    print("looked at", len(KEPT), flush=True)
"""


def test_cycle_that_holds_an_array_is_collected_and_no_error(run_host: RunHost) -> None:
    call = """
self.output.Color = 1, 1, 1, 1
ring = [np.asarray(self.input.Coords)]
ring.append(ring)
"""
    assert (color_of(run_host, call) == 1).all()


def test_arrays_are_read_by_threads_of_the_node_while_it_waits(run_host: RunHost) -> None:
    call = """
import threading
coords, out = np.asarray(self.input.Coords), np.asarray(self.output.Color)
refused = []
def work(array=self.input.Coords):
    out[:] = 1 + coords[:, :1]
    try:
        array[0]
    except RuntimeError as error:
        refused.append(str(error))
thread = threading.Thread(target=work)
thread.start()
thread.join()
assert "belongs to the render thread" in refused[0], refused
"""
    assert (color_of(run_host, call) == 1).all()


def test_batch_node_needs_no_numpy(run_host: RunHost) -> None:
    call = """
import sys
assert "numpy" not in sys.modules
from array import array
n = len(self.output.Color)
values = array("f", [0.25, 0.5, 1, 1] * n)
self.output.Color = memoryview(values).cast("B").cast("f", (n, 4))
"""
    run = run_host(*SMALL, "-t", "1", scene=batch_scene(call))
    assert (run.pixels() == (0.25, 0.5, 1, 1)).all()
