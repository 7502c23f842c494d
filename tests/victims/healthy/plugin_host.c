/* Loads a plug-in, and with it what the plug-in needs, into a scope of its own; with a second
 * argument that scope comes before that of the program. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    int scope = argc == 3 ? RTLD_DEEPBIND : 0;
    void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | scope) : NULL;
    int (*run)(void) = plugin != NULL ? (int (*)(void))dlsym(plugin, "run_script") : NULL;
    if (run == NULL) {
        puts(dlerror());
        return 3;
    }
    return run();
}
