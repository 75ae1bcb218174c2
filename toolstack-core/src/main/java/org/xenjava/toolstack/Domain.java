// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.context.CurrentConfig;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.create.DomainRemoval;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.DomainInfo;

/**
 * A handle on one domain, bound to its domid and UUID: should the domid be given to another domain, the handle throws
 * {@link DomainGoneException} instead of touching it. Safe to use from many threads; every operation may be repeated,
 * and does nothing when there is nothing left to do. Operations on one subject are in a view each, such as
 * {@link #memory}.
 */
public final class Domain {
    private static final Logger LOG = LoggerFactory.getLogger(Domain.class);
    private static final int CONTROL_DOMAIN = 0;

    private final DomainHandle handle;

    Domain(HostContext context, int domid, UUID uuid) {
        this.handle = new DomainHandle(context, domid, uuid);
    }

    public int domid() {
        return handle.domid();
    }

    public UUID uuid() {
        return handle.uuid();
    }

    /** {@return the domain's name in xenstore; empty if it has none (a domain that is being built or destroyed)} */
    public String name() {
        return handle.attempting(
                "reading the name of",
                () -> handle.store().read(handle.paths().name()).orElse(""));
    }

    /**
     * Gives the domain another name in xenstore. A restart keeps the new name. Nothing happens if it has that name.
     *
     * @throws org.xenjava.toolstack.error.ConfigException if no domain can have that name
     * @throws DomainExistsException if another domain has it
     */
    public void rename(String name) {
        DomainConfig.requireName(name);
        handle.attempting("renaming", () -> {
            handle.info("renaming");
            handle.store().inTransaction(transaction -> {
                for (String other : transaction.list(DomainPaths.DOMAINS)) {
                    boolean taken = transaction
                            .read(DomainPaths.DOMAINS + "/" + other + "/name")
                            .equals(Optional.of(name));
                    if (taken && !other.equals(Integer.toString(domid()))) {
                        throw new DomainExistsException(
                                "renaming " + this + ": domain " + other + " has the name '" + name + "'");
                    }
                }
                transaction.write(handle.paths().name(), name);
                if (domid() != CONTROL_DOMAIN) {
                    transaction.write(DomainPaths.vm(uuid()) + "/name", name);
                }
                return name;
            });
        });
    }

    /** {@return when the domain was started, by dom0's clock; empty if xenstore does not say, as for dom0} */
    public Optional<Instant> startTime() {
        return handle.attempting("reading the start time of", () -> handle.store()
                .read(DomainPaths.vm(uuid()) + "/start_time")
                .filter(text -> text.matches("\\d{1,12}(\\.\\d*)?"))
                .map(text -> Instant.ofEpochSecond(Long.parseLong(text.replaceFirst("\\..*", "")))));
    }

    /**
     * {@return the domain's state now}
     *
     * @throws DomainGoneException if it is gone
     */
    public DomainStatus status() {
        return handle.attempting("looking at", () -> {
            DomainInfo info = handle.info("looking at");
            return DomainStatus.of(
                    info, name(), handle.store().read(handle.paths().libxlType()));
        });
    }

    /** {@return true until the domain is destroyed; a domain that has shut down still exists} */
    public boolean exists() {
        return handle.exists();
    }

    /** Stops the domain's vCPUs; nothing happens if they are stopped. */
    public void pause() {
        if (!handle.info("pausing").paused()) {
            handle.attempting("pausing", () -> handle.xenctrl().domains().pause(domid()));
        }
    }

    /** Lets the domain's vCPUs run; nothing happens if they do. */
    public void unpause() {
        if (handle.info("unpausing").paused()) {
            handle.attempting("unpausing", () -> handle.xenctrl().domains().unpause(domid()));
        }
    }

    /**
     * Destroys the domain at once and removes what xenstore holds of it; nothing happens if it is gone.
     *
     * @throws DomainStateException if it is domain 0: Xen would refuse, but only after its part of xenstore is gone
     */
    public void destroy() {
        handle.attempting("destroying", () -> {
            if (domid() == CONTROL_DOMAIN) {
                throw new DomainStateException("destroying " + this + ": it is the host's own and cannot be destroyed");
            }
            DomainRemoval removal = handle.context().removal();
            if (exists()) {
                removal.remove(domid(), uuid());
                LOG.info("{} destroyed", this);
            } else {
                removal.removeLeftovers(domid(), uuid());
            }
        });
    }

    /**
     * What the domain would be built from if it were built again now: as it was built, with today's name and sizes,
     * which mem-set and mem-max change. Building from it gives the same guest, so that a reboot changes nothing.
     *
     * @return empty if another toolstack has built it
     * @throws DomainGoneException if it is gone
     */
    public Optional<DomainConfig> config() {
        return handle.attempting("reading the configuration of", () -> {
            handle.info("reading the configuration of");
            return CurrentConfig.of(
                    handle.store().direct(), handle.paths(), handle.context().podPolicy());
        });
    }

    /** {@return the domain's size, its limits, and dumps of its memory} */
    public DomainMemoryControl memory() {
        return new DomainMemoryControl(handle);
    }

    /** {@return the domain's populate-on-demand counters and what may be done while they show a debt} */
    public DomainPod pod() {
        return new DomainPod(handle);
    }

    /** {@return the domain's disks, network cards and removable media} */
    public DomainDevices devices() {
        return new DomainDevices(handle);
    }

    /** {@return the QEMU that serves the domain, if there is one} */
    public DomainDeviceModel deviceModel() {
        return new DomainDeviceModel(handle);
    }

    /** {@return what the domain's screen shows, and where} */
    public DomainScreen screen() {
        return new DomainScreen(handle);
    }

    /** {@return what the guest says on its console, and Xen of the domain} */
    public DomainConsole console() {
        return new DomainConsole(handle);
    }

    /** Asking the guest to stop, and waiting for its end. */
    public DomainLifecycle lifecycle() {
        return new DomainLifecycle(handle);
    }

    @Override
    public String toString() {
        return handle.toString();
    }
}
