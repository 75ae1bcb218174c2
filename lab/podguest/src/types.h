// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define PAGE_SHIFT 12
#define PAGE_SIZE (1u << PAGE_SHIFT)

// Data that starts out as garbage instead of zeroes: a page of zeroes inside this kernel
// would be one that Xen may reclaim, and one that the guest has not accounted for.
#define SCRATCH __attribute__((section(".scratch")))

// The linker gives it an address where C sees an array.
extern char own_start[], own_end[];
// The assembler gives it a number: how many pages, from address 0, the page tables map.
extern char mapped_pages[];
