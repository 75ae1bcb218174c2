// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.device.HostScripts;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;

/** Options of a {@link DriverDomain}. {@link DriverDomain#options} makes them. */
public final class DriverDomainOptions {
    HotplugPolicy hotplug = HotplugPolicy.REFUSE;
    Duration deviceLimit = Duration.ofSeconds(10);
    Path records = Path.of("/run/xenjava/driver-domain");
    DriverDomainListener listener = event -> {};

    DriverDomainOptions() {}

    /**
     * Sets whether hotplug scripts are run, as root, that devices name. The script {@code vif-bridge} and the default script
     * of disks are never run, because the server does their work itself.
     *
     * @param value the policy; the default is {@link HotplugPolicy#REFUSE}
     * @return these options
     */
    public DriverDomainOptions hotplugScripts(HotplugPolicy value) {
        hotplug = value;
        return this;
    }

    /**
     * Sets the longest time to wait for the interface of a card.
     *
     * @param value the time; the default is libxl's 10 seconds
     * @return these options
     */
    public DriverDomainOptions deviceLimit(Duration value) {
        deviceLimit = value;
        return this;
    }

    /**
     * Sets the directory in which the server records what it has done. Only one server at a time can use it. It should
     * not survive a boot of the domain.
     *
     * @param value a directory, made if it does not exist; the default is {@code /run/xenjava/driver-domain}
     * @return these options
     */
    public DriverDomainOptions records(Path value) {
        records = value;
        return this;
    }

    /**
     * Sets the receiver of changes.
     *
     * @param value the listener
     * @return these options
     */
    public DriverDomainOptions listener(DriverDomainListener value) {
        listener = value;
        return this;
    }

    /**
     * Starts a server in the domain in which this process runs.
     *
     * @return the running server
     * @throws XenUnavailableException if this machine is no domain of Xen, or xenstore cannot be reached
     * @throws org.xenjava.toolstack.error.DomainStateException if this is domain 0, or another server runs
     */
    public DriverDomain open() {
        try {
            return open(JnaXen.ofGuest(), new HostScripts());
        } catch (XenAccessException e) {
            throw new XenUnavailableException(Objects.requireNonNull(e.getMessage()), e);
        }
    }

    /**
     * Starts a server in a domain, such as a simulated one. Closing the server closes the libraries.
     *
     * @param libraries the domain's connection to xenstored, and its kernel; nothing else of them is used
     * @param scripts runs hotplug scripts in that domain
     * @return the running server
     * @throws org.xenjava.toolstack.error.DomainStateException if this is domain 0, or another server runs
     */
    public DriverDomain open(XenLibraries libraries, HotplugScripts scripts) {
        try {
            return DriverDomain.open(libraries, scripts, this);
        } catch (XenAccessException e) {
            libraries.close();
            throw new XenUnavailableException(Objects.requireNonNull(e.getMessage()), e);
        } catch (RuntimeException e) {
            libraries.close();
            throw e;
        }
    }
}
