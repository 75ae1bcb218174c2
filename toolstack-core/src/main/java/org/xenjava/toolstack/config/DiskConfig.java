// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.collect.Sets;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.error.ConfigException;

/**
 * A disk, or a drive for removable ones, as xl-disk-configuration(5) describes it. Make one with {@link #builder}.
 *
 * @param target the block device or image file, or the argument of {@code script}. A relative name is relative to
 *     {@code /dev}, as in libxl's block script. Empty only for a drive without a medium
 * @param format the target's format
 * @param vdev the guest's name of the disk
 * @param access what the guest may do; read-only for every CD-ROM drive
 * @param device a disk or a CD-ROM drive
 * @param backend the server of the disk; if it is empty, the plan of the guest's devices chooses one by the table in
 *     {@code docs/xl-cfg.md}
 * @param backendDomain name or number of the domain that serves the disk; if it is empty, domain 0
 * @param script the hotplug script that makes a block device of the target, if any
 * @param options further properties
 */
public record DiskConfig(
        Optional<String> target,
        Format format,
        VirtualDisk vdev,
        Access access,
        Device device,
        Optional<Backend> backend,
        Optional<String> backendDomain,
        Optional<String> script,
        Set<Option> options) {

    private static final int IDE_PLACES = 4;
    private static final int AHCI_PLACES = 6;

    /** Format of a target. */
    public enum Format {
        /** The bytes of the disk, one after the other. */
        RAW,
        /** QEMU's image format, which only QEMU serves. */
        QCOW2;

        /** {@return the word of xl.cfg and of xenstore} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A guest's access to a disk. */
    public enum Access {
        /** The guest may read. */
        READ_ONLY("r"),
        /** The guest may read and write. */
        READ_WRITE("w");

        private final String word;

        Access(String word) {
            this.word = word;
        }

        /** {@return the word of xl.cfg and of xenstore's {@code mode}: {@code r} or {@code w}} */
        public String word() {
            return word;
        }
    }

    /** Kind of disk that a guest sees. */
    public enum Device {
        /** A disk whose medium stays. */
        DISK,
        /** A CD-ROM drive, whose medium can be changed while the guest runs. */
        CDROM;

        /** {@return the word of xl.cfg's {@code devtype} and of xenstore's {@code device-type}} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Server of a disk. */
    public enum Backend {
        /** The kernel's blkback, on a block device in raw format. */
        PHY,
        /** A QEMU process. */
        QDISK;

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The emulated controllers of an HVM guest. */
    public enum Controller {
        /** Two channels with two places each. */
        IDE,
        /** The controller of disks whose names begin with {@code sd}. */
        SCSI,
        /** Six places, in a machine whose disks {@code hda} … are on AHCI instead of IDE. */
        AHCI
    }

    /** Further properties of a disk. */
    public enum Option {
        /** The guest may discard sectors. xl's default for a writable disk. */
        DISCARD,
        /** QEMU may bypass the host's cache: right unless the target lies on a network. */
        DIRECT_IO_SAFE,
        /** The guest is advised not to trust the backend. */
        UNTRUSTED
    }

    /**
     * Checks the values.
     *
     * @param target the block device or image file, or the argument of {@code script}. A relative name is relative to
     *     {@code /dev}, as in libxl's block script. Empty only for a drive without a medium
     * @param format the target's format
     * @param vdev the guest's name of the disk
     * @param access what the guest may do; read-only for every CD-ROM drive
     * @param device a disk or a CD-ROM drive
     * @param backend the server of the disk; if it is empty, the plan of the guest's devices chooses one by the table
     *     in {@code docs/xl-cfg.md}
     * @param backendDomain name or number of the domain that serves the disk; if it is empty, domain 0
     * @param script the hotplug script that makes a block device of the target, if any
     * @param options further properties
     * @throws ConfigException if the values are invalid
     */
    public DiskConfig {
        options = Sets.immutableEnumSet(options);
        DeviceRules.ofDisk(target, format, vdev, access, device, backend, backendDomain, script)
                .ifPresent(complaint -> {
                    throw new ConfigException(complaint);
                });
    }

    /** {@return a CD-ROM drive without a medium} */
    public boolean isEmptyDrive() {
        return target.isEmpty();
    }

    /**
     * {@return the emulated controller on which an HVM guest sees this disk too, at the place {@link
     * VirtualDisk#disk}, until it loads paravirtual drivers} The rule is libxl's (libxl_dm.c): a disk whose name
     * begins with {@code sd} is on the SCSI controller; the first four disks of any other name, and CD-ROM drives,
     * are on the IDE controller. Partitions and bare numbers are not emulated (xen-vbd-interface(7)).
     */
    public Optional<Controller> emulated() {
        return emulated(PeripheralConfig.DiskBus.IDE);
    }

    /**
     * {@return the emulated controller as {@link #emulated()}, of a machine with another controller for {@code hda} …}
     * An AHCI controller has six places; CD-ROM drives stay at the IDE controller.
     *
     * @param bus the machine's controller
     */
    public Optional<Controller> emulated(PeripheralConfig.DiskBus bus) {
        if (vdev.bus() == VirtualDisk.Bus.NUMBERED || vdev.partition() != 0) {
            return Optional.empty();
        }
        if (vdev.bus() == VirtualDisk.Bus.SCSI && device == Device.DISK) {
            return Optional.of(Controller.SCSI);
        }
        if (bus == PeripheralConfig.DiskBus.AHCI && device == Device.DISK) {
            return vdev.disk() < AHCI_PLACES ? Optional.of(Controller.AHCI) : Optional.empty();
        }
        return vdev.disk() < IDE_PLACES ? Optional.of(Controller.IDE) : Optional.empty();
    }

    /** {@return Xen's number of the virtual device, such as 51712 for {@code xvda}} */
    public int number() {
        return vdev.number();
    }

    /**
     * {@return a builder with xl's defaults: a raw writable disk with discard, whose backend the toolstack chooses}
     *
     * @param vdev the guest's name of the disk, such as {@code xvda}
     * @throws ConfigException if {@code vdev} names no virtual disk
     */
    public static Builder builder(String vdev) {
        return new Builder(new VirtualDisk(vdev));
    }

    /** Collects a disk; {@link #build} validates it. */
    public static final class Builder {
        private final VirtualDisk vdev;
        private Optional<String> target = Optional.empty();
        private Format format = Format.RAW;
        private Access access = Access.READ_WRITE;
        private Device device = Device.DISK;
        private Optional<Backend> backend = Optional.empty();
        private Optional<String> backendDomain = Optional.empty();
        private Optional<String> script = Optional.empty();
        private final Set<Option> options = EnumSet.noneOf(Option.class);
        private Optional<Discard> discard = Optional.empty();

        private Builder(VirtualDisk vdev) {
            this.vdev = vdev;
        }

        /**
         * Sets the target.
         *
         * @param value path of a block device or an image file; a relative name is relative to {@code /dev}
         * @return this builder
         */
        public Builder target(String value) {
            target = Optional.of(value);
            return this;
        }

        /**
         * Sets the format of the target.
         *
         * @param value the format; the default is raw
         * @return this builder
         */
        public Builder format(Format value) {
            format = value;
            return this;
        }

        /**
         * Lets the guest only read.
         *
         * @return this builder
         */
        public Builder readOnly() {
            access = Access.READ_ONLY;
            return this;
        }

        /**
         * Makes the disk a read-only CD-ROM drive, without a medium if there is no target.
         *
         * @return this builder
         */
        public Builder cdrom() {
            device = Device.CDROM;
            return readOnly();
        }

        /**
         * Sets the server of the disk.
         *
         * @param value a server that can serve the target; otherwise creating the guest fails
         * @return this builder
         */
        public Builder backend(Backend value) {
            backend = Optional.of(value);
            return this;
        }

        /**
         * Sets the domain that serves the disk. The library reads and writes it; only domain 0 serves disks.
         *
         * @param value name or number of the domain; the default is domain 0
         * @return this builder
         */
        public Builder backendDomain(String value) {
            backendDomain = Optional.of(value);
            return this;
        }

        /**
         * Sets a hotplug script.
         *
         * @param value name of the script
         * @return this builder
         */
        public Builder script(String value) {
            script = Optional.of(value);
            return this;
        }

        /**
         * Allows discard. By default, a writable disk has it.
         *
         * @return this builder
         */
        public Builder discard() {
            discard = Optional.of(Discard.YES);
            return this;
        }

        /**
         * Forbids discard, as for an image file whose blocks are to stay allocated.
         *
         * @return this builder
         */
        public Builder noDiscard() {
            discard = Optional.of(Discard.NO);
            return this;
        }

        /**
         * Lets QEMU bypass the host's cache; see {@link Option#DIRECT_IO_SAFE}.
         *
         * @return this builder
         */
        public Builder directIoSafe() {
            options.add(Option.DIRECT_IO_SAFE);
            return this;
        }

        /**
         * Advises the guest not to trust the backend.
         *
         * @return this builder
         */
        public Builder untrusted() {
            options.add(Option.UNTRUSTED);
            return this;
        }

        /**
         * Makes the disk.
         *
         * @return the disk
         * @throws ConfigException if the values are not a valid disk
         */
        public DiskConfig build() {
            Set<Option> all = EnumSet.noneOf(Option.class);
            all.addAll(options);
            if (discard.orElse(access == Access.READ_WRITE ? Discard.YES : Discard.NO) == Discard.YES) {
                all.add(Option.DISCARD);
            }
            return new DiskConfig(target, format, vdev, access, device, backend, backendDomain, script, all);
        }

        private enum Discard {
            YES,
            NO
        }
    }
}
