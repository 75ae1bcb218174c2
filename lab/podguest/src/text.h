// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "types.h"

u32 text_length(const char *text);

bool text_equal(const char *a, const char *b);

// Reads a whole text as a number, decimal or with 0x before it.
bool text_number(const char *text, u64 *value);

// Cuts a line into its words, which SEPARATORS part, and counts them: at most LIMIT, the
// rest of the line is dropped. The line is written to.
u32 text_split(char *line, const char *separators, char **words, u32 limit);
