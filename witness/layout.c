#include "witness/layout.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct page *page;

struct text {
    char at[HEAD];
    size_t size; /* HEAD: there was no room for all */
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(text->at + text->size, sizeof text->at - text->size, format, arguments);
    va_end(arguments);
    size_t room = sizeof text->at - text->size;
    text->size = more < 0 || (size_t)more >= room ? sizeof text->at : text->size + (size_t)more;
}

#define ADD_WORD(list, name, word) add(text, "word " #list " %d %s\n", (int)name, word);
#define ADD_STRUCT(name) add(text, "struct " #name " %zu\n", sizeof(struct name));
#define ADD_MANY(of, kind, name, count)                                                            \
    add(text, "field " #of " " #name " " #kind " %zu %d\n", offsetof(struct of, name), (int)count);
#define ADD_ONE(of, kind, name) ADD_MANY(of, kind, name, 1)

static void describe(struct text *text)
{
    add(text, "witness 3\n");
    STRUCTS(ADD_STRUCT)
    ALL_FIELDS(ADD_ONE, ADD_MANY)
    WORD_LISTS(ADD_WORD)
    add(text, "end\n");
}

/* From the diagnosis, which gives it to processes that run as another user. -1: it does not. */
static int ask_for(const char *door)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX}; /* the name starts with a zero */
    struct timeval limit = {2, 0};
    char byte, control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    size_t size = strlen(door);
    if (size == 0 || size >= sizeof name.sun_path)
        return -1;
    int file = -1, talk = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(name.sun_path + 1, door, size);
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    setsockopt(talk, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size);
    if (connect(talk, (struct sockaddr *)&name, length) == 0 &&
        recvmsg(talk, &message, MSG_CMSG_CLOEXEC) == 1) {
        const struct cmsghdr *part = CMSG_FIRSTHDR(&message);
        if (part != NULL && part->cmsg_type == SCM_RIGHTS)
            memcpy(&file, CMSG_DATA(part), sizeof file);
    }
    close(talk);
    return file;
}

void page_open(const char *path, const char *door)
{
    static struct text text; /* zero behind its end */
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0 && door != NULL)
        file = ask_for(door);
    if (file < 0)
        return;
    /* The name is of a descriptor of another process: it may be any file once that has ended. And
     * a file that others can make shorter would end this program with SIGBUS. */
    int seals = fcntl(file, F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
        close(file);
        return;
    }
    describe(&text);
    void *mapped = MAP_FAILED;
    if (text.size < sizeof text.at && ftruncate(file, sizeof *page) == 0 &&
        pwrite(file, text.at, text.size, 0) == (ssize_t)text.size)
        mapped = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED)
        page = mapped;
}
