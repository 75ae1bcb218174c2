// SPDX-License-Identifier: Apache-2.0
/*
 * Fills what xl has read with libxl's defaults: JSON in, JSON out, and "error" if libxl refuses it; and then the number
 * of each virtual disk. Linked with the static libxenlight, whose inner functions it calls; QEMU is taken to be there.
 *
 *   gcc -o libxl-defaults libxl-defaults.c fake-xen.c -l:libxenlight.a -lxenctrl -lxenguest -lxenstore -lxenhypfs \
 *       -lxentoollog -lxentoolcore -lxenevtchn -lxenforeignmemory -lxengnttab -lxendevicemodel -lxencall \
 *       -l:libyajl.so.2 -l:libuuid.so.1
 */
#include <libxl.h>
#include <stdio.h>

struct garbage_collector {
    int limit;
    void **pointers;
    libxl_ctx *owner;
};

int libxl__domain_create_info_setdefault(struct garbage_collector *gc, libxl_domain_create_info *info,
                                         const libxl_physinfo *host);
int libxl__domain_build_info_setdefault(struct garbage_collector *gc, libxl_domain_build_info *info);
int libxl__device_disk_dev_number(const char *name, int *disk, int *partition);

int main(void)
{
    static char json[1 << 20];
    libxl_ctx *libxl;
    libxl_physinfo host;
    libxl_domain_config config;
    xentoollog_logger *log = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_ERROR, 0);

    json[fread(json, 1, sizeof(json) - 1, stdin)] = 0;
    if (libxl_ctx_alloc(&libxl, LIBXL_VERSION, 0, log) || libxl_get_physinfo(libxl, &host))
        return 1;
    libxl_domain_config_init(&config);
    if (libxl_domain_config_from_json(libxl, &config, json))
        return 1;
    config.b_info.device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN;
    struct garbage_collector gc = { -1, 0, libxl };
    if (libxl__domain_create_info_setdefault(&gc, &config.c_info, &host)
        || libxl__domain_build_info_setdefault(&gc, &config.b_info)) {
        puts("error");
        return 0;
    }
    puts(libxl_domain_config_to_json(libxl, &config));
    for (int i = 0; i < config.num_disks; i++)
        printf("%d\n", libxl__device_disk_dev_number(config.disks[i].vdev, 0, 0));
    return 0;
}
