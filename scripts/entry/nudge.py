"""Move things a little, as somebody at work would: undo takes it back."""

from pynodes import app

ball, box = app.object("Ball"), app.object("Box")
x, y, z = box.location
box.location = (x + 0.1, y - 0.1, z)
ball.rotation = tuple(angle + 5 for angle in ball.rotation)
app.material("floor")["Rings.Width"] = 0.3 + app.material("floor")["Rings.Width"] % 0.7
app.update(box)
