// SPDX-License-Identifier: Apache-2.0
// The content of pages. All functions access guest memory, which makes Xen populate it.
#pragma once

#include "types.h"

// Data that differs from every other page's and has no zero word.
void page_fill(u64 gfn);
bool page_is_filled(u64 gfn);

void page_clear(u64 gfn);
bool page_is_clear(u64 gfn);

void page_read(u64 gfn);
