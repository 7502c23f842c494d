#include "engine/figures.h"

#include "base/clock.h"
#include "base/thread.h"

void pn_figures_begin(pn_figures_mark *mark)
{
    pn_thread_switches(&mark->vcsw, &mark->ivcsw);
    mark->cpu_ns = pn_clock_thread_cpu_ns();
    mark->begin_ns = pn_clock_ns();
}

void pn_figures_end(const pn_figures_mark *mark, pn_totals *totals)
{
    int64_t vcsw, ivcsw;
    totals->wall_ns = pn_clock_ns() - mark->begin_ns;
    totals->cpu_ns = pn_clock_thread_cpu_ns() - mark->cpu_ns;
    pn_thread_switches(&vcsw, &ivcsw);
    totals->vcsw = vcsw - mark->vcsw;
    totals->ivcsw = ivcsw - mark->ivcsw;
}

void pn_figures_wait(pn_totals *totals, int64_t wait_ns, bool timed)
{
    if (timed)
        pn_histogram_add(&totals->wait, wait_ns);
    if (wait_ns > totals->wait_max_ns)
        totals->wait_max_ns = wait_ns;
}

void pn_figures_attached(pn_totals *totals, pn_gil_holder *holder, int index)
{
    // The GIL orders these; the word is atomic because Python may hand the GIL on inside a call.
    int before = atomic_load_explicit(holder, memory_order_relaxed);
    if (before == index + 1)
        return;
    if (before != 0)
        totals->handovers++;
    atomic_store_explicit(holder, index + 1, memory_order_relaxed);
}
