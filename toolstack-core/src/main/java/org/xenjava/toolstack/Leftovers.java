// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.create.Cleanup;
import org.xenjava.toolstack.create.boot.BootDirectory;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.progress.Leftover;

/**
 * Finds and removes what failed or killed builds and removals have left on the host: domains, nodes, loop devices,
 * network interfaces, QEMU processes, PCI and USB devices. {@link Toolstack#leftovers} returns it. What another process works on is no
 * leftover, and what belongs to other toolstacks is left alone.
 */
public final class Leftovers {
    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    private final HostContext context;
    private final Cleanup cleanup;

    Leftovers(HostContext context) {
        this.context = context;
        this.cleanup = new Cleanup(
                context.xenctrl(),
                context.store(),
                context.builds(),
                context.removal(),
                context.saves(),
                context.arrivals(),
                context.deviceModels(),
                context.rooms(),
                context.pci(),
                context.usb());
    }

    /** {@return what is left now} */
    public List<Leftover> find() {
        return context.attempting("looking for leftovers", cleanup::all);
    }

    /**
     * Removes one leftover. Does nothing if it is gone.
     *
     * @param leftover an element of {@link #find}
     * @throws ToolstackException if it cannot be removed; it is found again
     */
    public void remove(Leftover leftover) {
        context.attempting("removing the " + leftover, () -> {
            Optional<DomainDevices> holder =
                    leftover.device().flatMap(address -> devices(context.pci().holder(address)));
            Optional<DomainDevices> usbHolder =
                    leftover.usbDevice().flatMap(name -> devices(context.usb().holder(name)));
            cleanup.remove(leftover);
            leftover.device().ifPresent(address -> holder.ifPresent(devices -> devices.forgetPciIfGone(address)));
            usbHolder.ifPresent(DomainDevices::rememberUsb);
            LOG.info("{} removed", leftover);
            return leftover;
        });
    }

    /** The devices of a domain that has a part of a device of the host. */
    private Optional<DomainDevices> devices(OptionalInt holder) {
        return holder.stream()
                .boxed()
                .flatMap(domid -> context.xenctrl().domains().info(domid).stream())
                .filter(info -> !info.dying())
                .findFirst()
                .map(info -> new DomainDevices(new DomainHandle(context, info.domid(), info.handle())));
    }

    /**
     * Removes all that {@link #find} finds, and the files of boot loaders.
     *
     * @return what was removed
     * @throws ToolstackException the first failure, with the others suppressed; everything was tried
     */
    public List<Leftover> removeAll() {
        removeBootFiles();
        List<Leftover> removed = new ArrayList<>();
        Undo.all(find().stream()
                .<Runnable>map(leftover -> () -> {
                    remove(leftover);
                    removed.add(leftover);
                })
                .toList());
        return List.copyOf(removed);
    }

    /** Removes the files of boot loaders whose process has ended, which belong to no domain and are not found one by one. */
    public void removeBootFiles() {
        BootDirectory.removeAbandoned();
    }

    /** Removes what is recorded as unfinished and what costs little to find. A failure keeps nobody from working. */
    void removeRecorded() {
        removeBootFiles();
        List<Leftover> recorded = context.attempting("looking for leftovers", () -> Stream.concat(
                        cleanup.recorded().stream(), cleanup.deviceModels().stream())
                .toList());
        for (Leftover leftover : recorded) {
            try {
                remove(leftover);
            } catch (ToolstackException e) {
                LOG.warn("the {} could not be removed: {}", leftover, e.getMessage());
                LOG.debug("the {} could not be removed", leftover, e);
            }
        }
    }
}
