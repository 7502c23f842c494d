/* Calls of Python objects by the program: is one object, which is set up for each call, called by
 * several threads at once?
 *
 * Of each object that the program calls, what each thread finds in it at the start and at the end
 * of its calls is compared: the words of its C struct, and the attributes that the thread itself
 * has set. A word that is the same at the start of a thread's calls, though it was another one when
 * its last call ended, was put there for the call. When two threads do so, each with a word of its
 * own, while the other one's call is still under way, that call goes on with what is not its own.
 * Everything else differs within a thread (a counter), is not put back (a note of who came last),
 * or does not differ between threads (a stateless object, a cache, a lock).
 */
#include "witness/contract.h"
#include "witness/incidents.h"
#include "witness/ledger.h"
#include "witness/ongoing.h"
#include "witness/stead.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    OBJECTS = 256, /* a power of two */
    USERS = 8,     /* threads that are distinguished for each object */
    WORDS = 12,    /* of an object, behind its header */
    NAMES = 4,     /* attributes that a thread sets before a call */
    SETTLED = 3,   /* calls of a thread before they count */
};

struct attribute {
    uint64_t name; /* a hash */
    const void *value;
};

struct user {
    const void *thread; /* an address of its own */
    uint32_t tid;
    uint32_t calls, inside;
    /* words that were its own at the start of a call, and not at the end of the last one; by bit */
    uint32_t put_back;
    uint32_t sets;      /* of attributes, since its last call began */
    uint32_t set_calls; /* that had attributes set for them */
    const void *caller;
    uint64_t words[WORDS]; /* as most of its calls found them, */
    int32_t lead[WORDS];   /* and by how many more calls than found anything else */
    uint64_t left[WORDS];  /* as its last call left them */
    struct attribute set[NAMES];
};

struct entry {
    /* the thread that alone called the object so far, by the address of its `me`; NULL: several,
     * or nobody. Only when a second one comes calls are compared. */
    const void *_Atomic only;
    atomic_flag busy;
    const void *object, *type;
    uint32_t n_words, n_users, noted;
    struct user users[USERS];
};

static struct entry entries[OBJECTS];
/* its address distinguishes threads */
OWN char me;

/* --- what is known of objects --- */

enum { IS_TYPE = 31 }; /* the flag of a type whose objects are types */

static struct {
    bool is_known; /* set last */
    size_t head;   /* of an object, in bytes; 0: not known */
    const void *plain[6];
    unsigned long (*flags)(const void *);
} python;

static const char *name_of_type(const void *type)
{
    return *(const char *const *)((const char *)type + python_head() + sizeof(void *));
}

static void learn(void)
{
    static const char *const plain[] = {"PyFunction_Type",         "PyCFunction_Type",
                                        "PyCMethod_Type",          "PyMethodDescr_Type",
                                        "PyClassMethodDescr_Type", "PyWrapperDescr_Type"};
    *(void **)&python.flags = python_function("PyType_GetFlags");
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        python.plain[i] = python_data(plain[i]);
    python.head = python_head();
    python.is_known = true;
}

static const void *type_of(const void *object)
{
    return *(void *const *)((const char *)object + python.head - sizeof(void *));
}

/* The object that a call is about, if it can have a state of its own; NULL: a function or a type.
 */
static const void *with_state(const void *object)
{
    if (!python.is_known)
        learn();
    if (object == NULL || python.flags == NULL || python.head == 0)
        return NULL;
    const void *type = type_of(object);
    for (size_t i = 0; i < sizeof python.plain / sizeof python.plain[0]; i++)
        if (type == python.plain[i])
            return NULL;
    return python.flags(type) >> IS_TYPE & 1 ? NULL : object;
}

static uint32_t words_of(const void *object)
{
    intptr_t words = (python_size_of_objects(python_type_of(object)) - (intptr_t)python_head()) /
                     (intptr_t)sizeof(uint64_t);
    return words < 0 ? 0 : words > WORDS ? WORDS : (uint32_t)words;
}

/* --- who calls --- */

void calls_forked(void)
{
    for (int i = 0; i < OBJECTS; i++) {
        spin_unlock(&entries[i].busy); /* whoever had it is in the parent */
        entries[i].n_users = 0;
        entries[i].object = NULL;
        atomic_store(&entries[i].only, NULL);
    }
}

static struct entry *entry_of(const void *object)
{
    return &entries[((uintptr_t)object >> 4) * 0x9E3779B97F4A7C15u >> 32 & (OBJECTS - 1)];
}

/* Whether this thread alone has called an object so far. */
static bool is_mine_alone(const void *object)
{
    const struct entry *entry = entry_of(object);
    return entry->object == object && object != NULL &&
           atomic_load_explicit(&entry->only, memory_order_relaxed) == &me &&
           entry->type == type_of(object);
}

/* NULL: there is nothing to compare. The first one that calls an object has it alone. */
static struct entry *lock_entry(const void *object)
{
    struct entry *entry = entry_of(object);
    spin_lock(&entry->busy);
    const void *only = atomic_load_explicit(&entry->only, memory_order_relaxed);
    if (entry->object == object && entry->type == type_of(object)) {
        if (only != &me) {
            atomic_store_explicit(&entry->only, NULL, memory_order_relaxed);
            return entry;
        }
        spin_unlock(&entry->busy);
        return NULL;
    }
    for (uint32_t i = 0; i < entry->n_users; i++) {
        /* two objects, one place: the one that is in use has it */
        if (entry->users[i].inside > 0) {
            spin_unlock(&entry->busy);
            return NULL;
        }
    }
    entry->object = object;
    entry->type = type_of(object);
    entry->n_words = words_of(object);
    entry->n_users = entry->noted = 0;
    atomic_store_explicit(&entry->only, &me, memory_order_relaxed);
    spin_unlock(&entry->busy);
    return NULL;
}

static struct user *my_use(struct entry *entry)
{
    for (uint32_t i = 0; i < entry->n_users; i++)
        if (entry->users[i].thread == &me)
            return &entry->users[i];
    if (entry->n_users == USERS)
        return NULL;
    struct user *user = &entry->users[entry->n_users++];
    memset(user, 0, sizeof *user);
    user->thread = &me;
    user->tid = this_thread();
    return user;
}

static const uint64_t *words_in(const void *object)
{
    return (const uint64_t *)((const char *)object + python_head());
}

static void look_at_start(const struct entry *entry, struct user *user)
{
    const uint64_t *words = words_in(entry->object);
    for (uint32_t i = 0; i < entry->n_words; i++) {
        if (words[i] == user->words[i]) {
            user->lead[i]++;
            if (user->calls > 0 && user->left[i] != words[i])
                user->put_back |= 1u << i;
        } else if (user->lead[i] > 0) {
            user->lead[i]--;
        } else {
            user->words[i] = words[i];
            user->lead[i] = 1;
            user->put_back &= ~(1u << i);
        }
    }
}

static bool is_own(const struct user *user, uint32_t word)
{
    /* three calls of four */
    return user->put_back >> word & 1 && user->lead[word] * 2 >= (int64_t)user->calls;
}

/* The word that is one thing for one thread and another for the other; -1: none. */
static int own_word(const struct entry *entry, const struct user *a, const struct user *b)
{
    for (uint32_t i = 0; i < entry->n_words; i++)
        if (a->words[i] != b->words[i] && is_own(a, i) && is_own(b, i))
            return (int)i;
    return -1;
}

/* `value` and `text` as layout.h says of the kind. */
static void note_shared(const struct user *other, int64_t value, const char *text)
{
    struct trace trace = {.size = 1, .calls = {(uint64_t)(uintptr_t)other->caller}};
    note_incident(&(struct seen){.kind = SHARED_OBJECT,
                                 .value = value,
                                 .text = text,
                                 .other = &trace,
                                 .other_tid = other->tid});
}

bool ongoing_is_wanted(const void *object)
{
    if (is_mine_alone(object) || with_state(object) == NULL)
        return false;
    struct entry *entry = lock_entry(object);
    if (entry != NULL)
        spin_unlock(&entry->busy);
    return entry != NULL;
}

__attribute__((noinline)) struct ongoing ongoing_begin(const void *callable, const void *caller)
{
    struct ongoing ongoing = {NULL, NULL, 0};
    const void *object = ongoing_is_wanted(callable) ? callable : NULL;
    struct entry *entry = object != NULL ? lock_entry(object) : NULL;
    if (entry == NULL)
        return ongoing;
    struct user *mine = my_use(entry), found;
    int word = -1;
    if (mine != NULL && mine->inside > 0) { /* within a call all belongs to the call */
        mine->inside++;
        ongoing = (struct ongoing){entry, object, (uint32_t)(mine - entry->users)};
    } else if (mine != NULL) {
        look_at_start(entry, mine);
        mine->calls++;
        mine->inside++;
        mine->caller = caller;
        mine->set_calls += mine->sets > 0;
        mine->sets = 0;
        ongoing = (struct ongoing){entry, object, (uint32_t)(mine - entry->users)};
        for (uint32_t i = 0; !entry->noted && mine->calls > SETTLED && i < entry->n_users; i++) {
            const struct user *other = &entry->users[i];
            if (other != mine && other->inside > 0 && other->calls > SETTLED &&
                (word = own_word(entry, mine, other)) >= 0) {
                entry->noted = 1;
                found = *other;
                break;
            }
        }
    }
    spin_unlock(&entry->busy);
    if (word >= 0)
        note_shared(&found, word, name_of_type(python_type_of(object)));
    return ongoing;
}

void ongoing_end(const struct ongoing *ongoing)
{
    struct entry *entry = ongoing->entry;
    if (entry == NULL)
        return;
    spin_lock(&entry->busy);
    struct user *user = &entry->users[ongoing->user];
    if (entry->object == ongoing->object && ongoing->user < entry->n_users && user->inside > 0) {
        if (--user->inside == 0)
            memcpy(user->left, words_in(entry->object), sizeof user->left[0] * entry->n_words);
    }
    spin_unlock(&entry->busy);
}

/* The program sets an attribute: of an object that another thread's call is under way of, which had
 * set the same one? */
__attribute__((noinline)) static void set_attribute(const void *object, uint64_t name,
                                                    const char *word, const void *value)
{
    struct entry *entry = with_state(object) != NULL ? lock_entry(object) : NULL;
    if (entry == NULL)
        return;
    struct user *mine = my_use(entry), found;
    bool noted = false;
    if (mine != NULL) {
        for (uint32_t i = 0; !entry->noted && mine->set_calls >= SETTLED && i < entry->n_users;
             i++) {
            const struct user *other = &entry->users[i];
            if (other == mine || mine->inside > 0 || other->inside == 0 ||
                other->set_calls < SETTLED)
                continue;
            for (int k = 0; k < NAMES && !noted; k++)
                noted = other->set[k].name == name && other->set[k].value != value;
            if (noted) {
                entry->noted = 1;
                found = *other;
                break;
            }
        }
        if (mine->inside == 0) { /* as above */
            mine->set[mine->sets % NAMES] = (struct attribute){name, value};
            mine->sets++;
        }
    }
    spin_unlock(&entry->busy);
    if (noted)
        note_shared(&found, -1, word);
}

/* --- what is called in Python's stead --- */

#define CALL(object, call)                                                                         \
    if (!IS_THEIRS)                                                                                \
        return call;                                                                               \
    ledger_before_call(__func__, __builtin_return_address(0));                                     \
    if (!ongoing_is_wanted(object))                                                                \
        return call;                                                                               \
    struct ongoing ongoing = ongoing_begin(object, __builtin_return_address(0));                   \
    void *result = call;                                                                           \
    ongoing_end(&ongoing);                                                                         \
    return result

INSTEAD(void *, PyObject_CallNoArgs, void *callable)
{
    PYTHONS(PyObject_CallNoArgs);
    CALL(callable, next(callable));
}

INSTEAD(void *, PyObject_CallOneArg, void *callable, void *argument)
{
    PYTHONS(PyObject_CallOneArg);
    CALL(callable, next(callable, argument));
}

INSTEAD(void *, PyObject_Call, void *callable, void *arguments, void *named)
{
    PYTHONS(PyObject_Call);
    CALL(callable, next(callable, arguments, named));
}

INSTEAD(void *, PyObject_CallObject, void *callable, void *arguments)
{
    PYTHONS(PyObject_CallObject);
    CALL(callable, next(callable, arguments));
}

INSTEAD(void *, PyObject_Vectorcall, void *callable, void *const *arguments, size_t count,
        void *names)
{
    PYTHONS(PyObject_Vectorcall);
    if (!IS_THEIRS)
        return next(callable, arguments, count, names);
    /* a method that was looked up beforehand: its object comes first */
    bool is_method = count << 1 != 0 && with_state(callable) == NULL;
    CALL(is_method ? arguments[0] : callable, next(callable, arguments, count, names));
}

INSTEAD(void *, PyObject_VectorcallMethod, void *name, void *const *arguments, size_t count,
        void *names)
{
    PYTHONS(PyObject_VectorcallMethod);
    CALL(arguments[0], next(name, arguments, count, names));
}

static uint64_t hash_of(const char *name)
{
    uint64_t sum = 14695981039346656037u;
    for (; *name != '\0'; name++)
        sum = (sum ^ (unsigned char)*name) * 1099511628211u;
    return sum | 1;
}

INSTEAD(int, PyObject_SetAttr, void *object, void *name, void *value)
{
    static const char *(*utf8)(void *);
    PYTHONS(PyObject_SetAttr);
    if (utf8 == NULL)
        *(void **)&utf8 = python_function("PyUnicode_AsUTF8");
    if (IS_THEIRS && utf8 != NULL && !is_mine_alone(object)) {
        const char *word = utf8(name); /* names are ASCII, and so always there */
        if (word != NULL)
            set_attribute(object, hash_of(word), word, value);
    }
    return next(object, name, value);
}

INSTEAD(int, PyObject_SetAttrString, void *object, const char *name, void *value)
{
    PYTHONS(PyObject_SetAttrString);
    if (IS_THEIRS && !is_mine_alone(object))
        set_attribute(object, hash_of(name), name, value);
    return next(object, name, value);
}
