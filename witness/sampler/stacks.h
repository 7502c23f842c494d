/* Python stacks of a thread that goes on, by number: each is written once.
 *
 * Attach: either. Locks: none. Owns: tables that only grow. Fails: 0, where the thread has no
 * Python frame, or was caught between two.
 */
#ifndef PN_SAMPLER_STACKS_H
#define PN_SAMPLER_STACKS_H

#include <stdint.h>

/* `code_type`: the type of code objects; 0: not known, and any object is taken for one. */
void stacks_begin(uint64_t code_type);

/* The number of the stack of a thread state. */
uint32_t stack_of(uint64_t state, uint64_t time);

#endif
