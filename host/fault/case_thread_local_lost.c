#include "fault/rig.h"

static const char shader[] = "import threading\n"
                             "settings = threading.local()\n"
                             "class Shader:\n"
                             "    def __init__(self):\n"
                             "        settings.scale = 1 / 64\n" // for the thread that makes it
                             "    def __call__(self, x, y):\n"
                             "        scale = getattr(settings, 'scale', 0)\n"
                             "        return x * scale, y * scale, 0.5\n";

static void run(rig *r)
{
    // wrong: the outermost Ensure and Release of a thread are around a single call
    r->fresh = !r->fixed;
    // cure: the thread state is kept for the life of the thread, and only let go of between calls
    rig_open(r, shader);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_thread_local_lost = {
    .name = "thread-local-lost",
    .story = "Each call of a node is a PyGILState_Ensure and a PyGILState_Release on a thread that "
             "has nothing else of Python. The Release deletes the thread state, and with it all "
             "that Python keeps for the thread: threading.local, context variables, the settings "
             "of decimal and NumPy. The next call starts from the defaults.",
    .origin = "python/cpython#146219, reusing a thread state on a foreign thread; libraries that "
              "call back from their own threads",
    .cure = "an outer PyGILState_Ensure for the life of the thread; PyEval_SaveThread and "
            "PyEval_RestoreThread between calls",
    .expected = "all wrong-image",
    .run = run,
};
