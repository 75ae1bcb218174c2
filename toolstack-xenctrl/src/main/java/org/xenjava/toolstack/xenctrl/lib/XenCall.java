// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** {@code libxencall.so.1}: issues hypercalls. Safe to use from many threads. */
public interface XenCall extends AutoCloseable {
    /**
     * {@code xencall0} … {@code xencall5}, by the number of arguments.
     *
     * @param op the hypercall's number ({@code __HYPERVISOR_*} of {@code xen/include/public/xen.h})
     * @param args at most five; pointers are addresses of {@link HypercallBuffer}s
     * @return the hypercall's result, zero or positive
     * @throws XenLibException if the hypercall failed; the function names the hypercall's number
     */
    int call(int op, long... args);

    /**
     * {@code xencall_alloc_buffer_pages}.
     *
     * @param bytes size, 1 or more; rounded up to whole pages
     * @return the zeroed buffer
     * @throws XenLibException ENOMEM
     */
    HypercallBuffer allocBuffer(int bytes);

    @Override
    void close();
}
