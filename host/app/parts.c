#include "app/parts.h"

#include "entry/text_script.h"
#include "gui/file_selector.h"
#include "gui/gui.h"
#include "gui/gui_draw.h"
#include "gui/gui_input.h"
#include "gui/menu_script.h"
#include "gui/popup.h"
#include "gui/space_handler.h"
#include "live/cleanup.h"
#include "live/control.h"
#include "live/document.h"
#include "live/live.h"
#include "live/script_link.h"

static void drop_texts(pn_app *app, pn_drop_why why, const char *who)
{
    if (why == PN_DROP_TEXT)
        pn_texts_drop_code(&app->texts, who);
    else if (why == PN_DROP_LOAD || why == PN_DROP_QUIT)
        pn_texts_drop_code(&app->texts, NULL);
}

static void drop_scripts(pn_app *app, pn_drop_why why, const char *who)
{
    (void)who;
    if (why == PN_DROP_UNDO || why == PN_DROP_LOAD || why == PN_DROP_QUIT)
        pn_scripts_end_all(&app->scripts);
}

static const pn_app_part texts_part = {.name = "texts", .drop = drop_texts};
static const pn_app_part scripts_part = {.name = "scripts", .drop = drop_scripts};

// Scripts first, so that what parts hold of them is dropped script by script; then one line a part,
// sorted.
const pn_app_part *const pn_app_parts[] = {
    &scripts_part,
    &pn_live_part, // before the document, which starts by putting its things there
    &pn_document_part,
    &pn_gui_part,
    &pn_gui_draw_part,
    &pn_handlers_part,
    &pn_menus_part,
    &pn_player_part,
    &pn_popups_part,
    &pn_script_links_part,
    &pn_selectors_part,
    &texts_part,
    NULL,
};

// One line each, sorted.
const pn_play_kind pn_play_kinds[] = {
    {"answer", pn_popup_answer_play},
    {"cancel", pn_popup_cancel_play},
    {"delete", pn_delete_play},
    {"edit", pn_edit_play},
    {"file", pn_selector_file_play},
    {"frame", pn_frame_play},
    {"image", pn_selector_image_play},
    {"key", pn_gui_key_play},
    {"load", pn_load_play},
    {"menu", pn_menu_play},
    {"mouse", pn_gui_key_play},
    {"options", pn_options_play},
    {"press", pn_gui_press_play},
    {"quit", pn_quit_play},
    {"redraw", pn_gui_redraw_play},
    {"refresh", pn_refresh_play},
    {"render", pn_render_play},
    {"save", pn_save_play},
    {"script", pn_script_play},
    {"type", pn_gui_type_play},
    {"undo", pn_undo_play},
    {"update", pn_update_play},
    {NULL, NULL},
};
