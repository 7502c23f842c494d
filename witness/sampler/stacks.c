#include "witness/sampler/stacks.h"
#include "witness/sampler/memory.h"
#include "witness/sampler/records.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 8, /* frames of a stack, the innermost */
    SEEN = 24, /* with those of C between them */
    OWNED_BY_C = 3,
    MOST = 1 << 15, /* codes, and stacks; then there are no new ones */
    TEXT = 400,
    TABLE = 1 << 15,
};

struct code {
    uint64_t address, qualname, table; /* another code may come to lie there */
    uint64_t start;                    /* of its instructions */
    int32_t line;
    uint32_t number;
};

struct stack {
    uint64_t hash;
    uint32_t number;
};

static struct code codes[2 * MOST];
static struct stack stacks[2 * MOST];
static uint32_t n_codes, n_stacks;
static uint64_t code_type;

void stacks_begin(uint64_t type)
{
    code_type = type;
}

/* A text of plain ASCII; of any other `?`. */
static uint32_t text_of(uint64_t address, char *to)
{
    uint64_t length = 0;
    to[0] = '?';
    if (!peek_u64(address + (uint64_t)at.str_length, &length) || length > 4096)
        return 1;
    uint64_t from = length > TEXT ? length - TEXT : 0; /* of a path the end says more */
    uint32_t size = (uint32_t)(length - from);
    const int64_t heads[] = {at.str_ascii_size, at.str_compact_size};
    for (int i = 0; i < 2; i++) {
        char end = 1;
        uint64_t data = address + (uint64_t)heads[i];
        if (!peek(data + length, &end, 1) || end != 0 || !peek(data + from, to, size))
            continue;
        uint32_t plain = 0;
        while (plain < size && to[plain] >= ' ' && to[plain] <= '~')
            plain++;
        if (plain == size)
            return size;
    }
    to[0] = '?';
    return 1;
}

static void write_code(const struct code *code, uint64_t filename, uint64_t time)
{
    static char name[TEXT + 1], file[TEXT + 1], table[TABLE];
    uint64_t size = 0;
    uint32_t name_size = text_of(code->qualname, name), file_size = text_of(filename, file);
    if (!peek_u64(code->table + (uint64_t)at.bytes_size, &size) || size > TABLE ||
        !peek(code->table + (uint64_t)at.bytes_data, table, size))
        size = 0;
    uint32_t head[] = {code->number, (uint32_t)code->line, name_size, file_size};
    record_begin(RECORD_CODE, time);
    record_add(head, sizeof head);
    record_add(name, name_size);
    record_add(file, file_size);
    record_add(table, size);
    record_end();
}

static struct code *code_at(uint64_t address, uint64_t time)
{
    uint64_t filename, type = 0;
    struct code now = {.address = address};
    const struct part parts[] = {
        {at.object_type, &type, 8},         {at.code_firstlineno, &now.line, 4},
        {at.code_filename, &filename, 8},   {at.code_qualname, &now.qualname, 8},
        {at.code_linetable, &now.table, 8},
    };
    if (!peek_parts(address, parts, 5) || (code_type != 0 && type != code_type))
        return NULL;
    now.start = address + (uint64_t)at.code_instructions;
    struct code *code = &codes[address / 16 * 0x9E3779B97F4A7C15U % (2 * MOST)];
    while (code->address != 0 && (code->address != address || code->qualname != now.qualname ||
                                  code->table != now.table)) {
        if (++code == codes + 2 * MOST)
            code = codes;
    }
    if (code->address == 0) {
        if (n_codes == MOST)
            return NULL;
        now.number = ++n_codes;
        *code = now;
        write_code(code, filename, time);
    }
    return code;
}

/* Without a GIL threads run copies of their own of a code. */
static uint64_t start_of(const struct code *code, uint64_t frame)
{
    uint64_t copies = 0, start = 0;
    int32_t index = 0;
    if (at.code_tlbc < 0 || !peek_i32(frame + (uint64_t)at.frame_tlbc_index, &index) || index <= 0)
        return code->start;
    if (!peek_u64(code->address + (uint64_t)at.code_tlbc, &copies) || copies == 0 ||
        !peek_u64(copies + 8 + 8 * (uint64_t)index, &start))
        return code->start;
    return start;
}

static uint64_t innermost(uint64_t state)
{
    uint64_t frame = 0;
    if (at.tstate_cframe < 0)
        return peek_u64(state + (uint64_t)at.tstate_current_frame, &frame) ? frame : 0;
    if (!peek_u64(state + (uint64_t)at.tstate_cframe, &frame) || frame == 0 ||
        !peek_u64(frame + (uint64_t)at.cframe_current_frame, &frame))
        return 0;
    return frame;
}

static uint32_t number_of(const uint32_t *pairs, uint32_t count, uint64_t time)
{
    uint64_t hash = 0xCBF29CE484222325U;
    for (uint32_t i = 0; i < 2 * count; i++)
        hash = (hash ^ pairs[i]) * 0x100000001B3U;
    hash |= 1;
    struct stack *stack = &stacks[hash / 2 % (2 * MOST)];
    while (stack->hash != 0 && stack->hash != hash)
        if (++stack == stacks + 2 * MOST)
            stack = stacks;
    if (stack->hash == hash)
        return stack->number;
    if (n_stacks == MOST)
        return 0;
    *stack = (struct stack){hash, ++n_stacks};
    uint32_t head[] = {stack->number, count};
    record_begin(RECORD_STACK, time);
    record_add(head, sizeof head);
    record_add(pairs, 2 * count * sizeof *pairs);
    record_end();
    return stack->number;
}

uint32_t stack_of(uint64_t state, uint64_t time)
{
    uint32_t pairs[2 * DEPTH], count = 0;
    uint64_t frame = innermost(state);
    for (int i = 0; i < SEEN && frame != 0 && count < DEPTH; i++) {
        uint64_t object, instr, previous;
        uint8_t owner = 0;
        const struct part parts[] = {
            {at.frame_code, &object, 8},
            {at.frame_instr, &instr, 8},
            {at.frame_previous, &previous, 8},
            {at.frame_owner, &owner, 1},
        };
        if (!peek_parts(frame, parts, 4))
            break;
        if (owner < OWNED_BY_C) {
            const struct code *code = code_at(object & ~(uint64_t)7, time);
            if (code == NULL)
                break;
            uint64_t offset = instr - start_of(code, frame);
            pairs[2 * count] = code->number;
            pairs[2 * count++ + 1] = offset < 1 << 24 ? (uint32_t)offset : 0;
        }
        frame = previous;
    }
    return count > 0 ? number_of(pairs, count, time) : 0;
}
