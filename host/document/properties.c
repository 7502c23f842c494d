#include "base/lists.h"
#include "document/things.h"

static void finish_property(pn_property *property)
{
    free(property->name);
    free(property->text);
}

bool pn_properties_copy(pn_property **to, int *n_to, const pn_property *from, int n)
{
    bool ok = true;
    *n_to = 0;
    *to = pn_list_create(n, sizeof **to);
    if (*to == NULL)
        return false;
    for (int i = 0; i < n; i++) {
        (*to)[i] = (pn_property){pn_copy_text(from[i].name, &ok), pn_copy_text(from[i].text, &ok),
                                 from[i].number};
        *n_to = i + 1;
    }
    return ok;
}

const pn_property *pn_property_find(const pn_property *list, int n, const char *name)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    }
    return NULL;
}

bool pn_property_put(pn_property **list, int *n, const char *name, const char *text, double number)
{
    bool ok = true;
    char *new_text = pn_copy_text(text, &ok);
    pn_property *property = ok ? (pn_property *)pn_property_find(*list, *n, name) : NULL;
    if (ok && property == NULL) {
        property = pn_grow((void **)list, *n, sizeof *property);
        ok = property != NULL;
        if (ok)
            property->name = pn_copy_text(name, &ok);
        if (ok)
            ++*n;
    }
    if (!ok) {
        free(new_text);
        return false;
    }
    free(property->text);
    property->text = new_text;
    property->number = number;
    return true;
}

void pn_properties_free(pn_property *list, int n)
{
    for (int i = 0; i < n; i++)
        finish_property(&list[i]);
    free(list);
}

bool pn_property_remove(pn_property *list, int *n, const char *name)
{
    pn_property *property = (pn_property *)pn_property_find(list, *n, name);
    if (property == NULL)
        return false;
    finish_property(property);
    size_t after = (size_t)(list + *n - property - 1);
    memmove(property, property + 1, after * sizeof *property);
    --*n;
    return true;
}
