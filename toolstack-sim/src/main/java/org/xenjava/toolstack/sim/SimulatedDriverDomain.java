// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;
import org.xenjava.toolstack.sim.dom0.ServingDomain;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * The system in a simulated driver domain: a kernel with blkback and netback that serves other domains, and processes in
 * the domain. xenstored refuses to them what it refuses to the domain. {@link SimulatedXen#driverDomain} makes it.
 */
public final class SimulatedDriverDomain {
    private final Lock lock;
    private final ServingDomain domain;

    SimulatedDriverDomain(Lock lock, ServingDomain domain) {
        this.lock = lock;
        this.domain = domain;
    }

    /**
     * Opens the libraries for a process of the domain. It has xenstore and the kernel's devices; other libraries are
     * refused.
     *
     * @return the libraries
     */
    public XenLibraries connect() {
        return locked(domain::connect);
    }

    /** {@return the hotplug scripts of the domain} */
    public HotplugScripts scripts() {
        return domain.scripts();
    }

    /** {@return the calls of hotplug scripts, each as script, arguments and the back end's path below the domain's home} */
    public List<String> scriptCalls() {
        return locked(domain::scriptCalls);
    }

    /** {@return the network interfaces that the kernel's back ends have made, by name} */
    public SortedMap<String, HostLink> links() {
        return locked(() -> {
            SortedMap<String, HostLink> links = new TreeMap<>();
            domain.networkInterfaces()
                    .forEach((name, link) -> links.put(
                            name, new HostLink(link.origin(), link.bridge(), link.mtu(), link.address(), link.up())));
            return links;
        });
    }

    /** {@return files of the loop devices that have one, by number} */
    public SortedMap<Integer, String> loops() {
        return locked(domain::loops);
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }
}
