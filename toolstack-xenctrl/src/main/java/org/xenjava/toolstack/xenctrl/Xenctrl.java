// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * Typed hypercalls to the running Xen, encoded for its release, by subject. Safe to use from many threads. Every call
 * throws {@link HypercallException} when Xen refuses; domids must be 0 … 0x7FEF (Xen's argument has 16 bits and would
 * silently truncate a larger one), anything else is an {@link IllegalArgumentException} before any call.
 *
 * <p>The libraries that it was opened on belong to the caller.
 */
public final class Xenctrl {
    private final XenLibraries libraries;
    private final XenAbi abi;
    private final MemoryCalls memory;
    private final DomainCalls domains;
    private final HvmCalls hvm;
    private final HostCalls host;
    private final EventCalls events;

    private Xenctrl(XenLibraries libraries, XenAbi abi) {
        this.libraries = libraries;
        this.abi = abi;
        HypercallFactory calls = new HypercallFactory(libraries.call(), abi);
        memory = new MemoryCalls(calls);
        domains = new DomainCalls(calls);
        hvm = new HvmCalls(calls);
        host = new HostCalls(calls);
        events = new EventCalls(calls);
    }

    /**
     * Asks the running Xen for its release, and for one answer in each of the two interface versions that the
     * release should have.
     *
     * @throws UnsupportedXenException if that release is not described here, or its interface was patched
     * @throws XenAccessException if this is not the control domain
     */
    public static Xenctrl open(XenLibraries libraries) {
        XenRelease running;
        try {
            running = XenRelease.ofVersionCall(libraries.call().call(Hypercall.XEN_VERSION.number(), 0, 0));
        } catch (XenLibException e) {
            throw new HypercallException("XENVER_version", HypercallException.NO_DOMAIN, e.errno(), e);
        }
        XenAbi abi = XenAbi.of(running)
                .orElseThrow(() -> new UnsupportedXenException(running, "its interface is not described here"));
        Xenctrl xenctrl = new Xenctrl(libraries, abi);
        probe(running, "sysctl", xenctrl.host()::physInfo);
        probe(running, "domctl", () -> xenctrl.domains().info(0));
        return xenctrl;
    }

    private static void probe(XenRelease running, String interfaceName, Runnable harmlessCall) {
        try {
            harmlessCall.run();
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.EACCES)) {
                throw new UnsupportedXenException(
                        running, "it wants another " + interfaceName + " interface version than that release");
            }
            if (e.errno().equals(Errno.EPERM)) {
                throw new XenAccessException(
                        "Xen refuses this domain what only its control domain may do: run in dom0", e);
            }
            throw e;
        }
    }

    public XenAbi abi() {
        return abi;
    }

    public XenLibraries libraries() {
        return libraries;
    }

    /** The calls about a domain's memory. */
    public MemoryCalls memory() {
        return memory;
    }

    /** The calls that create, list, pause and destroy domains. */
    public DomainCalls domains() {
        return domains;
    }

    /** The calls about an HVM or PVH domain's virtual machine. */
    public HvmCalls hvm() {
        return hvm;
    }

    /** The calls about the host and Xen itself. */
    public HostCalls host() {
        return host;
    }

    /** The calls about event channels. */
    public EventCalls events() {
        return events;
    }
}
