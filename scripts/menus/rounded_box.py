#!pynodes menu
# Name: Rounded box
# Group: Add
# Tooltip: Says what it would add; the size is chosen in a submenu
# Submenu: Small | 0.5
# Submenu: Large | 2.0

from pynodes import app

size = float(app.argument)
print(f"a rounded box, {size} wide")
