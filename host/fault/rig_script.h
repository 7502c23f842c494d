/* What the text of a case becomes: a script in memory, that no file of the disk needs. */
#ifndef PN_FAULT_RIG_SCRIPT_H
#define PN_FAULT_RIG_SCRIPT_H

#include "base/code.h"

#include <stdbool.h>
#include <stddef.h>

/* Write the text to a file in memory and its name to `path`. `with_scene`: the text defines Shader,
 * and a scene of one plane that fills the picture, coloured by it, is written behind. Fails:
 * PN_ERR_SYSTEM. */
pn_code rig_script_write(const char *text, bool with_scene, char *path, size_t size, pn_error *err);

#endif
