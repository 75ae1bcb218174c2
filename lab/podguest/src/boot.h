// SPDX-License-Identifier: Apache-2.0
// The interface between the entry points and the rest of the kernel.
#pragma once

// Runs the commands of the command line, then those of the console. The caller has registered
// RAM; commands may overwrite the data of the builder.
_Noreturn void run(char *command_line);
