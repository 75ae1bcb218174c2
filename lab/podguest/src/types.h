// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define PAGE_SHIFT 12
#define PAGE_SIZE (1u << PAGE_SHIFT)

// Data that is not zero at the start: Xen could reclaim a page of zeroes inside the kernel,
// which the guest's accounting does not know.
#define SCRATCH __attribute__((section(".scratch")))

// A symbol of the linker: its address is the value.
extern char own_start[], own_end[];
// A symbol of the assembler: the number of pages, from address 0, that the page tables map.
extern char mapped_pages[];
