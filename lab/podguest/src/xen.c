// SPDX-License-Identifier: Apache-2.0
#include "xen.h"

#define DOMID_SELF 0x7ff0

enum hypercall {
    MEMORY_OP = 12,
    SCHED_OP = 29,
    EVENT_CHANNEL_OP = 32,
    HVM_OP = 34,
};

enum {
    SCHEDOP_yield = 0,
    SCHEDOP_shutdown = 2,
    SCHEDOP_poll = 3,
    EVTCHNOP_send = 4,
    HVMOP_get_param = 1,
};

// A gfn in the MMIO hole of PVH and HVM guests. A page mapped over RAM would replace it.
#define SHARED_INFO_GFN 0xfe700
// struct shared_info begins with 32 struct vcpu_info of 64 bytes; the bits follow.
#define EVENTS_PENDING 2048

#define BATCH 512

#define SHUTDOWN_SUSPEND 2

static bool is_intel;
static u64 shared_info_gfn;

// All calls here have two arguments. Xen may change both during a continuation.
static long hypercall(enum hypercall number, u64 command, void *argument)
{
    long result = number;
    asm volatile("test %3, %3\n\t"
                 "jz 1f\n\t"
                 "vmcall\n\t"
                 "jmp 2f\n"
                 "1:\tvmmcall\n"
                 "2:"
                 : "+a"(result), "+D"(command), "+S"(argument)
                 : "r"((u32)is_intel)
                 : "memory", "cc");
    return result;
}

// Intel, Centaur and Zhaoxin use VMCALL, all others VMMCALL.
static bool vendor_is_intel(void)
{
    u32 leaf = 0, ebx, ecx, edx;
    asm volatile("cpuid" : "+a"(leaf), "=b"(ebx), "=c"(ecx), "=d"(edx));
    return ecx == 0x6c65746e /* GenuineIntel */ || ecx == 0x736c7561 /* CentaurHauls */ ||
           ecx == 0x20206961 /* Shanghai */;
}

void xen_init(void)
{
    is_intel = vendor_is_intel();
    add_to_physmap(XENMAPSPACE_shared_info, 0, SHARED_INFO_GFN);
}

u64 change_reservation(u32 operation, u64 gfn, u64 count, u32 order)
{
    SCRATCH static u64 frames[BATCH];
    struct {
        u64 *extents;
        u64 count;
        u32 order;
        u32 flags;
        u16 domid;
    } reservation = {.extents = frames, .order = order, .domid = DOMID_SELF};
    u64 done = 0;

    while (done < count) {
        u64 left = count - done;
        reservation.count = left < BATCH ? left : BATCH;
        for (u64 i = 0; i < reservation.count; i++)
            frames[i] = gfn + ((done + i) << order);
        u64 batch = hypercall(MEMORY_OP, operation, &reservation);
        done += batch;
        if (batch != reservation.count)
            break;
    }
    return done;
}

long add_to_physmap(u32 space, u64 index, u64 gfn)
{
    struct {
        u16 domid;
        u16 size;
        u32 space;
        u64 index;
        u64 gfn;
    } mapping = {.domid = DOMID_SELF, .space = space, .index = index, .gfn = gfn};
    long error = hypercall(MEMORY_OP, XENMEM_add_to_physmap, &mapping);
    // Xen maps this page at one gfn only.
    if (!error && space == XENMAPSPACE_shared_info)
        shared_info_gfn = gfn;
    return error;
}

u64 current_reservation(void)
{
    u16 domid = DOMID_SELF;
    return hypercall(MEMORY_OP, XENMEM_current_reservation, &domid);
}

u64 hvm_param(u32 index)
{
    struct {
        u16 domid;
        u16 padding;
        u32 index;
        u64 value;
    } parameter = {.domid = DOMID_SELF, .index = index};
    hypercall(HVM_OP, HVMOP_get_param, &parameter);
    return parameter.value;
}

void notify(u32 port)
{
    hypercall(EVENT_CHANNEL_OP, EVTCHNOP_send, &port);
}

void clear_event(u32 port)
{
    u32 *pending = (u32 *)(shared_info_gfn * PAGE_SIZE + EVENTS_PENDING);
    __atomic_fetch_and(&pending[port / 32], ~(1u << port % 32), __ATOMIC_SEQ_CST);
}

void sleep_until_event(u32 port)
{
    struct {
        u32 *ports;
        u32 count;
        u64 until;
    } poll = {.ports = &port, .count = 1};
    hypercall(SCHED_OP, SCHEDOP_poll, &poll);
}

void shut_down(u32 reason)
{
    for (;;)
        hypercall(SCHED_OP, SCHEDOP_shutdown, &reason);
}

bool suspend_self(void)
{
    u32 reason = SHUTDOWN_SUSPEND;
    return hypercall(SCHED_OP, SCHEDOP_shutdown, &reason) == 1;
}

void yield(void)
{
    hypercall(SCHED_OP, SCHEDOP_yield, 0);
}
