#include "witness/symbols.h"

#include <link.h>
#include <stddef.h>
#include <string.h>

extern const char __ehdr_start[] __attribute__((visibility("hidden"))); /* by the linker: ours */

/* What an object says of the names it exports. */
struct table {
    const ElfW(Sym) * symbols;
    const char *names;
    const uint32_t *gnu;  /* hash tables: one of them is enough */
    const uint32_t *sysv; /* it is of 32 bits on the machines that glibc supports, but for two */
};

static struct table table_of(const struct dl_phdr_info *info)
{
    struct table table = {NULL, NULL, NULL, NULL};
    const ElfW(Dyn) *entry = NULL;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        uintptr_t at = entry->d_un.d_ptr;
        const void *there = (const void *)(at < info->dlpi_addr ? at + info->dlpi_addr : at);
        if (entry->d_tag == DT_SYMTAB)
            table.symbols = there;
        else if (entry->d_tag == DT_STRTAB)
            table.names = there;
        else if (entry->d_tag == DT_GNU_HASH)
            table.gnu = there;
        else if (entry->d_tag == DT_HASH)
            table.sysv = there;
    }
    return table;
}

static const ElfW(Sym) * checked(const struct table *table, uint32_t index, const char *name)
{
    const ElfW(Sym) *symbol = &table->symbols[index];
    unsigned type = symbol->st_info & 15; /* the same for both sizes */
    bool is_plain = type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE;
    bool fits = is_plain && symbol->st_shndx != SHN_UNDEF && symbol->st_value != 0;
    return fits && strcmp(table->names + symbol->st_name, name) == 0 ? symbol : NULL;
}

static const ElfW(Sym) * by_gnu_hash(const struct table *table, const char *name)
{
    uint32_t hash = 5381, n_buckets = table->gnu[0], first = table->gnu[1];
    for (const char *c = name; *c != '\0'; c++)
        hash = hash * 33 + (unsigned char)*c;
    const uint32_t *buckets =
        table->gnu + 4 + table->gnu[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chain = buckets + n_buckets;
    uint32_t index = n_buckets > 0 ? buckets[hash % n_buckets] : 0;
    for (; index >= first && index != 0; index++) {
        uint32_t has = chain[index - first];
        const ElfW(Sym) *found = (has | 1) == (hash | 1) ? checked(table, index, name) : NULL;
        if (found != NULL || has & 1)
            return found;
    }
    return NULL;
}

static const ElfW(Sym) * one_by_one(const struct table *table, const char *name)
{
    for (uint32_t i = 1; i < table->sysv[1]; i++) {
        const ElfW(Sym) *found = checked(table, i, name);
        if (found != NULL)
            return found;
    }
    return NULL;
}

struct search {
    const char *name;
    bool passes_program;
    void *found;
};

static int look_into(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    bool passed = search->passes_program;
    (void)size;
    search->passes_program = false; /* the program is the first */
    if (passed || info->dlpi_addr == (uintptr_t)__ehdr_start)
        return 0;
    struct table table = table_of(info);
    const ElfW(Sym) *symbol = NULL;
    if (table.symbols == NULL || table.names == NULL)
        return 0;
    if (table.gnu != NULL)
        symbol = by_gnu_hash(&table, search->name);
    else if (table.sysv != NULL)
        symbol = one_by_one(&table, search->name);
    if (symbol != NULL)
        search->found = (void *)(info->dlpi_addr + symbol->st_value);
    return symbol != NULL;
}

void *symbol_of(const char *name, bool in_program)
{
    struct search search = {name, !in_program, NULL};
    dl_iterate_phdr(look_into, &search);
    return search.found;
}

static int find_witness(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    if (info->dlpi_addr == (uintptr_t)__ehdr_start)
        *(struct table *)data = table_of(info);
    return info->dlpi_addr == (uintptr_t)__ehdr_start;
}

void *symbol_of_witness(const char *name)
{
    static struct table table;
    static _Atomic bool is_known;
    if (!is_known) {
        dl_iterate_phdr(find_witness, &table);
        is_known = true;
    }
    const ElfW(Sym) *symbol = NULL;
    if (table.gnu != NULL)
        symbol = by_gnu_hash(&table, name);
    else if (table.sysv != NULL)
        symbol = one_by_one(&table, name);
    return symbol != NULL ? (void *)(__ehdr_start + symbol->st_value) : NULL;
}

struct place {
    uintptr_t address;
    struct code code;
};

static int find_code(struct dl_phdr_info *info, size_t size, void *data)
{
    struct place *place = data;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) &&
            place->address - begin < part->p_memsz) {
            place->code.begin = begin;
            place->code.end = begin + part->p_memsz;
            place->code.is_module = strstr(info->dlpi_name, "/lib-dynload/") != NULL;
            place->code.is_library = strstr(info->dlpi_name, "libpython") != NULL;
            place->code.is_program = info->dlpi_name[0] == 0; /* it has no name */
            return 1;
        }
    }
    return 0;
}

struct code code_at(const void *address)
{
    struct place place = {.address = (uintptr_t)address};
    dl_iterate_phdr(find_code, &place);
    return place.code;
}
