#include "wire/replay.h"

#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "pynodes-replay\t1";
static const char *const when_words[] = {"then", "ns", "frame", "tile", NULL};
static const char *const expect_words[] = {"-", "error", "maybe", NULL};

enum { EVENT_FIELDS = 6 };
enum { MAX_BYTES = 1 << 30 };

static pn_code bad(const char *path, int line, const char *what, pn_error *err)
{
    pn_fail(err, PN_ERR_USAGE, "not a flat replay: %s", what);
    pn_error_where(err, "%s:%d", path, line);
    pn_error_help(err, "`pynodes replay` makes such files");
    return PN_ERR_USAGE;
}

static bool read_int(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return text[0] != '\0' && *end == '\0' && errno == 0;
}

static int find_word(const char *const *words, const char *text)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0)
            return i;
    }
    return -1;
}

// Undo the escapes of a field, in place.
static void unescape(char *field)
{
    char *to = field;
    for (const char *from = field; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0') {
            from++;
            *to++ = *from == 't' ? '\t' : *from == 'n' ? '\n' : *from == 'r' ? '\r' : *from;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

// Cut a line into its fields, in place; returns how many.
static int split(char *line, const char **fields)
{
    int n = 0;
    for (char *at = line; at != NULL;) {
        char *tab = strchr(at, '\t');
        if (tab != NULL)
            *tab = '\0';
        unescape(at);
        fields[n++] = at;
        at = tab != NULL ? tab + 1 : NULL;
    }
    return n;
}

static bool read_event(const char *const *fields, int n, pn_replay_event *event)
{
    int64_t line;
    int when = n >= EVENT_FIELDS ? find_word(when_words, fields[2]) : -1;
    int expect = n >= EVENT_FIELDS ? find_word(expect_words, fields[4]) : -1;
    if (when < 0 || expect < 0 || !read_int(fields[1], &line) || !read_int(fields[3], &event->at))
        return false;
    event->line = (int)line;
    event->when = (pn_when)when;
    event->expect = (pn_expect)expect;
    event->kind = fields[5];
    event->n_args = n - EVENT_FIELDS;
    event->args = fields + EVENT_FIELDS;
    return true;
}

static pn_code read_lines(pn_replay *replay, const char *path, pn_error *err)
{
    char *at = replay->text;
    const char **fields = replay->fields;
    for (int number = 1; *at != '\0'; number++) {
        char *end = strchr(at, '\n');
        if (end == NULL)
            return bad(path, number, "the last line has no end", err);
        *end = '\0';
        if (number == 1 && strcmp(at, MAGIC) != 0)
            return bad(path, number, "another first line is expected", err);
        int n = number > 1 ? split(at, fields) : 0;
        if (n == 2 && strcmp(fields[0], "menus") == 0)
            replay->menus = fields[1];
        else if (n > 0 && strcmp(fields[0], "event") == 0 &&
                 read_event(fields, n, &replay->events[replay->n_events]))
            replay->n_events++;
        else if (number > 1)
            return bad(path, number, "a line that is no event", err);
        fields += n;
        at = end + 1;
    }
    return PN_OK;
}

pn_code pn_replay_read(pn_replay *replay, const char *path, pn_error *err)
{
    memset(replay, 0, sizeof *replay);
    size_t size = 0, lines = 0, fields = 0;
    const char *why = NULL;
    replay->text = pn_file_read(path, MAX_BYTES, &size, &why);
    if (replay->text == NULL)
        return pn_fail(err, PN_ERR_USAGE, "cannot read the replay %s: %s", path, why);
    if (strlen(replay->text) != size) {
        pn_replay_finish(replay);
        return bad(path, 1, "it holds a zero byte", err);
    }
    pn_code code;
    for (size_t i = 0; i < size; i++) {
        lines += replay->text[i] == '\n';
        fields += replay->text[i] == '\t' || replay->text[i] == '\n';
    }
    replay->events = calloc(lines + 1, sizeof *replay->events);
    replay->fields = calloc(fields + 1, sizeof *replay->fields);
    if (replay->events == NULL || replay->fields == NULL)
        code = pn_no_memory(err, "the replay %s", path);
    else
        code = lines > 0 ? read_lines(replay, path, err) : bad(path, 1, "it is empty", err);
    if (code != PN_OK)
        pn_replay_finish(replay);
    return code;
}

void pn_replay_finish(pn_replay *replay)
{
    free(replay->text);
    free(replay->events);
    free(replay->fields);
    memset(replay, 0, sizeof *replay);
}

const char *pn_replay_text(const pn_replay_event *event, int at)
{
    return at < event->n_args ? event->args[at] : "";
}

pn_code pn_replay_whole(const pn_replay_event *event, int at, int *out, pn_error *err)
{
    int64_t number;
    if (!read_int(pn_replay_text(event, at), &number) || number < INT_MIN || number > INT_MAX)
        return pn_fail(err, PN_ERR_USAGE, "%s: argument %d must be a whole number, not '%s'",
                       event->kind, at + 1, pn_replay_text(event, at));
    *out = (int)number;
    return PN_OK;
}
