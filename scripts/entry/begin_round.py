"""Begin anew: load the stage, as it was written, whatever was done to the scene before."""

from pathlib import Path

from pynodes import app

app.load(str(Path(__file__).parent.parent / "scenes" / "stage.py"))
