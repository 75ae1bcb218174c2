// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * {@code libxendevicemodel.so.1}: what a device model, or a toolstack in its stead, asks of a domain. Safe to use
 * from many threads. Every method throws {@link XenLibException} when Xen refuses.
 */
public interface XenDeviceModel extends AutoCloseable {
    /** {@code xendevicemodel_shutdown}: shuts the domain down with a reason ({@code SHUTDOWN_*} of sched.h). */
    void shutdown(int domid, int reason);

    /** {@code xendevicemodel_nr_vcpus}: the number of virtual CPUs (library 1.4 and later). */
    int nrVcpus(int domid);

    /** {@code xendevicemodel_create_ioreq_server}: the new server's id. */
    int createIoreqServer(int domid, int bufferedIoreqMode);

    /** {@code xendevicemodel_destroy_ioreq_server}. */
    void destroyIoreqServer(int domid, int id);

    /** {@code xendevicemodel_set_ioreq_server_state}. */
    void setIoreqServerState(int domid, int id, int enabled);

    /** {@code xendevicemodel_map_io_range_to_ioreq_server}; both ends are inclusive. */
    void mapIoRange(int domid, int id, int isMmio, long start, long end);

    /** {@code xendevicemodel_unmap_io_range_from_ioreq_server}; both ends are inclusive. */
    void unmapIoRange(int domid, int id, int isMmio, long start, long end);

    /** {@code xendevicemodel_set_pci_intx_level}. */
    void setPciIntxLevel(int domid, int segment, int bus, int device, int intx, int level);

    /** {@code xendevicemodel_set_isa_irq_level}. */
    void setIsaIrqLevel(int domid, int irq, int level);

    /** {@code xendevicemodel_set_pci_link_route}. */
    void setPciLinkRoute(int domid, int link, int irq);

    /** {@code xendevicemodel_inject_msi}. */
    void injectMsi(int domid, long address, int data);

    /** {@code xendevicemodel_modified_memory}: tells Xen that these pages were written to. */
    void modifiedMemory(int domid, long firstGfn, int pages);

    /** {@code xendevicemodel_set_mem_type}. */
    void setMemType(int domid, int type, long firstGfn, int pages);

    /** {@code xendevicemodel_pin_memory_cacheattr}; both ends are gfns, inclusive. */
    void pinMemoryCacheAttribute(int domid, long firstGfn, long lastGfn, int type);

    @Override
    void close();
}
