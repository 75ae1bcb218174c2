// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "types.h"

u32 text_length(const char *text);

bool text_equal(const char *a, const char *b);

// Parses a whole text as a number, decimal or hexadecimal after 0x.
bool text_number(const char *text, u64 *value);

// Splits a line into at most LIMIT words between SEPARATORS and returns their number. The rest
// of the line is dropped. Modifies the line.
u32 text_split(char *line, const char *separators, char **words, u32 limit);
