/* The kinds of entries, and what the gate, its log and the events of the application call them. */
#ifndef PN_ENTRY_KIND_H
#define PN_ENTRY_KIND_H

typedef enum {
    PN_ENTRY_TEXT,
    PN_ENTRY_DRAW,
    PN_ENTRY_EVENT,
    PN_ENTRY_BUTTON,
    PN_ENTRY_FILE,
    PN_ENTRY_IMAGE,
    PN_ENTRY_CLEANUP,
    PN_ENTRY_MENU,
    PN_ENTRY_LINK,
    PN_ENTRY_HANDLER,
    PN_ENTRY_DRIVER,
    PN_ENTRY_PYBUTTON,
    PN_ENTRY_CONSTRAINT,
    PN_ENTRY_REPLAY /* an event itself that is wrong */
} pn_entry_kind;

/* Of the names of what is entered, and of the words that say how it went. */
enum { PN_WHO_SIZE = 96, PN_RESULT_SIZE = 16 };

/* Numbers of threads that are no render threads. */
enum { PN_THREAD_MAIN = -1, PN_THREAD_OTHER = -2 };

/* The word for a kind, as in events. */
const char *pn_entry_kind_name(pn_entry_kind kind);

#endif
