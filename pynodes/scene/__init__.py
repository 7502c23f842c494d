"""Scenes: what a script's `build(params, frame)` puts together and returns.

Imported inside the host, also by interpreters with a GIL of their own, so it uses the standard
library alone.
"""

from __future__ import annotations

from pynodes.nodes._here import here
from pynodes.scene.camera import Camera
from pynodes.scene.light import PointLamp, Sky, SunLamp
from pynodes.scene.material import Material
from pynodes.scene.objects import Box, Mesh, Plane, Sphere
from pynodes.scene.params import Params
from pynodes.scene.scene import Scene

__all__ = [
    "Box",
    "Camera",
    "Material",
    "Mesh",
    "Params",
    "Plane",
    "PointLamp",
    "Scene",
    "Sky",
    "Sphere",
    "SunLamp",
    "here",
]
