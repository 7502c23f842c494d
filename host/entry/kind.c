#include "entry/kind.h"

static const char *const kind_names[] = {
    [PN_ENTRY_TEXT] = "text",
    [PN_ENTRY_DRAW] = "draw",
    [PN_ENTRY_EVENT] = "event",
    [PN_ENTRY_BUTTON] = "button",
    [PN_ENTRY_FILE] = "file",
    [PN_ENTRY_IMAGE] = "image",
    [PN_ENTRY_CLEANUP] = "cleanup",
    [PN_ENTRY_MENU] = "menu",
    [PN_ENTRY_LINK] = "link",
    [PN_ENTRY_HANDLER] = "handler",
    [PN_ENTRY_DRIVER] = "driver",
    [PN_ENTRY_PYBUTTON] = "pybutton",
    [PN_ENTRY_CONSTRAINT] = "constraint",
    [PN_ENTRY_REPLAY] = "replay",
};

const char *pn_entry_kind_name(pn_entry_kind kind)
{
    return kind_names[kind];
}
