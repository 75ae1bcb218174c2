// SPDX-License-Identifier: Apache-2.0
// Reads xenstore: xen/include/public/io/xs_wire.h, docs/misc/xenstore.txt.
#pragma once

#include "types.h"

void store_init(void);

// Reads a decimal number at a path relative to /local/domain/DOMID. Returns false without one.
bool store_number(const char *path, u64 *value);
