// SPDX-License-Identifier: Apache-2.0
// The console that xenconsoled serves: xen/include/public/io/console.h.
#pragma once

#include "types.h"

void console_init(void);

// Prints a text in which %s stands for a string and %u for a u64 in decimal.
void say(const char *format, ...);

// Waits for a line and puts it, without its end, into LINE. What does not fit is lost.
void read_line(char *line, u32 size);

// Waits until xenconsoled has taken everything.
void flush(void);
