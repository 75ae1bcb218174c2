// SPDX-License-Identifier: Apache-2.0
// Counts the calls of xl and of java to the hypervisor, by LD_PRELOAD. Each program keeps its numbers in a file of its own in
// $COUNT_DIR, as two 64-bit integers: hypercalls (those of the device model's interface among them), and requests to map
// guest memory, each of which the kernel turns into one hypercall or several.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HYPERCALLS, MAPPINGS, NUMBERS };

static uint64_t *numbers;

__attribute__((constructor)) static void open_numbers(void)
{
    const char *directory = getenv("COUNT_DIR");
    char program[256] = "", path[1024];
    if (!directory || readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
        return;
    const char *name = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;
    if (strcmp(name, "xl") && strcmp(name, "libxl-save-helper") && strcmp(name, "java"))
        return;
    snprintf(path, sizeof(path), "%s/%s.%d", directory, name, getpid());
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 || ftruncate(file, NUMBERS * sizeof(*numbers)))
        return;
    void *memory = mmap(NULL, NUMBERS * sizeof(*numbers), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    // A process that this one forks counts in the same file.
    if (memory != MAP_FAILED)
        numbers = memory;
}

// The numbers of privcmd's requests, include/uapi/xen/privcmd.h of Linux.
static void count(unsigned long request)
{
    if (_IOC_TYPE(request) != 'P')
        return;
    switch (_IOC_NR(request)) {
    case 0: // IOCTL_PRIVCMD_HYPERCALL
    case 5: // IOCTL_PRIVCMD_DM_OP
        __atomic_add_fetch(&numbers[HYPERCALLS], 1, __ATOMIC_RELAXED);
        break;
    case 2: // IOCTL_PRIVCMD_MMAP
    case 3: // IOCTL_PRIVCMD_MMAPBATCH
    case 4: // IOCTL_PRIVCMD_MMAPBATCH_V2
    case 7: // IOCTL_PRIVCMD_MMAP_RESOURCE
        __atomic_add_fetch(&numbers[MAPPINGS], 1, __ATOMIC_RELAXED);
        break;
    }
}

int ioctl(int file, unsigned long request, ...)
{
    static int (*real)(int, unsigned long, void *);
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (!real)
        real = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
    if (numbers)
        count(request);
    return real(file, request, argument);
}
