#include "fault/rig_script.h"

#include "base/memory_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// A scene with one plane that fills the picture, coloured by one
// Python node.
static const char scene_tail[] =
    "\n\n"
    "def build(params, frame):\n"
    "    from pynodes.nodes import Node, NodeTree, Socket\n"
    "    from pynodes.scene import Camera, Plane, Scene\n"
    "    class RigNode(Node):\n"
    "        def __init__(self, sockets):\n"
    "            sockets.output = [Socket('Color', (0.0, 0.0, 0.0, 1.0))]\n"
    "            self.shader = Shader()\n"
    "        def __call__(self):\n"
    "            self.output.Color = (*self.shader(*self.shi.pixel), 1.0)\n"
    "    tree = NodeTree('rig')\n"
    "    node = tree.add(RigNode)\n"
    "    tree.link(node.out.Color, tree.surface)\n"
    "    return Scene(Camera(location=(0, 0, 2), look_at=(0, 0, 0), up=(0, 1, 0)), [Plane(tree, "
    "scale=50)])\n";

pn_code rig_script_write(const char *text, bool with_scene, char *path, size_t size, pn_error *err)
{
    const char *tail = with_scene ? scene_tail : "";
    int fd = pn_memory_file_create("case.py");
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
        write(fd, tail, strlen(tail)) != (ssize_t)strlen(tail))
        return pn_fail(err, PN_ERR_SYSTEM, "cannot write the text of the case to memory");
    snprintf(path, size, "/dev/fd/%d", fd);
    return PN_OK;
}
