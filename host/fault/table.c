#include "fault/table.h"

#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

#define PN_CASE(name) extern const pn_fault pn_fault_##name;
#include "fault/cases.def"
#undef PN_CASE

#define PN_CASE(name) &pn_fault_##name,
const pn_fault *const pn_fault_table[] = {
#include "fault/cases.def"
    NULL,
};

// NULL unless the text is the number of a case, counted from one.
static const pn_fault *find_number(const char *text)
{
    size_t n = sizeof pn_fault_table / sizeof pn_fault_table[0] - 1;
    if (text[strspn(text, "0123456789")] != '\0')
        return NULL;
    unsigned long number = strtoul(text, NULL, 10);
    return number >= 1 && number <= n ? pn_fault_table[number - 1] : NULL;
}

const pn_fault *pn_fault_find(const char *name)
{
    for (const pn_fault *const *f = pn_fault_table; *f != NULL; f++) {
        if (strcmp((*f)->name, name) == 0)
            return *f;
    }
    return find_number(name);
}

void pn_fault_print(FILE *to)
{
    fputc('[', to);
    for (const pn_fault *const *at = pn_fault_table; *at != NULL; at++) {
        const pn_fault *f = *at;
        pn_line line;
        pn_line_begin(&line);
        pn_line_string(&line, "name", f->name);
        pn_line_string(&line, "group", f->group);
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
