/* Loads a plug-in, and with it what the plug-in needs, into a scope of its own. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    void *plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    int (*run)(void) = plugin != NULL ? (int (*)(void))dlsym(plugin, "run_script") : NULL;
    if (run == NULL) {
        puts(dlerror());
        return 3;
    }
    return run();
}
