// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** {@code libxenforeignmemory.so.1}: maps memory of other domains. Safe to use from many threads. */
public interface XenForeignMemory extends AutoCloseable {
    /**
     * {@code xenforeignmemory_map}. Mapping a populate-on-demand gfn populates it, which may kill the guest when
     * its PoD cache is empty ({@code EINVAL} here, a crashed domain there).
     *
     * @param domid the domain, 0 … 0x7FEF
     * @param protection wanted access
     * @param gfns guest frame numbers, one per page
     * @return the mapping
     * @throws XenLibException if any page could not be mapped; then nothing stays mapped
     */
    MappedPages map(int domid, Protection protection, long... gfns);

    /**
     * {@code xenforeignmemory_map_resource}.
     *
     * @param domid the domain
     * @param type {@code XENMEM_resource_*}: 0 ioreq server, 1 grant table
     * @param id which of that type
     * @param frame first frame
     * @param frames number of frames
     * @param protection wanted access
     * @return the mapping
     * @throws XenLibException such as EOPNOTSUPP on Linux before 4.18
     */
    MappedPages mapResource(int domid, int type, int id, long frame, int frames, Protection protection);

    @Override
    void close();
}
