#!pynodes menu
# Name: List the menus
# Group: Help
# Tooltip: Prints all entries of all menus

from pynodes import app

for entry in app.menus():
    print(f"{entry.group:10} {entry.name}: {entry.tooltip}")
