/* The memory of the process that is sampled, read while all of it goes on.
 *
 * Attach: either, no Python is called. Locks: none. Owns: nothing. Fails: false, where memory is
 * not there any more, which any read has to expect.
 */
#ifndef PN_SAMPLER_MEMORY_H
#define PN_SAMPLER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where fields lie, by the names of pynodes/diagnose/layouts.json; -1: this Python has none. */
#define OFFSETS(X)                                                                                 \
    X(runtime_interpreters_head, "runtime.interpreters_head")                                      \
    X(runtime_gil, "runtime.gil")                                                                  \
    X(interp_id, "interp.id")                                                                      \
    X(interp_next, "interp.next")                                                                  \
    X(interp_threads_head, "interp.threads_head")                                                  \
    X(interp_gil, "interp.gil")                                                                    \
    X(interp_stop_requested, "interp.stop.requested")                                              \
    X(interp_stop_requester, "interp.stop.requester")                                              \
    X(gil_enabled, "gil.enabled")                                                                  \
    X(gil_interval, "gil.interval")                                                                \
    X(gil_locked, "gil.locked")                                                                    \
    X(gil_holder, "gil.holder")                                                                    \
    X(gil_switches, "gil.switches")                                                                \
    X(gil_size, "gil.size")                                                                        \
    X(gc_collecting, "gc.collecting")                                                              \
    X(gc_stats, "gc.stats")                                                                        \
    X(gc_stats_at, "gc.stats_at")                                                                  \
    X(gc_size, "gc.size")                                                                          \
    X(gc_collections, "gc.collections")                                                            \
    X(gc_collected, "gc.collected")                                                                \
    X(gc_young, "gc.young")                                                                        \
    X(gc_young_index, "gc.young_index")                                                            \
    X(gc_middle, "gc.middle")                                                                      \
    X(gc_middle_index, "gc.middle_index")                                                          \
    X(gc_old, "gc.old")                                                                            \
    X(gc_old_index, "gc.old_index")                                                                \
    X(tstate_next, "tstate.next")                                                                  \
    X(tstate_interp, "tstate.interp")                                                              \
    X(tstate_native_thread_id, "tstate.native_thread_id")                                          \
    X(tstate_id, "tstate.id")                                                                      \
    X(tstate_state, "tstate.state")                                                                \
    X(tstate_cframe, "tstate.cframe")                                                              \
    X(tstate_current_frame, "tstate.current_frame")                                                \
    X(tstate_section, "tstate.section")                                                            \
    X(section_mutex, "section.mutex")                                                              \
    X(cframe_current_frame, "cframe.current_frame")                                                \
    X(frame_previous, "frame.previous")                                                            \
    X(frame_code, "frame.code")                                                                    \
    X(frame_instr, "frame.instr")                                                                  \
    X(frame_owner, "frame.owner")                                                                  \
    X(frame_tlbc_index, "frame.tlbc_index")                                                        \
    X(object_type, "object.type")                                                                  \
    X(code_filename, "code.filename")                                                              \
    X(code_qualname, "code.qualname")                                                              \
    X(code_linetable, "code.linetable")                                                            \
    X(code_firstlineno, "code.firstlineno")                                                        \
    X(code_instructions, "code.instructions")                                                      \
    X(code_tlbc, "code.tlbc")                                                                      \
    X(bytes_size, "bytes.size")                                                                    \
    X(bytes_data, "bytes.data")                                                                    \
    X(str_length, "str.length")                                                                    \
    X(str_ascii_size, "str.ascii_size")                                                            \
    X(str_compact_size, "str.compact_size")

struct offsets {
#define OFFSET(name, text) int64_t name;
    OFFSETS(OFFSET)
#undef OFFSET
};

extern struct offsets at;

/* Take the words NAME=NUMBER; those of other names are passed over. */
void offsets_take(char **words, int count);

/* Fails: the process may not be read; errno says why. */
bool memory_open(pid_t pid, uint64_t probe);

bool peek(uint64_t address, void *to, size_t size);
bool peek_u64(uint64_t address, uint64_t *to);
bool peek_i32(uint64_t address, int32_t *to);
bool peek_u8(uint64_t address, uint8_t *to);

/* Several values of one struct, as one read. `Units:` bytes. */
struct part {
    int64_t offset; /* -1: left as it is */
    void *to;
    size_t size;
};
bool peek_parts(uint64_t base, const struct part *parts, int count);

#endif
