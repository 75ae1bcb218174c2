// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

/** {@code xendevicemodel.h} of library 1.3 (Xen 4.14). */
final class LibXenDeviceModel {
    private LibXenDeviceModel() {}

    static native long xendevicemodel_open(long logger, int flags);

    static native int xendevicemodel_close(long handle);

    static native int xendevicemodel_shutdown(long handle, int domid, int reason);

    static native int xendevicemodel_create_ioreq_server(long handle, int domid, int bufferedIoreqMode, short[] idOut);

    static native int xendevicemodel_destroy_ioreq_server(long handle, int domid, int id);

    static native int xendevicemodel_set_ioreq_server_state(long handle, int domid, int id, int enabled);

    static native int xendevicemodel_map_io_range_to_ioreq_server(
            long handle, int domid, int id, int isMmio, long start, long end);

    static native int xendevicemodel_unmap_io_range_from_ioreq_server(
            long handle, int domid, int id, int isMmio, long start, long end);

    static native int xendevicemodel_set_pci_intx_level(
            long handle, int domid, int segment, int bus, int device, int intx, int level);

    static native int xendevicemodel_set_isa_irq_level(long handle, int domid, int irq, int level);

    static native int xendevicemodel_set_pci_link_route(long handle, int domid, int link, int irq);

    static native int xendevicemodel_inject_msi(long handle, int domid, long address, int data);

    static native int xendevicemodel_modified_memory(long handle, int domid, long firstGfn, int pages);

    static native int xendevicemodel_set_mem_type(long handle, int domid, int type, long firstGfn, int pages);

    static native int xendevicemodel_pin_memory_cacheattr(long handle, int domid, long start, long end, int type);

    /** Functions that library 1.4 (Xen 4.15) added; apart, because one missing symbol would fail the registration of all. */
    static final class Since1Dot4 {
        private Since1Dot4() {}

        static native int xendevicemodel_nr_vcpus(long handle, int domid, int[] vcpusOut);
    }
}
