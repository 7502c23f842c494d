#define Py_BUILD_CORE 1 /* CPython does not promise how frames are laid out */

#include "interp/frames.h"

#include "base/hash.h"

#if PY_VERSION_HEX >= 0x030E0000
#include <internal/pycore_interpframe_structs.h>
#else
#include <internal/pycore_frame.h>
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/uio.h>
#endif

typedef struct _PyInterpreterFrame python_frame;

enum { PAGE = 4096, LINES = 1024, TABLE = 512 };

struct pn_frames {
    int n;
    pn_frame_at at[PN_FRAMES_MAX];
    PyCodeObject codes[PN_FRAMES_MAX];
    uintptr_t code_at[PN_FRAMES_MAX], instruction_at[PN_FRAMES_MAX];
    int tlbc[PN_FRAMES_MAX]; // 3.14 and later, free-threaded: which copy of the code runs
    /* Memory around the last frame that was read: its neighbours are in there. */
    uintptr_t window_at;
    size_t window_size;
    char window[PAGE + sizeof(python_frame)];
    /* Lines that were found, by mark and instruction. */
    struct {
        uint64_t key;
        int line;
    } lines[LINES];
};

// Copy memory of this process that may not be there.
static bool copy(void *to, uintptr_t from, size_t size)
{
#if defined(__linux__)
    struct iovec local = {to, size}, remote = {(void *)from, size};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
#else
    (void)to;
    (void)from;
    (void)size;
    return false;
#endif
}

bool pn_frames_can(const char **why)
{
    long here = 1, there = 0;
    errno = ENOSYS;
    bool can = copy(&there, (uintptr_t)&here, sizeof here) && there == here;
    *why = can ? "" : strerror(errno);
    return can;
}

pn_frames *pn_frames_create(void)
{
    return calloc(1, sizeof(pn_frames));
}

void pn_frames_destroy(pn_frames *frames)
{
    free(frames);
}

PyThreadState *pn_frames_state(void)
{
    return PyThreadState_Get();
}

static bool read_frame(pn_frames *f, uintptr_t at, python_frame *frame)
{
    size_t size = offsetof(python_frame, localsplus);
    if (at < f->window_at || at + size > f->window_at + f->window_size) {
        // From the beginning of its page: what calls it mostly lies there, before it.
        f->window_at = at & ~(uintptr_t)(PAGE - 1);
        f->window_size = at - f->window_at + size;
        if (!copy(f->window, f->window_at, f->window_size)) {
            f->window_size = 0;
            return false;
        }
    }
    memcpy(frame, f->window + (at - f->window_at), size);
    return true;
}

static uintptr_t current_frame(const PyThreadState *state)
{
#if PY_VERSION_HEX >= 0x030D0000
    return (uintptr_t)state->current_frame;
#else
    return (uintptr_t)state->cframe->current_frame;
#endif
}

// The code object of a frame; 0 where the frame is not of Python code.
static uintptr_t code_of(const python_frame *frame)
{
#if PY_VERSION_HEX >= 0x030C0000
    if (frame->owner > FRAME_OWNED_BY_FRAME_OBJECT)
        return 0;
#endif
#if PY_VERSION_HEX >= 0x030E0000
    return (uintptr_t)frame->f_executable.bits & ~(uintptr_t)3;
#elif PY_VERSION_HEX >= 0x030D0000
    return (uintptr_t)frame->f_executable;
#else
    return (uintptr_t)frame->f_code;
#endif
}

static uintptr_t instruction_of(const python_frame *frame)
{
#if PY_VERSION_HEX >= 0x030D0000
    return (uintptr_t)frame->instr_ptr;
#else
    return (uintptr_t)frame->prev_instr;
#endif
}

static int copy_of_code(const python_frame *frame)
{
#if PY_VERSION_HEX >= 0x030E0000 && defined(Py_GIL_DISABLED)
    return frame->tlbc_index;
#else
    (void)frame;
    return 0;
#endif
}

// Bytes from the first instruction of code to one, or -1.
static int offset_in(const PyCodeObject *code, uintptr_t code_at, uintptr_t at, int tlbc)
{
    uintptr_t first = code_at + offsetof(PyCodeObject, co_code_adaptive);
#if PY_VERSION_HEX >= 0x030E0000 && defined(Py_GIL_DISABLED)
    struct {
        Py_ssize_t size;
        uintptr_t entry;
    } array;
    uintptr_t array_at = (uintptr_t)code->co_tlbc;
    if (tlbc > 0 && copy(&array.size, array_at, sizeof array.size) && tlbc < array.size &&
        copy(&array.entry, array_at + sizeof array.size + (size_t)tlbc * sizeof array.entry,
             sizeof array.entry))
        first = array.entry;
#else
    (void)tlbc;
#endif
    size_t size = (size_t)Py_SIZE(code) * sizeof(_Py_CODEUNIT);
    return at >= first && at - first < size ? (int)(at - first) : -1;
}

static uint64_t mark_of(const PyCodeObject *code, uintptr_t at)
{
    uint64_t mark = pn_hash_add((uint64_t)at, (uint64_t)Py_SIZE(code));
    mark = pn_hash_add(mark, (uint64_t)(uintptr_t)code->co_linetable);
    mark = pn_hash_add(mark, (uint64_t)(uintptr_t)code->co_consts);
    mark = pn_hash_add(mark, (uint64_t)(uintptr_t)code->co_filename);
    mark = pn_hash_add(mark, (uint64_t)(uintptr_t)code->co_qualname);
    mark = pn_hash_add(mark, (uint64_t)(uint32_t)code->co_firstlineno << 32 |
                                 (uint32_t)code->co_stacksize);
#if PY_VERSION_HEX >= 0x030C0000
    mark = pn_hash_add(mark, code->co_version);
#endif
    return mark;
}

// All code objects in one go; what is not one ends the stack there.
static void read_codes(pn_frames *f)
{
    enum { SIZE = offsetof(PyCodeObject, co_code_adaptive) };
    size_t read = 0;
#if defined(__linux__)
    struct iovec local[PN_FRAMES_MAX], remote[PN_FRAMES_MAX];
    for (int i = 0; i < f->n; i++) {
        local[i] = (struct iovec){&f->codes[i], SIZE};
        remote[i] = (struct iovec){(void *)f->code_at[i], SIZE};
    }
    ssize_t got =
        process_vm_readv(getpid(), local, (unsigned long)f->n, remote, (unsigned long)f->n, 0);
    read = got > 0 ? (size_t)got / SIZE : 0;
#endif
    int n = 0;
    for (; n < f->n && (size_t)n < read && Py_TYPE(&f->codes[n]) == &PyCode_Type; n++) {
        const PyCodeObject *code = &f->codes[n];
        f->at[n] = (pn_frame_at){
            .code = code,
            .mark = mark_of(code, f->code_at[n]),
            .instruction = offset_in(code, f->code_at[n], f->instruction_at[n], f->tlbc[n]),
        };
    }
    f->n = n;
}

int pn_frames_read(pn_frames *f, PyThreadState *state, bool *deeper)
{
    enum { STEPS_MAX = 4 * PN_FRAMES_MAX };
    python_frame frame;
    uintptr_t at = current_frame(state);
    f->n = 0;
    f->window_size = 0; // it is of another moment
    *deeper = false;
    for (int steps = 0; at != 0 && steps < STEPS_MAX && read_frame(f, at, &frame); steps++) {
        uintptr_t code = code_of(&frame);
        at = (uintptr_t)frame.previous;
        if (code == 0)
            continue;
        if (f->n == PN_FRAMES_MAX) {
            *deeper = true;
            break;
        }
        f->code_at[f->n] = code;
        f->instruction_at[f->n] = instruction_of(&frame);
        f->tlbc[f->n] = copy_of_code(&frame);
        f->n++;
    }
    read_codes(f);
    return f->n;
}

const pn_frame_at *pn_frames_at(const pn_frames *f, int i)
{
    return &f->at[i];
}

/* --- lines: co_linetable, Objects/locations.md of CPython --- */

typedef struct {
    uintptr_t at, end;
    uintptr_t chunk_at;
    size_t chunk_size;
    unsigned char chunk[TABLE];
} table;

static bool open_table(table *t, const PyCodeObject *code)
{
    struct {
        PyVarObject head;
    } bytes;
    uintptr_t at = (uintptr_t)code->co_linetable;
    if (!copy(&bytes, at, sizeof bytes) || ((PyObject *)&bytes)->ob_type != &PyBytes_Type)
        return false;
    t->at = at + offsetof(PyBytesObject, ob_sval);
    t->end = t->at + (size_t)bytes.head.ob_size;
    t->chunk_size = 0;
    return true;
}

static bool next_byte(table *t, unsigned int *byte)
{
    if (t->at >= t->end)
        return false;
    if (t->chunk_size == 0 || t->at >= t->chunk_at + t->chunk_size) {
        size_t left = t->end - t->at;
        t->chunk_at = t->at;
        t->chunk_size = left < sizeof t->chunk ? left : sizeof t->chunk;
        if (!copy(t->chunk, t->chunk_at, t->chunk_size))
            return false;
    }
    *byte = t->chunk[t->at++ - t->chunk_at];
    return true;
}

static bool next_varint(table *t, unsigned int *value)
{
    unsigned int byte = 0x40;
    *value = 0;
    for (int shift = 0; shift < 30 && (byte & 0x40) != 0; shift += 6) {
        if (!next_byte(t, &byte))
            return false;
        *value |= (byte & 0x3f) << shift;
    }
    return true;
}

static bool skip_bytes(table *t, int n)
{
    unsigned int ignored;
    while (n-- > 0) {
        if (!next_byte(t, &ignored))
            return false;
    }
    return true;
}

// How an entry changes the line; what it says of columns is skipped. *has_line: it has one.
static bool next_delta(table *t, int kind, int *delta, bool *has_line)
{
    enum { SHORT_LAST = 9, ONE_LINE_FIRST = 10, ONE_LINE_LAST = 12, NO_COLUMNS, LONG, NONE };
    unsigned int value = 0, skipped;
    *delta = 0;
    *has_line = kind != NONE;
    if (kind == NONE)
        return true;
    if (kind <= SHORT_LAST)
        return skip_bytes(t, 1);
    if (kind <= ONE_LINE_LAST) {
        *delta = kind - ONE_LINE_FIRST;
        return skip_bytes(t, 2);
    }
    if (!next_varint(t, &value))
        return false;
    *delta = (value & 1) != 0 ? -(int)(value >> 1) : (int)(value >> 1);
    return kind == NO_COLUMNS ||
           (next_varint(t, &skipped) && next_varint(t, &skipped) && next_varint(t, &skipped));
}

static int find_line(const pn_frame_at *at)
{
    table t;
    int line = at->code->co_firstlineno, end = 0;
    unsigned int head;
    if (at->instruction < 0 || !open_table(&t, at->code))
        return line;
    while (next_byte(&t, &head)) {
        int delta;
        bool has_line;
        if (!next_delta(&t, (int)(head >> 3) & 15, &delta, &has_line))
            break;
        line += delta;
        end += ((int)(head & 7) + 1) * (int)sizeof(_Py_CODEUNIT);
        if (at->instruction < end)
            return has_line ? line : at->code->co_firstlineno;
    }
    return at->code->co_firstlineno;
}

int pn_frames_line(pn_frames *f, const pn_frame_at *at)
{
    uint64_t key = pn_hash_add(at->mark, (uint64_t)(uint32_t)at->instruction) | 1;
    size_t place = (size_t)(key >> 1) % LINES;
    if (f->lines[place].key != key) {
        f->lines[place].line = find_line(at);
        f->lines[place].key = key;
    }
    return f->lines[place].line;
}

/* --- texts --- */

// A character as UTF-8; how many bytes.
static size_t put_character(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(heads[n] | c);
    return n;
}

// A compact string, the one kind that code objects have.
static bool put_text(const PyObject *text, char *out, size_t size)
{
    enum { PIECE = 256 };
    PyASCIIObject head;
    union {
        uint8_t one[PIECE];
        uint16_t two[PIECE / 2];
        uint32_t four[PIECE / 4];
    } piece;
    uintptr_t at = (uintptr_t)text;
    if (!copy(&head, at, sizeof head) || ((PyObject *)&head)->ob_type != &PyUnicode_Type ||
        !head.state.compact || head.length < 0)
        return false;
    at += head.state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);
    size_t width = head.state.kind, left = (size_t)head.length, used = 0;
    if (width != 1 && width != 2 && width != 4)
        return false;
    while (left > 0) {
        size_t n = left < PIECE / width ? left : PIECE / width;
        if (!copy(&piece, at, n * width))
            return false;
        for (size_t i = 0; i < n; i++) {
            uint32_t c = width == 1 ? piece.one[i] : width == 2 ? piece.two[i] : piece.four[i];
            if (used + 5 > size) {
                out[used] = '\0';
                return true;
            }
            used += put_character(out + used, c);
        }
        at += n * width;
        left -= n;
    }
    out[used] = '\0';
    return true;
}

bool pn_frames_describe(const pn_frame_at *at, char file[PN_FRAMES_FILE], char name[PN_FRAMES_NAME])
{
    return put_text(at->code->co_filename, file, PN_FRAMES_FILE) &&
           put_text(at->code->co_qualname, name, PN_FRAMES_NAME);
}
