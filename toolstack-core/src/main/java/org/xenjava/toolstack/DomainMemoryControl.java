// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.dump.CoreDump;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.pod.MemoryTouchingOperation;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.resize.MemoryResize;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Size, limits and dumps of one domain's memory. {@link Domain#memory} returns it. */
public final class DomainMemoryControl {
    private static final Logger LOG = LoggerFactory.getLogger(DomainMemoryControl.class);

    private static final int CONTROL_DOMAIN = 0;

    private final DomainHandle domain;

    DomainMemoryControl(DomainHandle domain) {
        this.domain = domain;
    }

    /** {@return the sizes of the domain in xenstore and in Xen} */
    public MemoryStatus status() {
        String verb = "reading the memory of";
        return domain.attempting(verb, () -> resize().status(sized(verb)));
    }

    /**
     * Sets the size ({@code xl mem-set}), which the guest's balloon driver follows. While a populate-on-demand guest
     * has not finished ballooning, a larger size also grows the PoD cache. The needed host memory is claimed first.
     * Domain 0 keeps what its programs use and a margin, and leaves the host a reserve.
     *
     * @param memory whole pages, video RAM included, at most static-max
     * @throws org.xenjava.toolstack.error.ConfigException if the size is out of range
     * @throws org.xenjava.toolstack.error.HostMemoryException if the host has too little memory; nothing has changed
     */
    public void set(KiB memory) {
        String verb = "setting the memory of";
        domain.exclusively(verb, () -> {
            if (domain.domid() == CONTROL_DOMAIN) {
                domain.context().rooms().controlDomainSize().set(memory);
            } else {
                resize().setMemory(changeable(verb), memory);
            }
        });
        LOG.info("{} resized to {}", domain, memory);
    }

    /**
     * Sets max_mem ({@code xl mem-max}), and the maximum that the next build of the domain uses. The running guest's
     * {@code memory/static-max} stays, because its balloon driver computes with it; that of domain 0 follows, because
     * its driver does not.
     *
     * @param maxMemory whole MiB, at least the memory target
     */
    public void setMaximum(KiB maxMemory) {
        String verb = "setting the maximum memory of";
        domain.exclusively(verb, () -> {
            if (domain.domid() == CONTROL_DOMAIN) {
                domain.context().rooms().controlDomainSize().setMaximum(maxMemory);
            } else {
                resize().setMaxMemory(changeable(verb), maxMemory);
            }
        });
        LOG.info("{} may grow to {}", domain, maxMemory);
    }

    /**
     * Writes the memory to a file as {@link #dump(Path, DumpListener, Cancellation)} does, without reports of the
     * progress.
     *
     * @param file the file; an existing one is replaced once the dump is complete
     */
    public void dump(Path file) {
        dump(file, DumpListener.NONE, new Cancellation());
    }

    /**
     * Writes the memory to a file in Xen's dump-core format. A running domain is paused until the dump ends. The dump
     * populates all populate-on-demand entries. Pages of zeroes take no space on the disk.
     *
     * @param file the file; an existing one is replaced once the dump is complete
     * @param listener receives the progress
     * @param cancellation cancels the dump
     * @throws PodDebtException while entries lack pages: reading them might crash the guest
     * @throws org.xenjava.toolstack.error.CoreDumpException if the file cannot be written; no partial file is left
     * @throws org.xenjava.toolstack.error.OperationCancelledException if the dump is cancelled; no partial file is
     *     left
     */
    public void dump(Path file, DumpListener listener, Cancellation cancellation) {
        String verb = MemoryTouchingOperation.COREDUMP.gerund();
        domain.attempting(verb, () -> domain.context().gate().run(cancellation, () -> {
            write(verb, file, new CoreDump(domain.xenctrl(), domain.domid(), listener, cancellation));
            return file;
        }));
        LOG.info("{} dumped to {}", domain, file);
    }

    private void write(String verb, Path file, CoreDump dump) {
        DomainInfo sized = sized(verb);
        if (!sized.hvm()) {
            throw new DomainStateException(
                    verb + " " + domain + ": only HVM and PVH domains are supported: the pages of a PV"
                            + " domain have no addresses of their own");
        }
        MemoryStatus memory = resize().status(sized);
        new DomainPod(domain).withoutDebt(MemoryTouchingOperation.COREDUMP, () -> {
            DomainInfo info = domain.info(verb);
            Domain guest = new Domain(domain.context(), domain.domid(), domain.uuid());
            boolean running = !info.paused() && !info.shutdown();
            if (running) {
                guest.pause();
            }
            try {
                dump.write(memory.staticMax(), info.maxVcpuId() + 1, file);
            } finally {
                if (running) {
                    guest.unpause();
                }
            }
            return file;
        });
    }

    private MemoryResize resize() {
        HostContext context = domain.context();
        return new MemoryResize(context.xenctrl(), context.store(), context.podPolicy(), context.processes());
    }

    private DomainInfo changeable(String verb) {
        return sized(verb, domain.changeable(verb));
    }

    /** Requires a domain whose size this library can read and set. */
    private DomainInfo sized(String verb) {
        return sized(verb, domain.info(verb));
    }

    private DomainInfo sized(String verb, DomainInfo info) {
        if (info.domid() == CONTROL_DOMAIN) {
            throw new DomainStateException(verb + " " + domain + ": domain 0 is no guest");
        }
        return info;
    }
}
