/* What happens in areas: keys, the pointer, presses of buttons, text that is typed. */
#ifndef PN_GUI_GUI_INPUT_H
#define PN_GUI_GUI_INPUT_H

#include <Python.h>

#include "entry/app.h"

/* key AREA CODE VALUE [ASCII] | mouse AREA CODE VALUE | redraw AREA | press AREA BUTTON [VALUE] |
 * type AREA BUTTON TEXT */
pn_play pn_gui_key_play, pn_gui_redraw_play, pn_gui_press_play, pn_gui_type_play;

#endif
