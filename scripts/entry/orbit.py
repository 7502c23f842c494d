"""Drivers and a constraint: the ball goes round, the box stays above it and looks where it goes.

    pynodes render ../scenes/stage.py --script orbit.py --frames 1..24 --out 'orbit-##.png'

The floor of that scene asks for the ball while it is shaded: then the drivers are evaluated on the
render threads too.
"""

from pathlib import Path

from pynodes import app

here = Path(__file__).parent
app.open_text(str(here / "drivers.py"))  # all drivers see it, as `drivers` and `p`
app.open_text(str(here / "hover.py"))

ball, box = app.object("Ball"), app.object("Box")
ball.drivers["location.x"] = "2.2 * p.turn(frame)[0]"
ball.drivers["location.y"] = "2.2 * p.turn(frame)[1]"
ball.drivers["scale.z"] = "self.scale[0] * (1 + 0.15 * sin(radians(60 * frame)))"
if not box.constraints:
    box.add_constraint("hover.py", [ball], height=1.7)
app.lamp("Fill").drivers["energy"] = "7 + 3 * sin(radians(15 * frame))"
