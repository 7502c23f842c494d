/* pynodes_attach.h: what a function asks of its thread, and leaves it as. Macros for declarations,
 * C and C++:
 *
 *     PN_ATTACHED int score(PyObject *item);
 *     PN_DETACHED PN_MAY_BLOCK void wait_for_all(void);
 *
 * `pynodes lint` takes them for true at every call, and checks each function that it reads against
 * them. Clang checks them with -Wthread-safety, without any tool of ours, once Python's own
 * functions are declared so, too: `pynodes lint --emit-annotations` writes a header for that. Other
 * compilers see nothing.
 *
 *   PN_ATTACHED   called attached, and attached afterwards: it uses Python
 *   PN_DETACHED   called detached, and detached afterwards: it waits, takes long or attaches
 *   PN_EITHER     as the caller is: it attaches where it has to, or has nothing to do with Python
 *   PN_ATTACHES   called detached, attached afterwards
 *   PN_DETACHES   called attached, detached afterwards
 *   PN_MAY_BLOCK  it may wait for long: nobody who is attached should call it
 *
 * They stand before the whole declaration, or before the type of a pointer to functions in a
 * struct. This file may be copied, changed and used without any condition and without naming its
 * origin (MIT-0). It comes without warranty.
 */
#ifndef PYNODES_ATTACH_H
#define PYNODES_ATTACH_H

#if defined(__clang__)
#define PN_SAYS_(word) __attribute__((annotate("pynodes:" word)))
#define PN_CLANG_(...) __attribute__((__VA_ARGS__))

#ifndef PN_INTERPRETER_
#define PN_INTERPRETER_
#ifdef __cplusplus
extern "C" {
#endif
/* The interpreter as what clang calls a capability; there is no such object. */
struct PN_CLANG_(capability("interpreter")) pn_interpreter_ {
    char unused;
};
extern struct pn_interpreter_ pn_python_;
#ifdef __cplusplus
}
#endif
#endif
#else
#define PN_SAYS_(word)
#define PN_CLANG_(...)
#endif

#define PN_ATTACHED PN_SAYS_("attached") PN_CLANG_(requires_capability(pn_python_))
#define PN_DETACHED PN_SAYS_("detached") PN_CLANG_(locks_excluded(pn_python_))
#define PN_EITHER PN_SAYS_("either")
#define PN_ATTACHES PN_SAYS_("attaches") PN_CLANG_(acquire_capability(pn_python_))
#define PN_DETACHES PN_SAYS_("detaches") PN_CLANG_(release_capability(pn_python_))
#define PN_MAY_BLOCK PN_SAYS_("may block") PN_CLANG_(locks_excluded(pn_python_))

#endif
