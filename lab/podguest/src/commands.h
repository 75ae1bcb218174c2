// SPDX-License-Identifier: Apache-2.0
// What the guest can be told to do: README.md has the list.
#pragma once

#include "types.h"

// Obeys one command, given as a line whose words SEPARATORS part, and says POD OK or POD FAIL.
// False if it failed. The line is written to.
bool obey(char *line, const char *separators);
