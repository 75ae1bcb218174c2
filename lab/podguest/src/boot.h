// SPDX-License-Identifier: Apache-2.0
// Where the entry point meets the rest of the kernel.
#pragma once

// Runs the commands of the command line, then those of the console. RAM is known; what the
// builder has left in memory is not needed any more and will be overwritten.
_Noreturn void run(char *command_line);
