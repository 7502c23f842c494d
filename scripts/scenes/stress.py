"""Nodes that do what real nodes do at the worst moment: for tests of the host, not for beauty.

    pynodes render scripts/scenes/stress.py --size 96x72 -t 64
    pynodes render scripts/scenes/stress.py -D print=500 -D sleep=0.002 -D depth=200

They allocate and leave cycles with `__del__` behind, raise and catch, recurse, close generators,
start Python threads (some joined, one left to finish by itself), sleep and print. What they draw
depends on none of it: the picture is the same for every number of threads.

Parameters:
    print    print at every n-th pixel of the picture; 0 never          5000
    sleep    seconds to sleep at some pixels; 0 never                   0.0005
    threads  start and join a thread at every n-th pixel; 0 never       1500
    left     leave a thread running, at the middle pixel (0 or 1)       1
    depth    of the recursion at each sample                            24
"""

import threading
import time
from math import cos, sin

from pynodes.nodes import Node, NodeTree, Socket, native
from pynodes.scene import Box, Camera, Plane, PointLamp, Scene, Sky, Sphere, SunLamp


class Ring:
    """An object that is its own neighbour, so that only the cycle collector ends it."""

    ended = 0  # how many: on any thread, at any time, so no picture may depend on it

    def __init__(self, payload):
        self.payload = payload
        self.next = self

    def __del__(self):
        Ring.ended += 1
        self.payload = None


class Stumble(Exception):
    """Raised to be caught."""


class Churn(Node):
    """Allocates much and keeps nothing."""

    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0))]
        sockets.output = [Socket("Value", 0.0), Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        x, y, z = self.input.Coords
        rows = [(i, sin(i + x), cos(i * y)) for i in range(1, 9)]
        table = {f"row {i}": [a, b, Ring(a)] for i, a, b in rows}
        longest = max(table, key=lambda name: table[name][0])
        text = ",".join(f"{a:.3f}" for _, a, _ in rows)
        total = sum(row[0] * row[1] for row in table.values())
        total += len(text) * 0.01 + len(longest) * 0.001 + z
        self.output.Value = abs(total) % 1.0
        self.output.Color = (0.5 + 0.5 * sin(total), 0.5 + 0.5 * cos(total), 0.55, 1.0)


class Trouble(Node):
    """Raises and catches, recurses, and walks away from generators."""

    def __init__(self, sockets, depth=24):
        sockets.input = [Socket("Value", 0.0)]
        sockets.output = [Socket("Value", 0.0)]
        self.depth = depth

    def __call__(self):
        value = self.input.Value

        def deep(n, v):
            return v if n == 0 else 0.9 * deep(n - 1, v) + 0.05

        def steps(v):
            try:
                while True:
                    v = (v * 1.7 + 0.3) % 1.0
                    yield v
            finally:
                closed.append(v)

        def stumble(v):
            try:
                {}["nothing"]
            except KeyError as problem:
                raise Stumble(v) from problem

        closed = []
        for step in steps(value):
            if step < 0.5:
                break
        try:
            stumble(step)
        except Stumble as problem:
            value = problem.args[0]
        try:
            int("no number")
        except ValueError:
            value = (value + deep(self.depth, closed[0] if closed else step)) * 0.5
        self.output.Value = value + 0.02 * self.shi.random()


class Waits(Node):
    """Gives the interpreter away: sleeps, prints, starts threads."""

    def __init__(self, sockets, width=640, middle=(0, 0), print_=0, sleep=0.0, threads=0, left=0):
        sockets.input = [Socket("Value", 0.0)]
        sockets.output = [Socket("Value", 0.0)]
        self.width = width
        self.middle = middle
        self.print = print_
        self.sleep = sleep
        self.threads = threads
        self.left = left

    def __call__(self):
        value = self.input.Value
        x, y = self.shi.pixel
        if self.shi.sample == 0:
            number = y * self.width + x
            if self.print and number % self.print == 0:
                print(f"stress: pixel {x}, {y} at {value:.3f}")
            if self.sleep and number % 997 == 0:
                time.sleep(self.sleep)
            if self.threads and number % self.threads == 0:
                value = self.in_thread(value)
            if self.left and (x, y) == self.middle:
                threading.Thread(target=time.sleep, args=(0.02,), name="stress: left").start()
        # After the wait this must still be our sample.
        self.output.Value = 0.5 * (value + self.input.Value)

    def in_thread(self, value):
        """The value, by way of another thread."""
        result = []
        thread = threading.Thread(target=lambda: result.append(value), name="stress: joined")
        thread.start()
        thread.join()
        return result[0]


def stressed(depth, **waits):
    tree = NodeTree("stress")
    coords = tree.add(native.TextureCoordinate)
    churn = tree.add(Churn)
    trouble = tree.add(Trouble, depth=depth)
    wait = tree.add(Waits, **waits)
    mix = tree.add(native.Mix, Color2=(0.05, 0.10, 0.30))
    lit = tree.add(native.LitSurface)
    tree.link(coords.out.Global, churn.inp.Coords)
    tree.link(churn.out.Value, trouble.inp.Value)
    tree.link(trouble.out.Value, wait.inp.Value)
    tree.link(wait.out.Value, mix.inp.Factor)
    tree.link(churn.out.Color, mix.inp.Color1)
    tree.link(mix.out.Color, lit.inp.Color)
    tree.link(lit.out.Color, tree.surface)
    return tree


def build(params, frame):
    width, height = params.size
    tree = stressed(
        params.get("depth", 24),
        width=width,
        middle=(width // 2, height // 2),
        print_=params.get("print", 5000),
        sleep=params.get("sleep", 0.0005),
        threads=params.get("threads", 1500),
        left=params.get("left", 1),
    )
    return Scene(
        Camera(location=(0, -5.5, 2.6), look_at=(0, 0, 0.6), fov=40),
        [
            Sphere(tree, location=(-0.4, 0, 1)),
            Box(tree, location=(1.4, -0.6, 0.5), rotation=(0, 0, 30), scale=0.5),
            Plane(tree, scale=12),
        ],
        [
            SunLamp(direction=(0.5, 0.6, -0.9)),
            PointLamp(location=(-3, -3, 3), energy=6, shadow=False),
        ],
        Sky(),
        title="Stress",
    )
