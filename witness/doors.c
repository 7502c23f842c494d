/* Doors: what stands in the place of each function of Python that needs an attached thread, in the
 * library of `pynodes check`. A thread that is known to be attached goes through in three
 * instructions; another one is asked, ledger.h.
 *
 * They are made at build time, from the list of the C API (pynodes/contract/functions.tsv), by
 * tools/make/doors.py; those that the witness has a function of its own for are left to that.
 */
#include "witness/ledger.h"
#include "witness/python.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME_OF(number, name) #name,
static const char *const names[] = {DOORS(NAME_OF)};
enum { COUNT = sizeof names / sizeof names[0] };

/* Python's functions. */
__attribute__((visibility("hidden"), used)) void *doors_lead_to[COUNT];

/* As the loader does with a name that it does not find, if later. */
static void lead_nowhere(void)
{
    static const char text[] = "symbol lookup error: this Python lacks a function that is called\n";
    if (write(2, text, sizeof text - 1) < 0) {
    }
    _exit(127);
}

static bool open_all(void)
{
    if (python_function("Py_IsInitialized") == NULL)
        return false;
    for (size_t i = 0; i < COUNT; i++) {
        void *function = python_function(names[i]);
        *(void (**)(void))&doors_lead_to[i] = lead_nowhere;
        if (function != NULL)
            doors_lead_to[i] = function;
    }
    return true;
}

__attribute__((constructor(101))) static void begin(void)
{
    ledger_open_doors = open_all; /* before the witness begins */
}

void doors_ask(uint32_t number, const void *caller);

/* Of a thread that is not known to be attached. */
__attribute__((visibility("hidden"), used)) void doors_ask(uint32_t number, const void *caller)
{
    if (doors_lead_to[number] == NULL)
        open_all();
    ledger_ask(names[number], caller);
}

/* All registers that may hold arguments are kept. */
__asm__(".text\n"
        ".type doors_pass, @function\n"
        "doors_pass:\n" /* r10: the number of the function */
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset 6, -16\n"
        "    movq %rsp, %rbp\n"
        "    .cfi_def_cfa_register 6\n"
        "    subq $192, %rsp\n"
        "    movq %rdi, (%rsp)\n"
        "    movq %rsi, 8(%rsp)\n"
        "    movq %rdx, 16(%rsp)\n"
        "    movq %rcx, 24(%rsp)\n"
        "    movq %r8, 32(%rsp)\n"
        "    movq %r9, 40(%rsp)\n"
        "    movq %rax, 48(%rsp)\n"
        "    movq %r10, 56(%rsp)\n"
        "    movaps %xmm0, 64(%rsp)\n"
        "    movaps %xmm1, 80(%rsp)\n"
        "    movaps %xmm2, 96(%rsp)\n"
        "    movaps %xmm3, 112(%rsp)\n"
        "    movaps %xmm4, 128(%rsp)\n"
        "    movaps %xmm5, 144(%rsp)\n"
        "    movaps %xmm6, 160(%rsp)\n"
        "    movaps %xmm7, 176(%rsp)\n"
        "    movl %r10d, %edi\n"
        "    movq 8(%rbp), %rsi\n"
        "    call doors_ask\n"
        "    movq (%rsp), %rdi\n"
        "    movq 8(%rsp), %rsi\n"
        "    movq 16(%rsp), %rdx\n"
        "    movq 24(%rsp), %rcx\n"
        "    movq 32(%rsp), %r8\n"
        "    movq 40(%rsp), %r9\n"
        "    movq 48(%rsp), %rax\n"
        "    movq 56(%rsp), %r10\n"
        "    movaps 64(%rsp), %xmm0\n"
        "    movaps 80(%rsp), %xmm1\n"
        "    movaps 96(%rsp), %xmm2\n"
        "    movaps 112(%rsp), %xmm3\n"
        "    movaps 128(%rsp), %xmm4\n"
        "    movaps 144(%rsp), %xmm5\n"
        "    movaps 160(%rsp), %xmm6\n"
        "    movaps 176(%rsp), %xmm7\n"
        "    leave\n"
        "    .cfi_def_cfa 7, 8\n"
        "    leaq doors_lead_to(%rip), %r11\n"
        "    jmp *(%r11,%r10,8)\n"
        "    .cfi_endproc\n"
        ".size doors_pass, . - doors_pass\n");

/* Weak: a function of the witness's own goes before it. */
#define DOOR(number, name)                                                                         \
    __asm__(".weak " #name "\n.type " #name ", @function\n" #name ":\n"                            \
            "    .cfi_startproc\n"                                                                 \
            "    movq ledger_attached@gottpoff(%rip), %r11\n"                                      \
            "    cmpb $0, %fs:(%r11)\n"                                                            \
            "    je 1f\n"                                                                          \
            "    jmp *doors_lead_to + 8 * " #number "(%rip)\n"                                     \
            "1:  movl $" #number ", %r10d\n"                                                       \
            "    jmp doors_pass\n"                                                                 \
            "    .cfi_endproc\n"                                                                   \
            ".size " #name ", . - " #name "\n");
DOORS(DOOR)
