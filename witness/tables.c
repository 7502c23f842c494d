#include "witness/tables.h"
#include "witness/process.h"
#include "witness/stead.h"
#include "witness/symbols.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* How a machine marks a place for the address of a function that comes from elsewhere. */
#if defined(__x86_64__)
enum { IN_TABLE = R_X86_64_JUMP_SLOT, BY_POINTER = R_X86_64_GLOB_DAT };
#elif defined(__aarch64__)
enum { IN_TABLE = R_AARCH64_JUMP_SLOT, BY_POINTER = R_AARCH64_GLOB_DAT };
#else
enum { IN_TABLE = -1, BY_POINTER = -1 }; /* others are left as they are */
#endif

enum { SEEN = 64 }; /* libraries, by handle, that were looked up in last */

static bool is_on;
static const void *_Atomic seen[SEEN];
static atomic_uint n_seen;
static _Atomic unsigned long long loaded; /* how many ever were, when all were looked at last */

/* --- what an object says of its imports --- */

struct imports {
    const ElfW(Rela) * entries[2];
    size_t count[2];
    const ElfW(Sym) * symbols;
    const char *names;
};

static struct imports imports_of(const struct dl_phdr_info *info)
{
    struct imports found = {0};
    size_t relative = 0, bytes[2] = {0};
    const ElfW(Dyn) *entry = NULL;
    bool has_addends = true;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        uintptr_t at = entry->d_un.d_ptr;
        const void *there = (const void *)(at < info->dlpi_addr ? at + info->dlpi_addr : at);
        switch (entry->d_tag) {
        case DT_SYMTAB: found.symbols = there; break;
        case DT_STRTAB: found.names = there; break;
        case DT_JMPREL: found.entries[0] = there; break;
        case DT_PLTRELSZ: bytes[0] = entry->d_un.d_val; break;
        case DT_PLTREL: has_addends = entry->d_un.d_val == DT_RELA; break;
        case DT_RELA: found.entries[1] = there; break;
        case DT_RELASZ: bytes[1] = entry->d_un.d_val; break;
        case DT_RELACOUNT: relative = entry->d_un.d_val; break; /* they come first, nameless */
        default: break;
        }
    }
    found.count[0] = has_addends && found.entries[0] != NULL ? bytes[0] / sizeof(ElfW(Rela)) : 0;
    found.count[1] = found.entries[1] != NULL ? bytes[1] / sizeof(ElfW(Rela)) : 0;
    if (found.count[1] >= relative) {
        found.entries[1] += relative;
        found.count[1] -= relative;
    }
    return found;
}

/* --- where it leads --- */

/* A table may be read-only by now, and its library may be in the loader's hands on another thread:
 * this way nobody's protection changes. */
static void write_at(void **slot, void *target)
{
    static atomic_int memory = -1;
    static atomic_uint of; /* the process whose memory that is */
    uint32_t pid = (uint32_t)getpid();
    if (atomic_load(&of) != pid) {
        atomic_store(&memory, open("/proc/self/mem", O_RDWR | O_CLOEXEC));
        atomic_store(&of, pid);
    }
    int fd = atomic_load(&memory);
    if (fd >= 0 && pwrite(fd, &target, sizeof target, (off_t)(uintptr_t)slot) == sizeof target)
        return;
    uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *begin = (void *)((uintptr_t)slot & ~(page_size - 1));
    if (mprotect(begin, page_size, PROT_READ | PROT_WRITE) == 0)
        __atomic_store_n(slot, target, __ATOMIC_RELEASE);
}

static void lead(const struct dl_phdr_info *info, const struct imports *imports,
                 const ElfW(Rela) * entry)
{
#if __SIZEOF_POINTER__ == 8
    int type = (int)ELF64_R_TYPE(entry->r_info);
    const ElfW(Sym) *symbol = &imports->symbols[ELF64_R_SYM(entry->r_info)];
#else
    int type = (int)ELF32_R_TYPE(entry->r_info);
    const ElfW(Sym) *symbol = &imports->symbols[ELF32_R_SYM(entry->r_info)];
#endif
    if ((type != IN_TABLE && type != BY_POINTER) || symbol->st_shndx != SHN_UNDEF)
        return;
    const char *name = imports->names + symbol->st_name;
    name += *name == '_';
    if (name[0] != 'P' || name[1] != 'y')
        return;
    void *ours = symbol_of_witness(imports->names + symbol->st_name);
    void **slot = (void **)(info->dlpi_addr + entry->r_offset);
    if (ours != NULL && *slot != ours)
        write_at(slot, ours);
}

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    (void)data;
    struct imports imports = imports_of(info);
    if (imports.symbols == NULL || imports.names == NULL)
        return 0;
    for (int kind = 0; kind < 2; kind++)
        for (size_t i = 0; i < imports.count[kind]; i++)
            lead(info, &imports, &imports.entries[kind][i]);
    return 0;
}

static int count_loaded(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    *(unsigned long long *)data = info->dlpi_adds;
    return 1;
}

/* A library is whole when a handle of it was given out. */
static bool is_new(const void *handle)
{
    unsigned long long now = 0;
    dl_iterate_phdr(count_loaded, &now);
    if (atomic_exchange(&loaded, now) != now)
        return true;
    for (int i = 0; i < SEEN; i++)
        if (atomic_load_explicit(&seen[i], memory_order_relaxed) == handle)
            return false;
    return true;
}

void tables_note(void)
{
    bool is_there = python_function("PyGILState_Ensure") != NULL;
    if (!is_there || process->sees || process->within)
        return;
    process->within = python_is_within();
    process->sees = !process->within;
    if (process->within)
        atomic_fetch_add(&page->within, 1);
}

void tables_begin(void)
{
    is_on = true;
    dl_iterate_phdr(look_at, NULL);
    tables_note();
}

/* --- names that are looked up --- */

#if defined(__x86_64__) || defined(__aarch64__)

typedef void *Look(void *handle, const char *name);

static Look *real;

/* Python's function is given as the one that stands in its place. */
static void *ours(void *handle, const char *name)
{
    void *found = real(handle, name);
    void *stand_in = found != NULL ? symbol_of_witness(name) : NULL;
    bool is_pythons = stand_in != NULL && found == python_function(name);
    return is_pythons ? stand_in : found;
}

/* What dlsym is to go on with. */
__attribute__((used)) Look *tables_look_up(void *handle, const char *name);
__attribute__((used)) Look *tables_look_up(void *handle, const char *name)
{
    if (real == NULL)
        *(void **)&real = symbol_of("dlsym", true);
    if (!is_on || handle == RTLD_NEXT || handle == RTLD_DEFAULT || name == NULL)
        return real;
    int saved = errno;
    if (is_new(handle)) {
        dl_iterate_phdr(look_at, NULL);
        tables_note();
        atomic_store(&seen[atomic_fetch_add(&n_seen, 1) % SEEN], handle);
    }
    errno = saved;
    const char *plain = name + (*name == '_');
    return plain[0] == 'P' && plain[1] == 'y' ? ours : real;
}

/* It looks at who calls it: who goes on in its place has to be called from there. */
#if defined(__x86_64__)
__asm__(".text\n"
        ".globl dlsym\n"
        ".type dlsym, @function\n"
        "dlsym:\n"
        "\tpush %rdi\n"
        "\tpush %rsi\n"
        "\tsub $8, %rsp\n"
        "\tcall tables_look_up\n"
        "\tadd $8, %rsp\n"
        "\tpop %rsi\n"
        "\tpop %rdi\n"
        "\tjmp *%rax\n"
        ".size dlsym, .-dlsym\n");
#else
__asm__(".text\n"
        ".globl dlsym\n"
        ".type dlsym, @function\n"
        "dlsym:\n"
        "\tstp x29, x30, [sp, #-32]!\n"
        "\tstp x0, x1, [sp, #16]\n"
        "\tbl tables_look_up\n"
        "\tmov x16, x0\n"
        "\tldp x0, x1, [sp, #16]\n"
        "\tldp x29, x30, [sp], #32\n"
        "\tbr x16\n"
        ".size dlsym, .-dlsym\n");
#endif
#endif
