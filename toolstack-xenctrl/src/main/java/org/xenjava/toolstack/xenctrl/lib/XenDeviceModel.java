// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * {@code libxendevicemodel.so.1}: what a device model, or a toolstack in its stead, asks of a domain. Safe to use
 * from many threads. Every method throws {@link XenLibException} when Xen refuses.
 */
public interface XenDeviceModel extends AutoCloseable {
    /**
     * {@code xendevicemodel_shutdown}: shuts the domain down with a reason ({@code SHUTDOWN_*} of sched.h).
     *
     * @param domid the domain's number
     * @param reason why
     */
    void shutdown(int domid, int reason);

    /**
     * {@code xendevicemodel_nr_vcpus}: the number of virtual CPUs (library 1.4 and later).
     *
     * @param domid the domain's number
     * @return the number of virtual CPUs
     */
    int nrVcpus(int domid);

    /**
     * {@code xendevicemodel_create_ioreq_server}: the new server's id.
     *
     * @param domid the domain's number
     * @param bufferedIoreqMode {@code HVM_IOREQSRV_BUFIOREQ_*}
     * @return the id of the new server
     */
    int createIoreqServer(int domid, int bufferedIoreqMode);

    /**
     * {@code xendevicemodel_destroy_ioreq_server}.
     *
     * @param domid the domain's number
     * @param id the number of the server
     */
    void destroyIoreqServer(int domid, int id);

    /**
     * {@code xendevicemodel_set_ioreq_server_state}.
     *
     * @param domid the domain's number
     * @param id the number of the server
     * @param enabled 1 to enable, 0 to disable
     */
    void setIoreqServerState(int domid, int id, int enabled);

    /**
     * {@code xendevicemodel_map_io_range_to_ioreq_server}; both ends are inclusive.
     *
     * @param domid the domain's number
     * @param id the number of the server
     * @param isMmio 1 for memory, 0 for ports
     * @param start the first address
     * @param end the last address
     */
    void mapIoRange(int domid, int id, int isMmio, long start, long end);

    /**
     * {@code xendevicemodel_unmap_io_range_from_ioreq_server}; both ends are inclusive.
     *
     * @param domid the domain's number
     * @param id the number of the server
     * @param isMmio 1 for memory, 0 for ports
     * @param start the first address
     * @param end the last address
     */
    void unmapIoRange(int domid, int id, int isMmio, long start, long end);

    /**
     * {@code xendevicemodel_set_pci_intx_level}.
     *
     * @param domid the domain's number
     * @param segment the PCI segment
     * @param bus the PCI bus
     * @param device the PCI device
     * @param intx the number of the line, 0 to 3
     * @param level 1 for high, 0 for low
     */
    void setPciIntxLevel(int domid, int segment, int bus, int device, int intx, int level);

    /**
     * {@code xendevicemodel_set_isa_irq_level}.
     *
     * @param domid the domain's number
     * @param irq the number of the interrupt
     * @param level 1 for high, 0 for low
     */
    void setIsaIrqLevel(int domid, int irq, int level);

    /**
     * {@code xendevicemodel_set_pci_link_route}.
     *
     * @param domid the domain's number
     * @param link the name of the network interface
     * @param irq the number of the interrupt
     */
    void setPciLinkRoute(int domid, int link, int irq);

    /**
     * {@code xendevicemodel_inject_msi}.
     *
     * @param domid the domain's number
     * @param address the address
     * @param data the data
     */
    void injectMsi(int domid, long address, int data);

    /**
     * {@code xendevicemodel_modified_memory}: tells Xen that these pages were written to.
     *
     * @param domid the domain's number
     * @param firstGfn the first guest frame number
     * @param pages the number of pages
     */
    void modifiedMemory(int domid, long firstGfn, int pages);

    /**
     * {@code xendevicemodel_set_mem_type}.
     *
     * @param domid the domain's number
     * @param type the type
     * @param firstGfn the first guest frame number
     * @param pages the number of pages
     */
    void setMemType(int domid, int type, long firstGfn, int pages);

    /**
     * {@code xendevicemodel_pin_memory_cacheattr}; both ends are gfns, inclusive.
     *
     * @param domid the domain's number
     * @param firstGfn the first guest frame number
     * @param lastGfn the last guest frame number
     * @param type the type
     */
    void pinMemoryCacheAttribute(int domid, long firstGfn, long lastGfn, int type);

    @Override
    void close();
}
