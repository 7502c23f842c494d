"""Script links of every kind: they count what happens, in properties of the scene.

It hangs itself on the scene, its objects, lamps and materials, the camera and the sky.
"""

from pynodes import app

EVENTS = ("FrameChanged", "Redraw", "OnLoad", "OnSave", "Render", "PostRender")

if app.bylink:
    counts = app.scene.props
    counts[app.event] = counts.get(app.event, 0) + 1
else:
    for thing in (*app.scene.objects, *app.scene.lamps, *app.scene.materials):
        thing.clear_links()
        thing.add_link("note_changes.py", "FrameChanged")
    for thing in app.scene.objects:
        thing.add_link("note_changes.py", "ObjectUpdate")
    for thing in (app.camera(), app.world()):
        thing.clear_links()
        thing.add_link("note_changes.py", "PostRender")
    app.scene.clear_links()
    for event in EVENTS:
        app.scene.add_link("note_changes.py", event)
