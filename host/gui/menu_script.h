/* Entry point "menu script": scripts of a folder that their headers put into menus
 * (pynodes/app/menus.py). Main thread. */
#ifndef PN_GUI_MENU_SCRIPT_H
#define PN_GUI_MENU_SCRIPT_H

#include <Python.h>

#include "entry/app.h"

typedef struct pn_menus pn_menus;

extern const pn_app_part pn_menus_part;
extern PyMethodDef pn_menus_methods[];

/* menu GROUP NAME [SUBMENU] */
pn_play pn_menu_play;

#endif
