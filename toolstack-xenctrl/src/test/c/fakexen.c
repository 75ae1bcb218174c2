/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stand-ins for Xen's five libraries, in one shared object that the tests give all five names. They check what
 * crosses from Java to C: each call is logged as C sees it, answers and errno are scripted, and functions that return
 * bool leave rubbish in the rest of the register, as real ones may. Where Xen's headers are installed, the compiler
 * compares these definitions with the real prototypes.
 */
#define _GNU_SOURCE
#define __XEN_TOOLS__ 1
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#if __has_include(<xenstore.h>)
#include <xencall.h>
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#define PROTOTYPE(name, ...) \
    _Static_assert(__builtin_types_compatible_p(__typeof__(name), __VA_ARGS__), "prototype of " #name)
#else
typedef struct xencall_handle xencall_handle;
typedef struct xenforeignmemory_handle xenforeignmemory_handle;
typedef struct xenforeignmemory_resource_handle xenforeignmemory_resource_handle;
typedef struct xenevtchn_handle xenevtchn_handle;
typedef struct xendevicemodel_handle xendevicemodel_handle;
typedef uint16_t domid_t, ioservid_t;
typedef uint32_t evtchn_port_t, xs_transaction_t, hvmmem_type_t;
typedef unsigned long xen_pfn_t;
typedef int xenevtchn_port_or_error_t;
struct xs_permissions { unsigned int id, perms; };
#define PROTOTYPE(name, ...) _Static_assert(1, "")
#endif
struct xentoollog_logger;
struct xs_handle;

#define PAGE 4096

/* ---- the test's side ------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char text[1 << 16], taken[1 << 16];
static struct { long result; int error; } script[64];
static unsigned int scripted, played;
static char watch_path[256], watch_token[256];
static int pipes[2][2] = { { -1, -1 }, { -1, -1 } };
static pthread_t waiting;

/* The calls since the last time, one a line. */
const char *fake_take_log(void)
{
    pthread_mutex_lock(&lock);
    memcpy(taken, text, sizeof(text));
    text[0] = 0;
    pthread_mutex_unlock(&lock);
    return taken;
}

/* Forgets what a test before this one left behind. */
void fake_reset(void)
{
    text[0] = 0;
    watch_path[0] = 0;
    played = scripted;
}

/* The result of a call to come, instead of success; those that fail leave this errno. */
void fake_next(long result, int error)
{
    script[scripted % 64].result = result;
    script[scripted++ % 64].error = error;
}

static __attribute__((format(printf, 1, 2))) void record(const char *format, ...)
{
    va_list args;
    size_t used;

    pthread_mutex_lock(&lock);
    used = strlen(text);
    va_start(args, format);
    vsnprintf(text + used, sizeof(text) - used, format, args);
    va_end(args);
    pthread_mutex_unlock(&lock);
}

static long answer(long success)
{
    long result = success;

    /* What an earlier call left behind; success does not clear it. */
    errno = 77;
    pthread_mutex_lock(&lock);
    if ( played < scripted )
    {
        result = script[played % 64].result;
        errno = script[played++ % 64].error;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

/* So large that memory that nobody frees shows in the size of the process. */
static void *allocate(const void *content, size_t bytes)
{
    void *memory = malloc(64 << 20);

    memcpy(memory, content, bytes);
    return memory;
}

static int *pipe_of(int which)
{
    if ( pipes[which][0] < 0 && pipe(pipes[which]) )
        abort();
    return pipes[which];
}

void fake_fire_event(int port)
{
    if ( write(pipe_of(0)[1], &port, sizeof(port)) != sizeof(port) )
        abort();
}

void fake_fire_watch(const char *path, const char *token)
{
    strcpy(watch_path, path);
    strcpy(watch_token, token);
    if ( write(pipe_of(1)[1], "!", 1) != 1 )
        abort();
}

static void ignore(int signal)
{
}

/* Makes system calls of the thread that waits for a watch fail with EINTR. */
void fake_interrupt_waiting(void)
{
    struct sigaction action = { .sa_handler = ignore };

    sigaction(SIGUSR1, &action, NULL);
    if ( waiting )
        pthread_kill(waiting, SIGUSR1);
}

/* ---- xencall.h ------------------------------------------------------------------------------------------- */

/* op 1000: works on the uint64_t that the first argument points at; op 1001: fails with errno = first argument */
static int hypercall(unsigned int op, uint64_t first)
{
    if ( op == 1000 )
    {
        uint64_t *shared = (uint64_t *)first;

        record("sees %#" PRIx64 "\n", shared[0]);
        shared[1] = ~shared[0];
    }
    if ( op == 1001 )
    {
        errno = first;
        return -1;
    }
    return answer(0);
}

xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned open_flags)
{
    record("xencall_open(%p, %u)\n", (void *)logger, open_flags);
    return (void *)answer(0xC0FFEE0000001);
}

int xencall_close(xencall_handle *xcall)
{
    record("xencall_close(%p)\n", (void *)xcall);
    return answer(0);
}

#define A(n) uint64_t arg##n
#define X " %#" PRIx64
int xencall0(xencall_handle *xcall, unsigned int op)
{
    record("xencall0(%p %u)\n", (void *)xcall, op);
    return hypercall(op, 0);
}

int xencall1(xencall_handle *xcall, unsigned int op, A(1))
{
    record("xencall1(%p %u" X ")\n", (void *)xcall, op, arg1);
    return hypercall(op, arg1);
}

int xencall2(xencall_handle *xcall, unsigned int op, A(1), A(2))
{
    record("xencall2(%p %u" X X ")\n", (void *)xcall, op, arg1, arg2);
    return hypercall(op, arg1);
}

int xencall3(xencall_handle *xcall, unsigned int op, A(1), A(2), A(3))
{
    record("xencall3(%p %u" X X X ")\n", (void *)xcall, op, arg1, arg2, arg3);
    return hypercall(op, arg1);
}

int xencall4(xencall_handle *xcall, unsigned int op, A(1), A(2), A(3), A(4))
{
    record("xencall4(%p %u" X X X X ")\n", (void *)xcall, op, arg1, arg2, arg3, arg4);
    return hypercall(op, arg1);
}

int xencall5(xencall_handle *xcall, unsigned int op, A(1), A(2), A(3), A(4), A(5))
{
    record("xencall5(%p %u" X X X X X ")\n", (void *)xcall, op, arg1, arg2, arg3, arg4, arg5);
    return hypercall(op, arg1);
}

void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t nr_pages)
{
    record("xencall_alloc_buffer_pages(%zu)\n", nr_pages);
    return (void *)answer((long)mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

void xencall_free_buffer_pages(xencall_handle *xcall, void *p, size_t nr_pages)
{
    record("xencall_free_buffer_pages(%zu)%s\n", nr_pages, munmap(p, nr_pages * PAGE) ? " failed" : "");
}

/* ---- xenforeignmemory.h ---------------------------------------------------------------------------------- */

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger, unsigned open_flags)
{
    record("xenforeignmemory_open(%p, %u)\n", (void *)logger, open_flags);
    return (void *)answer(0xC0FFEE0000002);
}

int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
    record("xenforeignmemory_close(%p)\n", (void *)fmem);
    return answer(0);
}

/* Page i begins with its gfn. gfn 0xBAD cannot be mapped (ESRCH), nor 0xBADBAD (EINVAL). */
void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
                           const xen_pfn_t arr[], int err[])
{
    unsigned char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t i;

    record("xenforeignmemory_map(%p dom %u prot %d pages %zu first %#lx last %#lx)\n", (void *)fmem, dom, prot,
           pages, arr[0], arr[pages - 1]);
    for ( i = 0; i < pages; i++ )
    {
        memcpy(memory + i * PAGE, &arr[i], sizeof(arr[i]));
        err[i] = arr[i] == 0xBAD ? ESRCH : arr[i] == 0xBADBAD ? -EINVAL : 0;
    }
    return (void *)answer((long)memory);
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
{
    record("xenforeignmemory_unmap(%p pages %zu)\n", (void *)fmem, pages);
    return munmap(addr, pages * PAGE);
}

struct resource { void *memory; size_t bytes; };

xenforeignmemory_resource_handle *xenforeignmemory_map_resource(
    xenforeignmemory_handle *fmem, domid_t domid, unsigned int type, unsigned int id, unsigned long frame,
    unsigned long nr_frames, void **paddr, int prot, int flags)
{
    struct resource *resource = malloc(sizeof(*resource));

    resource->bytes = nr_frames * PAGE;
    resource->memory = mmap(NULL, resource->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *paddr = resource->memory;
    strcpy(resource->memory, "resource");
    record("xenforeignmemory_map_resource(%p dom %u type %u id %u frame %#lx frames %lu prot %d flags %d)\n",
           (void *)fmem, domid, type, id, frame, nr_frames, prot, flags);
    return (void *)answer((long)resource);
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem, xenforeignmemory_resource_handle *fres)
{
    struct resource *resource = (struct resource *)fres;

    record("xenforeignmemory_unmap_resource(%p bytes %zu)\n", (void *)fmem, resource->bytes);
    munmap(resource->memory, resource->bytes);
    free(resource);
    return 0;
}

/* ---- xenevtchn.h ----------------------------------------------------------------------------------------- */

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
    record("xenevtchn_open(%p, %u)\n", (void *)logger, flags);
    return (void *)answer(0xC0FFEE0000003);
}

int xenevtchn_close(xenevtchn_handle *xce)
{
    record("xenevtchn_close(%p)\n", (void *)xce);
    return answer(0);
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
    record("xenevtchn_fd(%p)\n", (void *)xce);
    return pipe_of(0)[0];
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
    record("xenevtchn_notify(%u)\n", port);
    return answer(0);
}

xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid)
{
    record("xenevtchn_bind_unbound_port(%u)\n", domid);
    return answer(21);
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
                                                     evtchn_port_t remote_port)
{
    record("xenevtchn_bind_interdomain(%u %u)\n", domid, remote_port);
    return answer(22);
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq)
{
    record("xenevtchn_bind_virq(%u)\n", virq);
    return answer(23);
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
    record("xenevtchn_unbind(%u)\n", port);
    return answer(0);
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
    int port;

    record("xenevtchn_pending(%p)\n", (void *)xce);
    if ( answer(0) < 0 )
        return -1;
    return read(pipe_of(0)[0], &port, sizeof(port)) == sizeof(port) ? port : -1;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
    record("xenevtchn_unmask(%u)\n", port);
    return answer(0);
}

/* ---- xendevicemodel.h ------------------------------------------------------------------------------------ */

xendevicemodel_handle *xendevicemodel_open(struct xentoollog_logger *logger, unsigned int open_flags)
{
    record("xendevicemodel_open(%p, %u)\n", (void *)logger, open_flags);
    return (void *)answer(0xC0FFEE0000004);
}

int xendevicemodel_close(xendevicemodel_handle *dmod)
{
    record("xendevicemodel_close(%p)\n", (void *)dmod);
    return answer(0);
}

int xendevicemodel_create_ioreq_server(xendevicemodel_handle *dmod, domid_t domid, int handle_bufioreq,
                                       ioservid_t *id)
{
    record("xendevicemodel_create_ioreq_server(%u %d)\n", domid, handle_bufioreq);
    *id = 0xFFFE;
    return answer(0);
}

int xendevicemodel_map_io_range_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id,
                                                int is_mmio, uint64_t start, uint64_t end)
{
    record("xendevicemodel_map_io_range_to_ioreq_server(%u %u %d" X X ")\n", domid, id, is_mmio, start, end);
    return answer(0);
}

int xendevicemodel_unmap_io_range_from_ioreq_server(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id,
                                                    int is_mmio, uint64_t start, uint64_t end)
{
    record("xendevicemodel_unmap_io_range_from_ioreq_server(%u %u %d" X X ")\n", domid, id, is_mmio, start, end);
    return answer(0);
}

int xendevicemodel_destroy_ioreq_server(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id)
{
    record("xendevicemodel_destroy_ioreq_server(%u %u)\n", domid, id);
    return answer(0);
}

int xendevicemodel_set_ioreq_server_state(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id, int enabled)
{
    record("xendevicemodel_set_ioreq_server_state(%u %u %d)\n", domid, id, enabled);
    return answer(0);
}

int xendevicemodel_set_pci_intx_level(xendevicemodel_handle *dmod, domid_t domid, uint16_t segment, uint8_t bus,
                                      uint8_t device, uint8_t intx, unsigned int level)
{
    record("xendevicemodel_set_pci_intx_level(%u %u %u %u %u %u)\n", domid, segment, bus, device, intx, level);
    return answer(0);
}

int xendevicemodel_set_isa_irq_level(xendevicemodel_handle *dmod, domid_t domid, uint8_t irq, unsigned int level)
{
    record("xendevicemodel_set_isa_irq_level(%u %u %u)\n", domid, irq, level);
    return answer(0);
}

int xendevicemodel_set_pci_link_route(xendevicemodel_handle *dmod, domid_t domid, uint8_t link, uint8_t irq)
{
    record("xendevicemodel_set_pci_link_route(%u %u %u)\n", domid, link, irq);
    return answer(0);
}

int xendevicemodel_inject_msi(xendevicemodel_handle *dmod, domid_t domid, uint64_t msi_addr, uint32_t msi_data)
{
    record("xendevicemodel_inject_msi(%u" X " %#x)\n", domid, msi_addr, msi_data);
    return answer(0);
}

int xendevicemodel_modified_memory(xendevicemodel_handle *dmod, domid_t domid, uint64_t first_pfn, uint32_t nr)
{
    record("xendevicemodel_modified_memory(%u" X " %u)\n", domid, first_pfn, nr);
    return answer(0);
}

int xendevicemodel_set_mem_type(xendevicemodel_handle *dmod, domid_t domid, hvmmem_type_t mem_type,
                                uint64_t first_pfn, uint32_t nr)
{
    record("xendevicemodel_set_mem_type(%u %u" X " %u)\n", domid, mem_type, first_pfn, nr);
    return answer(0);
}

int xendevicemodel_shutdown(xendevicemodel_handle *dmod, domid_t domid, unsigned int reason)
{
    record("xendevicemodel_shutdown(%u %u)\n", domid, reason);
    return answer(0);
}

int xendevicemodel_pin_memory_cacheattr(xendevicemodel_handle *dmod, domid_t domid, uint64_t start, uint64_t end,
                                        uint32_t type)
{
    record("xendevicemodel_pin_memory_cacheattr(%u" X X " %u)\n", domid, start, end, type);
    return answer(0);
}

int xendevicemodel_nr_vcpus(xendevicemodel_handle *dmod, domid_t domid, unsigned int *vcpus)
{
    record("xendevicemodel_nr_vcpus(%u)\n", domid);
    *vcpus = 128;
    return answer(0);
}

/* ---- xenstore.h ------------------------------------------------------------------------------------------ */

/* A function that C knows as bool: only the low byte of what it returns means anything. */
#define BOOL(name, ...) \
    PROTOTYPE(name, bool(__VA_ARGS__)); \
    uint64_t rubbish_##name(__VA_ARGS__) __asm__(#name); \
    uint64_t rubbish_##name(__VA_ARGS__)

static uint64_t truth(void)
{
    return 0xDEADBEEFDEADBE00 | (answer(1) & 0xFF);
}

struct xs_handle *xs_open(unsigned long flags)
{
    record("xs_open(%lu)\n", flags);
    return (void *)answer(0xC0FFEE0000005);
}

void xs_close(struct xs_handle *h)
{
    record("xs_close(%p)\n", (void *)h);
}

/* The path says what to return: its last element. */
void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
    const char *last = strrchr(path, '/') + 1;

    record("xs_read(%p %#x %s)\n", (void *)h, t, path);
    if ( !answer(1) )
        return NULL;
    *len = strlen(last);
    return allocate(last, *len + 1);
}

BOOL(xs_write, struct xs_handle *h, xs_transaction_t t, const char *path, const void *data, unsigned int len)
{
    unsigned int i;

    record("xs_write(%#x %s ", t, path);
    for ( i = 0; i < len; i++ )
        record("%02x", ((const unsigned char *)data)[i]);
    record(")\n");
    return truth();
}

BOOL(xs_mkdir, struct xs_handle *h, xs_transaction_t t, const char *path)
{
    record("xs_mkdir(%#x %s)\n", t, path);
    return truth();
}

BOOL(xs_rm, struct xs_handle *h, xs_transaction_t t, const char *path)
{
    record("xs_rm(%#x %s)\n", t, path);
    return truth();
}

/* An array of pointers and the strings behind it, in one piece, as libxenstore makes them. */
static char **strings(unsigned int count, const char *const *content)
{
    char **array = allocate("", 1), *next = (char *)(array + count);
    unsigned int i;

    for ( i = 0; i < count; i++ )
    {
        array[i] = strcpy(next, content[i]);
        next += strlen(next) + 1;
    }
    return array;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
    const char *const names[] = { "0", "", "\xC3\xA9t\xC3\xA9" };

    record("xs_directory(%#x %s)\n", t, path);
    *num = answer(3);
    return *num || !errno ? strings(*num, names) : NULL;
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                                          unsigned int *num)
{
    const struct xs_permissions list[] = { { 5, 0 }, { 0x7FEF, 3 } };

    record("xs_get_permissions(%#x %s)\n", t, path);
    *num = answer(2);
    return *num ? allocate(list, sizeof(list)) : NULL;
}

BOOL(xs_set_permissions, struct xs_handle *h, xs_transaction_t t, const char *path, struct xs_permissions *perms,
     unsigned int num_perms)
{
    unsigned int i;

    record("xs_set_permissions(%#x %s", t, path);
    for ( i = 0; i < num_perms; i++ )
        record(" %u:%u", perms[i].id, perms[i].perms);
    record(")\n");
    return truth();
}

BOOL(xs_watch, struct xs_handle *h, const char *path, const char *token)
{
    record("xs_watch(%s %s)\n", path, token);
    return truth();
}

BOOL(xs_unwatch, struct xs_handle *h, const char *path, const char *token)
{
    record("xs_unwatch(%s %s)\n", path, token);
    return truth();
}

int xs_fileno(struct xs_handle *h)
{
    record("xs_fileno(%p)\n", (void *)h);
    waiting = pthread_self();
    return pipe_of(1)[0];
}

char **xs_check_watch(struct xs_handle *h)
{
    const char *const event[] = { watch_path, watch_token };
    char byte;

    if ( answer(1) == 0 )
        return NULL;
    if ( !watch_path[0] )
    {
        errno = EAGAIN;
        return NULL;
    }
    if ( read(pipe_of(1)[0], &byte, 1) != 1 )
        abort();
    char **copy = strings(2, event);
    watch_path[0] = 0;
    return copy;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
    record("xs_transaction_start(%p)\n", (void *)h);
    return answer(0xFEDCBA98);
}

BOOL(xs_transaction_end, struct xs_handle *h, xs_transaction_t t, bool abort)
{
    record("xs_transaction_end(%#x %s)\n", t, abort ? "abort" : "commit");
    return truth();
}

BOOL(xs_introduce_domain, struct xs_handle *h, unsigned int domid, unsigned long mfn, unsigned int eventchn)
{
    record("xs_introduce_domain(%u %#lx %u)\n", domid, mfn, eventchn);
    return truth();
}

BOOL(xs_release_domain, struct xs_handle *h, unsigned int domid)
{
    record("xs_release_domain(%u)\n", domid);
    return truth();
}

BOOL(xs_resume_domain, struct xs_handle *h, unsigned int domid)
{
    record("xs_resume_domain(%u)\n", domid);
    return truth();
}

BOOL(xs_is_domain_introduced, struct xs_handle *h, unsigned int domid)
{
    record("xs_is_domain_introduced(%u)\n", domid);
    return truth();
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
    char path[40];

    record("xs_get_domain_path(%u)\n", domid);
    sprintf(path, "/local/domain/%u", domid);
    return answer(1) ? allocate(path, strlen(path) + 1) : NULL;
}
