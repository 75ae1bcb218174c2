// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.context.CurrentConfig;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.context.NextConfig;
import org.xenjava.toolstack.context.PresentLibxlConfig;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;

/**
 * A handle on one domain, bound to its domid and UUID. If Xen gives the domid to another domain, the handle throws
 * {@link DomainGoneException} and does not touch that domain. The class is safe to use from many threads. Every
 * operation may be repeated: it does nothing if there is nothing left to do. The operations on each subject have a
 * class of their own, such as {@link #memory}.
 */
public final class Domain {
    private static final Logger LOG = LoggerFactory.getLogger(Domain.class);
    private static final int CONTROL_DOMAIN = 0;

    private final DomainHandle handle;

    Domain(HostContext context, int domid, UUID uuid) {
        this.handle = new DomainHandle(context, domid, uuid);
    }

    /** {@return the domain's number in Xen} */
    public int domid() {
        return handle.domid();
    }

    /** {@return the domain's UUID, which it keeps through reboots} */
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
     * Gives the domain another name in xenstore, which a restart keeps. Does nothing if the domain has that name.
     *
     * @param name 1 … 255 visible characters, no {@code /}, not only digits
     * @throws org.xenjava.toolstack.error.ConfigException if no domain can have that name
     * @throws DomainExistsException if another domain has it
     */
    public void rename(String name) {
        DomainConfig.requireName(name);
        handle.attempting("renaming", () -> {
            handle.info("renaming");
            handle.store().names().renaming(domid(), () -> handle.store().inTransaction(transaction -> {
                requireFree(name, transaction);
                requireNotGivenAway(transaction);
                transaction.write(handle.paths().name(), name);
                if (domid() != CONTROL_DOMAIN) {
                    transaction.write(DomainPaths.vm(uuid()) + "/name", name);
                }
                return name;
            }));
        });
    }

    /** Under its own name, a guest that another host may run would look like one of this host. */
    private void requireNotGivenAway(StoreTransaction transaction) {
        if (transaction.exists(handle.context().saves().givenAway(domid(), uuid()))) {
            throw new DomainStateException("renaming " + this
                    + ": it was given away, and the other host may run it; migrate it again or take it back");
        }
    }

    private void requireFree(String name, StoreTransaction transaction) {
        List<String> others = transaction.list(DomainPaths.DOMAINS).stream()
                .filter(other -> !other.equals(Integer.toString(domid())))
                .toList();
        int taken = transaction
                .readAll(others.stream()
                        .map(other -> DomainPaths.DOMAINS + "/" + other + "/name")
                        .toList())
                .indexOf(Optional.of(name));
        if (taken >= 0) {
            throw new DomainExistsException(
                    "renaming " + this + ": domain " + others.get(taken) + " has the name '" + name + "'");
        }
    }

    /** {@return the start time of the domain by dom0's clock; empty if xenstore has none, as for dom0} */
    public Optional<Instant> startTime() {
        return handle.attempting("reading the start time of", () -> handle.store()
                .read(DomainPaths.vm(uuid()) + "/start_time")
                .filter(text -> text.matches("\\d{1,12}(\\.\\d*)?"))
                .map(text -> Instant.ofEpochSecond(Long.parseLong(text.replaceFirst("\\..*", "")))));
    }

    /**
     * {@return the present state of the domain}
     *
     * @throws DomainGoneException if the domain is gone
     */
    public DomainStatus status() {
        return handle.attempting("looking at", () -> {
            DomainInfo info = handle.info("looking at");
            return DomainStatus.of(info, name());
        });
    }

    /** {@return whether the domain exists; a domain that has shut down exists until it is destroyed} */
    public boolean exists() {
        return handle.exists();
    }

    /** Stops the domain's vCPUs. Does nothing if they are stopped. */
    public void pause() {
        if (!handle.info("pausing").paused()) {
            handle.attempting("pausing", () -> handle.xenctrl().domains().pause(domid()));
        }
    }

    /** Lets the domain's vCPUs run. Does nothing if they run. */
    public void unpause() {
        DomainInfo info = handle.info("unpausing");
        if (info.paused()) {
            handle.attempting("unpausing", () -> {
                if (DomainStatus.kind(info) == DomainStatus.Kind.HVM) {
                    handle.context().deviceModels().resumeWaiting(domid());
                }
                handle.xenctrl().domains().unpause(domid());
            });
        }
    }

    /**
     * Destroys the domain at once and removes its devices and its nodes in xenstore. Does nothing if the domain is
     * gone.
     *
     * @throws DomainStateException if it is domain 0, which Xen would refuse only after the removal of its nodes
     */
    public void destroy() {
        handle.attempting("destroying", () -> {
            if (domid() == CONTROL_DOMAIN) {
                throw new DomainStateException(
                        "destroying " + this + ": domain 0 is the host's own and cannot be destroyed");
            }
            if (handle.context().removal().remove(domid(), uuid())) {
                LOG.info("{} destroyed", this);
            }
            handle.context().rooms().giveBackIfOn();
        });
    }

    /**
     * The configuration of the domain's next build: the one of its build, with the present name, devices and sizes,
     * which mem-set and mem-max change. A reboot builds from it, and so changes nothing.
     *
     * @return the configuration; empty if another toolstack has built the domain
     * @throws DomainGoneException if the domain is gone
     */
    public Optional<DomainConfig> config() {
        return handle.attempting("reading the configuration of", () -> {
            handle.info("reading the configuration of");
            return CurrentConfig.of(
                    handle.store().direct(), handle.paths(), handle.context().podPolicy());
        });
    }

    /**
     * {@return the configuration in libxl's form, as {@code xl list -l} prints it: the stored one with what has changed
     * since; empty if neither libxl nor this library has stored one}
     *
     * @throws org.xenjava.toolstack.error.DomainGoneException if the domain is gone
     * @throws org.xenjava.toolstack.error.ConfigException if the stored file is no configuration
     */
    public Optional<LibxlConfig> libxlConfig() {
        return handle.attempting("reading the configuration of", () -> {
            handle.info("reading the configuration of");
            return PresentLibxlConfig.of(handle.context(), domid(), uuid());
        });
    }

    /**
     * Stores another configuration for the domain's next build, as after a reboot ({@code xl config-update}). The running
     * guest does not change. It keeps its name and its UUID, and a network card without an address keeps the one that
     * the card of that number has. The configuration of a domain of libxl is stored in libxl's directory, where xl finds
     * it.
     *
     * @param config the configuration
     * @throws DomainStateException if neither libxl nor this library has stored a configuration
     */
    public void updateConfig(DomainConfig config) {
        handle.exclusively("updating the configuration of", () -> {
            handle.info("updating the configuration of");
            HostContext host = handle.context();
            if (CurrentConfig.of(handle.store().direct(), handle.paths(), host.podPolicy())
                    .isPresent()) {
                NextConfig.store(host, domid(), uuid(), config);
            } else if (host.userdata().read(domid(), uuid()).isPresent()) {
                NextConfig.storeForXl(host, domid(), uuid(), config);
            } else {
                throw new DomainStateException("updating the configuration of " + this
                        + ": no configuration of it is stored, so nothing builds it again");
            }
        });
        LOG.info("{} has another configuration for its next build", this);
    }

    /** {@return the operations on the domain's memory: size, limits, dumps} */
    public DomainMemoryControl memory() {
        return new DomainMemoryControl(handle);
    }

    /** {@return the operations on the domain's vCPUs, their CPUs and its share of its pool} */
    public DomainProcessors processors() {
        return new DomainProcessors(handle);
    }

    /** {@return the operation that saves the domain to a file} */
    public DomainSaving saving() {
        return new DomainSaving(handle);
    }

    /** {@return the operation that migrates the domain to another host} */
    public DomainMigration migration() {
        return new DomainMigration(handle);
    }

    /** {@return the operations on the domain's populate-on-demand memory} */
    public DomainPod pod() {
        return new DomainPod(handle);
    }

    /** {@return the operations on the domain's disks, network cards, removable media and PCI devices} */
    public DomainDevices devices() {
        return new DomainDevices(handle);
    }

    /** {@return the access to the QEMU that serves the domain} */
    public DomainDeviceModel deviceModel() {
        return new DomainDeviceModel(handle);
    }

    /** {@return the access to the domain's screen} */
    public DomainScreen screen() {
        return new DomainScreen(handle);
    }

    /** {@return the access to the guest's console and to Xen's messages about the domain} */
    public DomainConsole console() {
        return new DomainConsole(handle);
    }

    /** {@return the operations that stop the guest and wait for its end} */
    public DomainLifecycle lifecycle() {
        return new DomainLifecycle(handle);
    }

    @Override
    public String toString() {
        return handle.toString();
    }
}
