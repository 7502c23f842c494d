#include "fault/table.h"

#include "wire/json.h"

#include <string.h>

#define CASE(name) extern const pn_fault pn_fault_##name
CASE(join_attached);
CASE(no_attach);
CASE(print_after_release);
CASE(shared_node);
#undef CASE

const pn_fault *const pn_fault_table[] = {
    &pn_fault_join_attached,
    &pn_fault_no_attach,
    &pn_fault_print_after_release,
    &pn_fault_shared_node,
    NULL,
};

const pn_fault *pn_fault_find(const char *name)
{
    for (const pn_fault *const *f = pn_fault_table; *f != NULL; f++) {
        if (strcmp((*f)->name, name) == 0)
            return *f;
    }
    return NULL;
}

void pn_fault_print(FILE *to)
{
    fputc('[', to);
    for (const pn_fault *const *at = pn_fault_table; *at != NULL; at++) {
        const pn_fault *f = *at;
        pn_line line;
        pn_line_begin(&line);
        pn_line_string(&line, "name", f->name);
        pn_line_string(&line, "family", f->family);
        pn_line_string(&line, "story", f->story);
        pn_line_string(&line, "origin", f->origin);
        pn_line_string(&line, "cure", f->cure);
        pn_line_string(&line, "expected", f->expected);
        pn_line_string(&line, "note", f->note != NULL ? f->note : "");
        pn_line_string(&line, "says", f->says != NULL ? f->says : "");
        pn_line_bool(&line, "runs", f->run != NULL);
        size_t size = pn_line_end(&line);
        fprintf(to, "%s%.*s", at == pn_fault_table ? "" : ",\n ", (int)size - 1, line.text);
    }
    fprintf(to, "]\n");
}
