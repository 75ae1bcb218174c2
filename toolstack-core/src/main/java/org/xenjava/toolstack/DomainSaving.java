// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.context.CurrentConfig;
import org.xenjava.toolstack.context.PresentLibxlConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.pod.MemoryTouchingOperation;
import org.xenjava.toolstack.privatefile.PrivateFile;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.save.DomainSaver;
import org.xenjava.toolstack.save.GuestEmulator;
import org.xenjava.toolstack.save.SuspendedGuest;
import org.xenjava.toolstack.save.Suspension;
import org.xenjava.toolstack.save.UnsavablePart;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;

/** Saves one domain to a file. {@link Domain#saving} returns it, and {@link Toolstack#restore} restores the file. */
public final class DomainSaving {
    private static final Logger LOG = LoggerFactory.getLogger(DomainSaving.class);

    /** The limit of the wait for the guest's answer, and of the wait until it has stopped. */
    private static final Duration SUSPEND_LIMIT = Duration.ofSeconds(60);

    /** The state of a front end in xenstore before a driver has found it. */
    private static final String INITIALISING = "1";

    private final DomainHandle domain;

    DomainSaving(DomainHandle domain) {
        this.domain = domain;
    }

    /** Fates of the domain once the file is complete. */
    public enum Afterwards {
        /** The domain is destroyed. */
        DESTROY,
        /** The guest runs on. */
        RESUME,
        /** The guest stays, paused; {@link Domain#unpause} lets it run on. */
        RESUME_PAUSED
    }

    /**
     * Saves the domain as {@link #save(Path, Afterwards, DumpListener, Cancellation)} does, without reports of the
     * progress.
     *
     * @param file the file; an existing one is replaced once the save is complete
     * @param afterwards what happens to the domain then
     */
    public void save(Path file, Afterwards afterwards) {
        save(file, afterwards, DumpListener.NONE, new Cancellation());
    }

    /**
     * Suspends the guest and writes the domain to a file in the format of {@code xl save}, which {@code xl restore} reads
     * too. Pages of zeroes take no space on the disk. If the save fails or is cancelled, the guest runs on and no file
     * is left. Once the file of a domain that is to be destroyed is complete, the guest is in the file: a domain that cannot
     * be destroyed stays suspended, and the next toolstack that opens destroys it. The guest also stays suspended if the disk
     * fails while the complete file gets its name; the next toolstack that opens finds out which of the two counts.
     *
     * @param file the file; an existing one is replaced once the save is complete and on the disk
     * @param afterwards what happens to the domain then
     * @param listener receives the progress
     * @param cancellation cancels the save
     * @throws PodDebtException while populate-on-demand entries lack pages: such a guest cannot be restored
     * @throws DomainStateException if its configuration is unknown, it cannot suspend itself, or another
     *     save of it runs
     * @throws org.xenjava.toolstack.error.OperationTimeoutException if the guest does not suspend itself within a minute
     * @throws SaveStreamException if the file cannot be written
     * @throws DeviceModelException if the QEMU that emulates the guest's devices or serves a disk fails, or has ended; a guest
     *     that was suspended already counts as crashed without it
     */
    public void save(Path file, Afterwards afterwards, DumpListener listener, Cancellation cancellation) {
        String verb = MemoryTouchingOperation.SAVE.gerund();
        domain.exclusively(verb, () -> domain.context().gate().run(cancellation, () -> {
            domain.changeable(verb);
            DomainConfig config = config(domain, verb);
            new DomainPod(domain).withoutDebt(MemoryTouchingOperation.SAVE, () -> {
                DomainSaver saver = new DomainSaver(
                        domain.xenctrl(), domain.domid(), config.type(), emulator(domain), cancellation);
                write(
                        file,
                        afterwards,
                        (channel, suspension) ->
                                saver.write(channel, json(), config.maxMemory(), () -> suspension.suspend(), listener));
                return file;
            });
            return file;
        }));
        LOG.info("{} saved to {}", domain, file);
    }

    /** The configuration of a domain that can be saved. */
    static DomainConfig config(DomainHandle domain, String verb) {
        DomainConfig config = CurrentConfig.of(
                        domain.store().direct(),
                        domain.paths(),
                        domain.context().podPolicy())
                .or(() -> ofLibxl(domain, verb))
                .orElseThrow(() -> new DomainStateException(
                        verb + " " + domain + ": neither this library nor libxl has a configuration of the domain"));
        Optional<UnsavablePart> unsavable = UnsavablePart.of(config)
                .or(() -> Optional.of(UnsavablePart.VIRTUAL_NODES)
                        .filter(part -> domain.xenctrl().topology().hasVirtualTopology(domain.domid())))
                // The device for which it was left out may be detached.
                .or(() -> Optional.of(UnsavablePart.RESERVED_MEMORY)
                        .filter(part ->
                                domain.store().direct().exists(domain.paths().reservedMemory())));
        if (unsavable.isPresent()) {
            throw new DomainStateException(
                    verb + " " + domain + ": " + unsavable.get().saveRefusal());
        }
        requireWideAddresses(domain, verb, config.type());
        return config;
    }

    /** xl builds PV guests with 32-bit kernels, too, if Xen was built for them. Their lists and registers are others. */
    private static void requireWideAddresses(DomainHandle domain, String verb, DomainType type) {
        if (type == DomainType.PV && domain.xenctrl().state().addressBits(domain.domid()) != Long.SIZE) {
            throw new DomainStateException(
                    verb + " " + domain + ": it is a 32-bit PV guest, which this library does not save; use xl");
        }
    }

    /** The configuration of a guest of xl, which libxl has stored. */
    private static Optional<DomainConfig> ofLibxl(DomainHandle domain, String verb) {
        try {
            return PresentLibxlConfig.of(domain.context(), domain.domid(), domain.uuid())
                    .map(stored -> stored.read().config());
        } catch (ConfigException e) {
            throw new DomainStateException(
                    verb + " " + domain
                            + ": another toolstack has built the domain, and its configuration has what this"
                            + " library does not: " + e.getMessage(),
                    e);
        }
    }

    /** Writes the domain to a file and suspends the guest on the way. */
    @FunctionalInterface
    private interface Writer {
        void write(FileChannel channel, Suspension suspension) throws IOException;
    }

    /** The suspension of a guest, which a record in xenstore accompanies. */
    static Suspension suspension(DomainHandle domain, String verb) {
        return new Suspension(
                domain.store(),
                domain.context().events(),
                domain.domid(),
                domain.context().saves().mark(domain.domid(), domain.uuid()),
                () -> domain.info(verb),
                SUSPEND_LIMIT,
                () -> directSuspension(domain, verb));
    }

    /** Stops a guest that has no driver to be asked. */
    private static Optional<Runnable> directSuspension(DomainHandle domain, String verb) {
        if (hasSuspendDriver(domain)) {
            return Optional.empty();
        }
        if (hasConnectedFrontEnd(domain)) {
            throw new DomainStateException(verb + " " + domain
                    + ": the guest has paravirtual drivers and cannot be asked to suspend itself now, because it sleeps or was"
                    + " restored a moment ago; try again when it has run");
        }
        return Optional.of(() -> {
            domain.xenctrl().domains().remoteShutdown(domain.domid(), SuspendedGuest.REASON);
            if (hasConnectedFrontEnd(domain)) {
                throw new DomainStateException(
                        verb + " " + domain + ": its drivers connected when it was suspended; try again");
            }
        });
    }

    /** A guest that is stopped without its knowledge would not connect its front ends again. */
    private static boolean hasConnectedFrontEnd(DomainHandle domain) {
        return Stream.of("vbd", "vif")
                .map(kind -> domain.paths().of("device/" + kind))
                .flatMap(kind -> domain.store().list(kind).stream().map(device -> kind + "/" + device + "/state"))
                .anyMatch(state -> domain.store()
                        .read(state)
                        .filter(now -> !now.equals(INITIALISING))
                        .isPresent());
    }

    /** An HVM guest without paravirtual drivers, or in ACPI's state S3, is not asked; it notices nothing. */
    private static boolean hasSuspendDriver(DomainHandle domain) {
        boolean hvm = domain.store()
                .read(domain.paths().libxlType())
                .filter(DomainType.HVM.word()::equals)
                .isPresent();
        return !hvm || hasCallback(domain) && isAwake(domain);
    }

    private static boolean hasCallback(DomainHandle domain) {
        return domain.xenctrl().hvm().param(domain.domid(), HvmParam.CALLBACK_IRQ) != 0;
    }

    private static boolean isAwake(DomainHandle domain) {
        return domain.xenctrl().hvm().param(domain.domid(), HvmParam.ACPI_S_STATE) == 0;
    }

    static GuestEmulator emulator(DomainHandle domain) {
        return domain.context().saves().emulator(domain.domid());
    }

    private void write(Path file, Afterwards afterwards, Writer writer) {
        Suspension suspension = suspension(domain, MemoryTouchingOperation.SAVE.gerund());
        domain.context().saves().during(domain.domid(), domain.uuid(), () -> {
            try {
                PrivateFile.replace(
                        file,
                        channel -> writer.write(channel, suspension),
                        afterwards == Afterwards.DESTROY
                                ? domain.context().saves().replacingDomain(domain.domid(), domain.uuid())
                                : PrivateFile.Naming.UNRECORDED);
            } catch (IOException e) {
                throw new SaveStreamException(
                        "saving " + domain + ": " + file + " cannot be written: " + e.getMessage(), e);
            }
            finish(afterwards);
        });
    }

    /** libxl's JSON with the sizes and the devices of now. */
    private String json() {
        return json(domain, MemoryTouchingOperation.SAVE.gerund());
    }

    static String json(DomainHandle domain, String verb) {
        return PresentLibxlConfig.of(domain.context(), domain.domid(), domain.uuid())
                .orElseThrow(() -> new DomainStateException(verb + " " + domain + ": its configuration is gone"))
                .withDomid(OptionalInt.empty())
                .text();
    }

    private void finish(Afterwards afterwards) {
        if (afterwards == Afterwards.DESTROY) {
            domain.context().removal().remove(domain.domid(), domain.uuid());
            return;
        }
        if (afterwards == Afterwards.RESUME_PAUSED) {
            domain.xenctrl().domains().pause(domain.domid());
        }
        SuspendedGuest guest = new SuspendedGuest(domain.xenctrl(), domain.store(), domain.domid(), emulator(domain));
        if (!guest.isResumedIfSuspended()) {
            throw new DeviceModelException(MemoryTouchingOperation.SAVE.gerund() + " " + domain
                    + ": its QEMU ended while it was suspended, so that it counts as crashed; the file is complete");
        }
    }
}
