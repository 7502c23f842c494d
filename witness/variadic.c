/* Calls of objects with any number of arguments: passed on as they came, for what they are need not
 * be known. C has no way to do that, and Python has none of these with a `va_list`.
 *
 * On x86-64 a few instructions keep the arguments while it is asked whether the call is to be
 * compared; most are not, and go on to Python's own function with nothing left of us. A call that
 * is compared is passed on by GCC's __builtin_apply, which takes a third of a microsecond. Where
 * another compiler built the witness, objects that are called through these six are not compared:
 * such a `shared-object` is missed, nothing else.
 */
#include "witness/ledger.h"
#include "witness/ongoing.h"
#include "witness/stead.h"

#if defined(__GNUC__) && !defined(__clang__)

#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wcast-function-type"

enum { STACKED = 256 }; /* bytes of arguments beyond those in registers */

/* The call of `object`, compared; `next` is Python's function. */
#define COMPARED(name, next)                                                                       \
    void *arguments = __builtin_apply_args();                                                      \
    struct ongoing ongoing = {NULL, NULL, 0};                                                      \
    if (IS_THEIRS)                                                                                 \
        ongoing = ongoing_begin(object, __builtin_return_address(0));                              \
    void *result = __builtin_apply((void (*)())(next), arguments, STACKED);                        \
    ongoing_end(&ongoing);                                                                         \
    __builtin_return(result)

#if defined(__x86_64__)

/* Python's functions, by the numbers below. */
enum { VARIADIC = 6 };
__attribute__((visibility("hidden"), used)) void (*variadic_next[VARIADIC])(void);

bool variadic_is_compared(const void *object, const void *caller, void **next, const char *name);

/* Whether a call of `object` from `caller` is to be compared; finds Python's function. */
__attribute__((visibility("hidden"), used)) bool variadic_is_compared(const void *object,
                                                                      const void *caller,
                                                                      void **next, const char *name)
{
    if (*next == NULL)
        *next = python_function(name);
    if (page == NULL || python_has(caller))
        return false;
    ledger_before_call(name, caller);
    return ongoing_is_wanted(object);
}

/* Registers that may hold arguments are kept: six, the number of those in the eight others, which
 * are kept if there are any. */
__asm__(".text\n"
        ".type variadic_pass, @function\n"
        "variadic_pass:\n" /* r10: the number of the function, r11: its name; above: the caller */
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
        "    testb %al, %al\n"
        "    je 1f\n"
        "    movaps %xmm0, 64(%rsp)\n"
        "    movaps %xmm1, 80(%rsp)\n"
        "    movaps %xmm2, 96(%rsp)\n"
        "    movaps %xmm3, 112(%rsp)\n"
        "    movaps %xmm4, 128(%rsp)\n"
        "    movaps %xmm5, 144(%rsp)\n"
        "    movaps %xmm6, 160(%rsp)\n"
        "    movaps %xmm7, 176(%rsp)\n"
        "1:  movq 8(%rbp), %rsi\n"
        "    leaq variadic_next(%rip), %rdx\n"
        "    leaq (%rdx,%r10,8), %rdx\n"
        "    movq %r11, %rcx\n"
        "    call variadic_is_compared\n"
        "    movzbl %al, %r11d\n"
        "    movq 48(%rsp), %rax\n"
        "    testb %al, %al\n"
        "    je 2f\n"
        "    movaps 64(%rsp), %xmm0\n"
        "    movaps 80(%rsp), %xmm1\n"
        "    movaps 96(%rsp), %xmm2\n"
        "    movaps 112(%rsp), %xmm3\n"
        "    movaps 128(%rsp), %xmm4\n"
        "    movaps 144(%rsp), %xmm5\n"
        "    movaps 160(%rsp), %xmm6\n"
        "    movaps 176(%rsp), %xmm7\n"
        "2:  movq (%rsp), %rdi\n"
        "    movq 8(%rsp), %rsi\n"
        "    movq 16(%rsp), %rdx\n"
        "    movq 24(%rsp), %rcx\n"
        "    movq 32(%rsp), %r8\n"
        "    movq 40(%rsp), %r9\n"
        "    movq 56(%rsp), %r10\n"
        "    leave\n"
        "    .cfi_def_cfa 7, 8\n"
        "    testl %r11d, %r11d\n"
        "    jne 3f\n"
        "    leaq variadic_next(%rip), %r11\n"
        "    jmp *(%r11,%r10,8)\n"
        "3:  leaq variadic_compared(%rip), %r11\n"
        "    movslq (%r11,%r10,4), %r10\n"
        "    addq %r10, %r11\n"
        "    jmp *%r11\n"
        "    .cfi_endproc\n"
        ".size variadic_pass, . - variadic_pass\n");

#define PASSED(number, name)                                                                       \
    __attribute__((visibility("hidden"), used)) void *compared_##name(void *object, ...);          \
    __attribute__((visibility("hidden"), used)) void *compared_##name(void *object, ...)           \
    {                                                                                              \
        COMPARED(name, variadic_next[number]);                                                     \
    }                                                                                              \
    __asm__(".globl " #name "\n.type " #name ", @function\n" #name ":\n"                           \
            "    .cfi_startproc\n"                                                                 \
            "    movl $" #number ", %r10d\n"                                                       \
            "    leaq variadic_name_" #number "(%rip), %r11\n"                                     \
            "    jmp variadic_pass\n"                                                              \
            "    .cfi_endproc\n"                                                                   \
            ".size " #name ", . - " #name "\n"                                                     \
            ".section .rodata\n"                                                                   \
            "variadic_name_" #number ": .string \"" #name "\"\n"                                   \
            ".text\n");

PASSED(0, PyObject_CallFunction)
PASSED(1, PyObject_CallFunctionObjArgs)
PASSED(2, PyObject_CallMethod)
PASSED(3, PyObject_CallMethodObjArgs)
PASSED(4, _PyObject_CallFunction_SizeT)
PASSED(5, _PyObject_CallMethod_SizeT)

__asm__(".section .rodata\n.balign 4\nvariadic_compared:\n"
        "    .long compared_PyObject_CallFunction - variadic_compared\n"
        "    .long compared_PyObject_CallFunctionObjArgs - variadic_compared\n"
        "    .long compared_PyObject_CallMethod - variadic_compared\n"
        "    .long compared_PyObject_CallMethodObjArgs - variadic_compared\n"
        "    .long compared__PyObject_CallFunction_SizeT - variadic_compared\n"
        "    .long compared__PyObject_CallMethod_SizeT - variadic_compared\n"
        ".text\n");

#else

#define PASSED(name)                                                                               \
    PUBLIC void *name(void *object, ...);                                                          \
    PUBLIC void *name(void *object, ...)                                                           \
    {                                                                                              \
        static void *(*next)();                                                                    \
        if (next == NULL)                                                                          \
            *(void **)&next = python_function(#name);                                              \
        COMPARED(name, next);                                                                      \
    }

PASSED(PyObject_CallFunction)
PASSED(PyObject_CallFunctionObjArgs)
PASSED(PyObject_CallMethod)
PASSED(PyObject_CallMethodObjArgs)
PASSED(_PyObject_CallFunction_SizeT)
PASSED(_PyObject_CallMethod_SizeT)

#endif
#endif
