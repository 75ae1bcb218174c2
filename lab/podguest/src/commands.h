// SPDX-License-Identifier: Apache-2.0
// The commands of the guest; README.md lists them.
#pragma once

#include "types.h"

// Runs one command, a line of words between SEPARATORS, and prints POD OK or POD FAIL.
// Returns false after a failure. Modifies the line.
bool obey(char *line, const char *separators);
