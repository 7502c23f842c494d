#include "engine/figures.h"

#include "base/clock.h"
#include "base/thread.h"

void pn_figures_begin(pn_figures *figures)
{
    pn_thread_switches(&figures->vcsw, &figures->ivcsw);
    figures->cpu_ns = pn_clock_thread_cpu_ns();
    figures->begin_ns = pn_clock_ns();
}

void pn_figures_end(pn_figures *figures)
{
    int64_t vcsw, ivcsw;
    figures->wall_ns = pn_clock_ns() - figures->begin_ns;
    figures->cpu_ns = pn_clock_thread_cpu_ns() - figures->cpu_ns;
    pn_thread_switches(&vcsw, &ivcsw);
    figures->vcsw = vcsw - figures->vcsw;
    figures->ivcsw = ivcsw - figures->ivcsw;
}

void pn_figures_wait(pn_figures *figures, int64_t wait_ns, bool timed)
{
    if (timed)
        pn_histogram_add(&figures->waits, wait_ns);
    if (wait_ns > figures->wait_max_ns)
        figures->wait_max_ns = wait_ns;
}

void pn_figures_attached(pn_figures *figures, pn_gil_holder *holder, int index)
{
    // The GIL orders these; the word is atomic because Python may hand the GIL on inside a call.
    int before = atomic_load_explicit(holder, memory_order_relaxed);
    if (before == index + 1)
        return;
    if (before != 0)
        figures->handovers++;
    atomic_store_explicit(holder, index + 1, memory_order_relaxed);
}
