// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * Typed hypercalls to the running Xen, encoded for its release, by subject. Safe to use from many threads. Every call
 * throws a {@link HypercallException} when Xen refuses. A domid is 0 … 0x7FEF; another number is an
 * {@link IllegalArgumentException} before any call, because Xen's argument has 16 bits and truncates a larger one.
 *
 * <p>The caller closes the libraries.
 */
public final class Xenctrl {
    private final XenLibraries libraries;
    private final XenAbi abi;
    private final String limitation;
    private final MemoryCalls memory;
    private final DomainCalls domains;
    private final HvmCalls hvm;
    private final HostCalls host;
    private final EventCalls events;
    private final FlaskCalls flask;
    private final CpuCalls cpus;
    private final PoolCalls pools;
    private final TopologyCalls topology;
    private final PassthroughCalls passthrough;
    private final StateCalls state;
    private final PvCalls pv;

    private Xenctrl(XenLibraries libraries, XenAbi abi, String limitation) {
        this.libraries = libraries;
        this.abi = abi;
        this.limitation = limitation;
        HypercallFactory calls = new HypercallFactory(libraries.call(), abi, limitation);
        memory = new MemoryCalls(calls);
        domains = new DomainCalls(calls, new StableDomainInfo(calls, memory, libraries::store));
        hvm = new HvmCalls(calls);
        host = new HostCalls(calls);
        events = new EventCalls(calls);
        flask = new FlaskCalls(calls);
        cpus = new CpuCalls(calls);
        pools = new PoolCalls(calls, cpus);
        topology = new TopologyCalls(calls);
        passthrough = new PassthroughCalls(calls);
        state = new StateCalls(calls);
        pv = new PvCalls(calls);
    }

    /**
     * Reads the release of the running Xen and makes one call in each of the two interface versions that the release
     * should have. For a release that is newer than every description, only calls on stable interfaces work,
     * {@link XenAbi#isComplete} is false, and other calls fail with EACCES and the reason.
     *
     * @throws UnsupportedXenException if the release is older than the oldest description, or its interface was patched
     * @throws XenAccessException if this is not the control domain
     */
    public static Xenctrl open(XenLibraries libraries) {
        XenRelease running;
        try {
            running = XenRelease.ofVersionCall(libraries.call().call(Hypercall.XEN_VERSION.number(), 0, 0));
        } catch (XenLibException e) {
            throw new HypercallException("XENVER_version", HypercallException.NO_DOMAIN, e.errno(), e);
        }
        if (running.compareTo(XenRelease.V4_14) < 0) {
            throw new UnsupportedXenException(running, "it is older than the oldest release that is described");
        }
        Optional<XenAbi> described = XenAbi.of(running);
        if (described.isEmpty()) {
            InterfaceVersions versions = InterfaceVersions.probe(libraries.call());
            String limitation = "Xen " + running + " (" + versions + ") is newer than this library, which describes "
                    + XenRelease.V4_14 + " … " + XenAbi.newest().release()
                    + "; what rests on stable interfaces works";
            return new Xenctrl(libraries, XenAbi.stableOf(running), limitation);
        }
        Xenctrl xenctrl = new Xenctrl(libraries, described.get(), "");
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

    /** The reason why only calls on stable interfaces work; empty if all calls work. */
    public Optional<String> limitation() {
        return Optional.of(limitation).filter(text -> !text.isEmpty());
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

    /** The calls to Xen's security module. */
    public FlaskCalls flask() {
        return flask;
    }

    /** The calls about event channels. */
    public EventCalls events() {
        return events;
    }

    /** The calls about physical CPUs and vCPUs. */
    public CpuCalls cpus() {
        return cpus;
    }

    /** The calls about the places of CPUs, memory and PCI devices. */
    public TopologyCalls topology() {
        return topology;
    }

    /** The calls about pools of CPUs and their schedulers. */
    public PoolCalls pools() {
        return pools;
    }

    /** The calls that give devices of the host to domains. */
    public PassthroughCalls passthrough() {
        return passthrough;
    }

    /** The calls that read, write and resume the state of a stopped domain. */
    public StateCalls state() {
        return state;
    }

    /** The calls that read and write the state of PV domains. */
    public PvCalls pv() {
        return pv;
    }
}
