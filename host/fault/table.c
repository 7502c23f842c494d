#include "fault/table.h"

#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

#define CASE(name) extern const pn_fault pn_fault_##name
CASE(attach_finalized);
CASE(attach_finalizing);
CASE(barrier_attached);
CASE(borrowed);
CASE(callback_owner_gone);
CASE(ctrl_c_lost);
CASE(drop_detached);
CASE(drop_detached_del);
CASE(drop_finalized);
CASE(end_takes_lock);
CASE(error_left);
CASE(fetch_unattached);
CASE(finalize_detached);
CASE(finalize_elsewhere);
CASE(finalize_rendering);
CASE(forced_module);
CASE(fork_attached);
CASE(freed_on_error);
CASE(interpreter_ended);
CASE(interval_inverted);
CASE(join_attached);
CASE(kept_shi);
CASE(lands_in_main);
CASE(longjmp);
CASE(mutex_inversion);
CASE(never_dropped);
CASE(no_attach);
CASE(no_release);
CASE(no_release_early);
CASE(no_release_on_error);
CASE(once_attached);
CASE(pipe_attached);
CASE(popup_attached);
CASE(print_after_release);
CASE(print_released);
CASE(python_before_start);
CASE(release_elsewhere);
CASE(release_lock);
CASE(release_twice);
CASE(shared_node);
CASE(shared_node_print);
CASE(stale_outputs);
CASE(start_attached);
CASE(state_left);
CASE(state_of_two);
CASE(thread_local_lost);
CASE(threads_at_exit);
CASE(type_record);
#undef CASE

const pn_fault *const pn_fault_table[] = {
    // start-stop
    &pn_fault_attach_finalized,
    &pn_fault_attach_finalizing,
    &pn_fault_drop_finalized,
    &pn_fault_finalize_detached,
    &pn_fault_finalize_elsewhere,
    &pn_fault_finalize_rendering,
    &pn_fault_python_before_start,
    &pn_fault_release_lock,
    &pn_fault_start_attached,
    // wrap
    &pn_fault_fetch_unattached,
    &pn_fault_longjmp,
    &pn_fault_no_attach,
    &pn_fault_no_release,
    &pn_fault_no_release_early,
    &pn_fault_no_release_on_error,
    &pn_fault_print_after_release,
    &pn_fault_print_released,
    &pn_fault_release_elsewhere,
    &pn_fault_release_twice,
    &pn_fault_state_left,
    // reference-counts
    &pn_fault_borrowed,
    &pn_fault_drop_detached,
    &pn_fault_drop_detached_del,
    &pn_fault_error_left,
    &pn_fault_never_dropped,
    &pn_fault_type_record,
    // deadlock
    &pn_fault_barrier_attached,
    &pn_fault_end_takes_lock,
    &pn_fault_fork_attached,
    &pn_fault_join_attached,
    &pn_fault_mutex_inversion,
    &pn_fault_once_attached,
    &pn_fault_pipe_attached,
    &pn_fault_popup_attached,
    // wrong-pixels
    &pn_fault_interval_inverted,
    &pn_fault_shared_node,
    &pn_fault_shared_node_print,
    &pn_fault_stale_outputs,
    // lifetime
    &pn_fault_callback_owner_gone,
    &pn_fault_freed_on_error,
    &pn_fault_kept_shi,
    &pn_fault_thread_local_lost,
    // interpreters
    &pn_fault_forced_module,
    &pn_fault_interpreter_ended,
    &pn_fault_lands_in_main,
    &pn_fault_state_of_two,
    &pn_fault_threads_at_exit,
    // signals
    &pn_fault_ctrl_c_lost,
    NULL,
};

// NULL unless the text is the number of a case, counted from one.
static const pn_fault *find_number(const char *text)
{
    size_t n = sizeof pn_fault_table / sizeof pn_fault_table[0] - 1;
    if (text[strspn(text, "0123456789")] != '\0')
        return NULL;
    unsigned long number = strtoul(text, NULL, 10);
    return number >= 1 && number <= n ? pn_fault_table[number - 1] : NULL;
}

const pn_fault *pn_fault_find(const char *name)
{
    for (const pn_fault *const *f = pn_fault_table; *f != NULL; f++) {
        if (strcmp((*f)->name, name) == 0)
            return *f;
    }
    return find_number(name);
}

void pn_fault_print(FILE *to)
{
    fputc('[', to);
    for (const pn_fault *const *at = pn_fault_table; *at != NULL; at++) {
        const pn_fault *f = *at;
        pn_line line;
        pn_line_begin(&line);
        pn_line_string(&line, "name", f->name);
        pn_line_string(&line, "group", f->group);
        pn_line_string(&line, "story", f->story);
        pn_line_string(&line, "origin", f->origin);
        pn_line_string(&line, "cure", f->cure);
        pn_line_string(&line, "expected", f->expected);
        pn_line_string(&line, "note", f->note != NULL ? f->note : "");
        pn_line_string(&line, "says", f->says != NULL ? f->says : "");
        pn_line_bool(&line, "runs", f->run != NULL);
        size_t size = pn_line_end(&line);
        fprintf(to, "%s%.*s", at == pn_fault_table ? "" : ",\n ", (int)size - 1, line.text);
    }
    fprintf(to, "]\n");
}
