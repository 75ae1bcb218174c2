// SPDX-License-Identifier: Apache-2.0
/*
 * So much of a Xen that xl reads a guest's configuration where there is none: preloaded, it answers in place of
 * libxenctrl and libxenstore.
 *
 *   gcc -shared -fPIC -o fake-xen.so fake-xen.c
 */
#include <string.h>
#include <xenctrl.h>
#include <xenstore.h>

static char handle[4096];

xc_interface *xc_interface_open(xentoollog_logger *log, xentoollog_logger *build_log, unsigned flags)
{
    return (xc_interface *)handle;
}

int xc_interface_close(xc_interface *xen)
{
    return 0;
}

struct xs_handle *xs_open(unsigned long flags)
{
    return (struct xs_handle *)handle;
}

void xs_close(struct xs_handle *store)
{
}

int xc_physinfo(xc_interface *xen, xc_physinfo_t *info)
{
    memset(info, 0, sizeof(*info));
    info->nr_cpus = 4;
    info->nr_nodes = 1;
    info->max_cpu_id = 3;
    info->capabilities = ~0u;
    return 0;
}

long xc_sharing_freed_pages(xc_interface *xen)
{
    return 0;
}

long xc_sharing_used_frames(xc_interface *xen)
{
    return 0;
}

int xc_get_max_cpus(xc_interface *xen)
{
    return 4;
}

int xc_version(xc_interface *xen, int command, void *answer)
{
    if (answer) {
        *(char *)answer = 0;
        return 0;
    }
    return command == XENVER_pagesize ? 4096 : 4 << 16 | 17;
}
