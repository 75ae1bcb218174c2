// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Emulated controllers and a sound card of an HVM guest.
 *
 * @param diskBus controller of the disks {@code hda} …
 * @param usbVersion version of a USB controller, 1 … 3, for a machine without {@link HvmFeature#USB} and without USB
 *     devices; the other kind of controller takes precedence
 * @param sound the sound card
 */
public record PeripheralConfig(DiskBus diskBus, OptionalInt usbVersion, Optional<SoundCard> sound) {
    /** xl's default: IDE, nothing else. */
    public static final PeripheralConfig DEFAULT =
            new PeripheralConfig(DiskBus.IDE, OptionalInt.empty(), Optional.empty());

    /** Controllers of disks: xl.cfg's {@code hdtype}. */
    public enum DiskBus {
        /** An IDE controller for four disks. */
        IDE,
        /** An AHCI controller for six disks; CD-ROM drives stay at the IDE controller. */
        AHCI;

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Sound cards of QEMU: xl.cfg's {@code soundhw}. */
    public enum SoundCard {
        /** Intel's AC'97. */
        AC97("AC97"),
        /** AdLib. */
        ADLIB("adlib"),
        /** Crystal's CS4231A. */
        CS4231A("cs4231a"),
        /** Ensoniq's ES1370. */
        ES1370("ES1370"),
        /** Gravis Ultrasound. */
        GUS("gus"),
        /** Intel's HD Audio, with a duplex codec. */
        HDA("intel-hda"),
        /** Creative's Sound Blaster 16. */
        SB16("sb16");

        private final String device;

        SoundCard(String device) {
            this.device = device;
        }

        /** {@return QEMU's name of the device} */
        public String device() {
            return device;
        }

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Checks the version.
     *
     * @param diskBus controller of the disks {@code hda} …
     * @param usbVersion version of a USB controller, 1 … 3, for a machine without {@link HvmFeature#USB} and without
     *     USB devices; the other kind of controller takes precedence
     * @param sound the sound card
     * @throws ConfigException if there is no such version
     */
    public PeripheralConfig {
        new ProblemCollector()
                .add(DomainRules.ofLimit("usbversion", usbVersion.orElse(1), 1, 3), "usbversion")
                .throwIfAny("");
    }
}
