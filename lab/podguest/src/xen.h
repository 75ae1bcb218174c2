// SPDX-License-Identifier: Apache-2.0
// The hypercalls of this guest, with the numbers and layouts of Xen's public headers.
#pragma once

#include "types.h"

// xen/include/public/memory.h
enum {
    XENMEM_decrease_reservation = 1,
    XENMEM_current_reservation = 3,
    XENMEM_populate_physmap = 6,
    XENMEM_add_to_physmap = 7,
};

enum {
    XENMAPSPACE_shared_info = 0,
    XENMAPSPACE_grant_table = 1,
    XENMAPSPACE_gmfn = 2,
};

// xen/include/public/hvm/params.h
enum {
    HVM_PARAM_STORE_PFN = 1,
    HVM_PARAM_STORE_EVTCHN = 2,
    HVM_PARAM_CONSOLE_PFN = 17,
    HVM_PARAM_CONSOLE_EVTCHN = 18,
};

// Called first: selects the hypercall instruction and maps the page of the event channels.
void xen_init(void);

// Returns COUNT extents of 2^ORDER pages from GFN on to Xen (XENMEM_decrease_reservation) or
// populates them (XENMEM_populate_physmap). Returns the number of extents done.
u64 change_reservation(u32 operation, u64 gfn, u64 count, u32 order);

// Maps a page of the domain at GFN; for XENMAPSPACE_gmfn, moves the page at INDEX.
// Returns Xen's error number, negative, or 0.
long add_to_physmap(u32 space, u64 index, u64 gfn);

// The number of pages that the domain owns for Xen, its PoD cache included.
u64 current_reservation(void);

u64 hvm_param(u32 index);

void notify(u32 port);

// A waiter clears the port, checks its condition and sleeps if it is false: an event between
// the check and the sleep ends the sleep.
void clear_event(u32 port);
void sleep_until_event(u32 port);

// Does not return.
void shut_down(u32 reason);

// Stops this guest until the toolstack lets it go on, in this domain (true) or in a new one. In a new one, xen_init and all
// that has a port must be initialised again.
bool suspend_self(void);

// Lets other domains run.
void yield(void);
