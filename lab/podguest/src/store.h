// SPDX-License-Identifier: Apache-2.0
// Reads and writes xenstore: xen/include/public/io/xs_wire.h, docs/misc/xenstore.txt.
#pragma once

#include "types.h"

void store_init(void);

// Reads a decimal number at a path relative to /local/domain/DOMID. Returns false without one.
bool store_number(const char *path, u64 *value);

// Reads a text at such a path; false without one. The text is cut to SIZE - 1 bytes.
bool store_text(const char *path, char *text, u32 size);

bool store_write(const char *path, const char *text);
