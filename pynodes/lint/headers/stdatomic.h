/* What `pynodes lint` reads in the place of a compiler's <stdatomic.h>: the same names as plain
 * reads and writes, so that it sees which variable is meant. Nothing is ever compiled with it. */
#ifndef PYNODES_LINT_STDATOMIC_H
#define PYNODES_LINT_STDATOMIC_H

typedef enum {
    memory_order_relaxed,
    memory_order_consume,
    memory_order_acquire,
    memory_order_release,
    memory_order_acq_rel,
    memory_order_seq_cst
} memory_order;

typedef _Bool atomic_bool;
typedef char atomic_char;
typedef signed char atomic_schar;
typedef unsigned char atomic_uchar;
typedef short atomic_short;
typedef unsigned short atomic_ushort;
typedef int atomic_int;
typedef unsigned int atomic_uint;
typedef long atomic_long;
typedef unsigned long atomic_ulong;
typedef long long atomic_llong;
typedef unsigned long long atomic_ullong;
typedef __UINT_LEAST16_TYPE__ atomic_char16_t;
typedef __UINT_LEAST32_TYPE__ atomic_char32_t;
typedef __WCHAR_TYPE__ atomic_wchar_t;
typedef __INT_LEAST8_TYPE__ atomic_int_least8_t;
typedef __UINT_LEAST8_TYPE__ atomic_uint_least8_t;
typedef __INT_LEAST16_TYPE__ atomic_int_least16_t;
typedef __UINT_LEAST16_TYPE__ atomic_uint_least16_t;
typedef __INT_LEAST32_TYPE__ atomic_int_least32_t;
typedef __UINT_LEAST32_TYPE__ atomic_uint_least32_t;
typedef __INT_LEAST64_TYPE__ atomic_int_least64_t;
typedef __UINT_LEAST64_TYPE__ atomic_uint_least64_t;
typedef __INT_FAST8_TYPE__ atomic_int_fast8_t;
typedef __UINT_FAST8_TYPE__ atomic_uint_fast8_t;
typedef __INT_FAST16_TYPE__ atomic_int_fast16_t;
typedef __UINT_FAST16_TYPE__ atomic_uint_fast16_t;
typedef __INT_FAST32_TYPE__ atomic_int_fast32_t;
typedef __UINT_FAST32_TYPE__ atomic_uint_fast32_t;
typedef __INT_FAST64_TYPE__ atomic_int_fast64_t;
typedef __UINT_FAST64_TYPE__ atomic_uint_fast64_t;
typedef __INTPTR_TYPE__ atomic_intptr_t;
typedef __UINTPTR_TYPE__ atomic_uintptr_t;
typedef __SIZE_TYPE__ atomic_size_t;
typedef __PTRDIFF_TYPE__ atomic_ptrdiff_t;
typedef __INTMAX_TYPE__ atomic_intmax_t;
typedef __UINTMAX_TYPE__ atomic_uintmax_t;
typedef _Bool atomic_flag;

#define ATOMIC_FLAG_INIT 0
#define ATOMIC_VAR_INIT(value) (value)
#define ATOMIC_BOOL_LOCK_FREE 2
#define ATOMIC_CHAR_LOCK_FREE 2
#define ATOMIC_SHORT_LOCK_FREE 2
#define ATOMIC_INT_LOCK_FREE 2
#define ATOMIC_LONG_LOCK_FREE 2
#define ATOMIC_LLONG_LOCK_FREE 2
#define ATOMIC_POINTER_LOCK_FREE 2

_Bool atomic_flag_test_and_set(volatile atomic_flag *flag);
#define atomic_flag_test_and_set_explicit(flag, order) atomic_flag_test_and_set(flag)
#define atomic_flag_clear(flag) ((void)(*(flag) = 0))
#define atomic_flag_clear_explicit(flag, order) atomic_flag_clear(flag)
#define atomic_thread_fence(order) ((void)(order))
#define atomic_signal_fence(order) ((void)(order))
#define atomic_is_lock_free(p) ((p) != 0)
#define kill_dependency(value) (value)

#define atomic_init(p, value) ((void)(*(p) = (value)))
#define atomic_load(p) (*(p))
#define atomic_load_explicit(p, order) (*(p))
#define atomic_store(p, value) ((void)(*(p) = (value)))
#define atomic_store_explicit(p, value, order) ((void)(*(p) = (value)))
#define atomic_fetch_add(p, n) ((*(p) += (n)) - (n))
#define atomic_fetch_add_explicit(p, n, order) ((*(p) += (n)) - (n))
#define atomic_fetch_sub(p, n) ((*(p) -= (n)) + (n))
#define atomic_fetch_sub_explicit(p, n, order) ((*(p) -= (n)) + (n))
#define atomic_fetch_or(p, n) ((*(p) |= (n)))
#define atomic_fetch_or_explicit(p, n, order) ((*(p) |= (n)))
#define atomic_fetch_xor(p, n) ((*(p) ^= (n)))
#define atomic_fetch_xor_explicit(p, n, order) ((*(p) ^= (n)))
#define atomic_fetch_and(p, n) ((*(p) &= (n)))
#define atomic_fetch_and_explicit(p, n, order) ((*(p) &= (n)))
#define atomic_exchange(p, value)                                                                  \
    __extension__({                                                                                \
        __auto_type pn_before = *(p);                                                              \
        *(p) = (value);                                                                            \
        pn_before;                                                                                 \
    })
#define atomic_exchange_explicit(p, value, order) atomic_exchange(p, value)
#define atomic_compare_exchange_strong(p, expected, value)                                         \
    (*(p) == *(expected) ? (*(p) = (value), 1) : (*(expected) = *(p), 0))
#define atomic_compare_exchange_weak(p, expected, value)                                           \
    atomic_compare_exchange_strong(p, expected, value)
#define atomic_compare_exchange_strong_explicit(p, expected, value, yes, no)                       \
    atomic_compare_exchange_strong(p, expected, value)
#define atomic_compare_exchange_weak_explicit(p, expected, value, yes, no)                         \
    atomic_compare_exchange_strong(p, expected, value)

#endif
