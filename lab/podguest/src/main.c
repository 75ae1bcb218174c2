// SPDX-License-Identifier: Apache-2.0
#include "boot.h"
#include "commands.h"
#include "console.h"
#include "store.h"
#include "text.h"
#include "xen.h"

#define MAX_OPTIONS 16

// Each word of the command line is a command: balloon=auto:1 is "balloon auto 1".
static bool obey_all(char *command_line)
{
    char *options[MAX_OPTIONS];
    u32 count = text_split(command_line, " ", options, MAX_OPTIONS);
    for (u32 i = 0; i < count; i++)
        if (!obey(options[i], "=:"))
            return false;
    return true;
}

_Noreturn void run(char *command_line)
{
    xen_init();
    console_init();
    store_init();
    say("POD READY\n");
    if (obey_all(command_line))
        say("POD DONE\n");
    for (;;) {
        SCRATCH static char line[128];
        read_line(line, sizeof line);
        obey(line, " ");
    }
}
