// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.List;
import org.xenjava.toolstack.store.DomainPaths;

/**
 * One device of one domain, and the paths of its nodes.
 *
 * @param kind the guest's word: {@link #DISK}, {@link #CARD} or another of {@link #KINDS}
 * @param backend the back end's word: the same, or {@link #QEMU_DISK}
 * @param domid number of the guest
 * @param devid number of the device: for a disk Xen's number, such as 51712; for a card from 0
 * @param server number of the domain of the back end
 */
public record PvDevice(String kind, String backend, int domid, int devid, int server) {
    public static final String DISK = "vbd";
    public static final String QEMU_DISK = "qdisk";
    public static final String CARD = "vif";

    /** A paravirtual keyboard and mouse. libxl gives every HVM guest one; this library does not. */
    public static final String KEYBOARD = "vkbd";

    /** A paravirtual screen. */
    public static final String SCREEN = "vfb";

    /** A directory of the host. */
    public static final String SHARE = "9pfs";

    /** A channel: a console that QEMU serves. Console 0, which xenconsoled serves, is no device of this class. */
    public static final String CONSOLE = "console";

    /**
     * The kinds that are detached one by one. Channels go with the domain's nodes: nothing of the host is behind them when
     * QEMU has ended.
     */
    public static final List<String> KINDS = List.of(DISK, CARD, KEYBOARD, SCREEN, SHARE);

    public static final List<String> BACKENDS = List.of(DISK, QEMU_DISK, CARD, KEYBOARD, SCREEN, SHARE, CONSOLE);

    /** All PCI devices of a domain, which share one back end with the number 0. */
    public static final String PCI = "pci";

    /** All USB controllers of a domain that QEMU emulates. They have no back end. */
    public static final String USB = "vusb";

    /** The directory of dom0's back ends. */
    public static final String BACKEND_ROOT = backendRoot(0);

    /** A device that dom0 serves. */
    public PvDevice(String kind, String backend, int domid, int devid) {
        this(kind, backend, domid, devid, 0);
    }

    /** A device whose back end's directory is known. */
    public static PvDevice ofBackend(String backend, int domid, int devid, int server) {
        return new PvDevice(backend.equals(QEMU_DISK) ? DISK : backend, backend, domid, devid, server);
    }

    /** The directory of the back ends of a domain. */
    public static String backendRoot(int server) {
        return DomainPaths.DOMAINS + "/" + server + "/backend";
    }

    /** Whether dom0 serves the device, not a driver domain. */
    public boolean isLocal() {
        return server == 0;
    }

    /** The back end in messages. */
    public String serverInWords() {
        return isLocal() ? "dom0's back end" : "the back end in domain " + server;
    }

    public boolean servedByQemu() {
        return !backend.equals(DISK) && !backend.equals(CARD);
    }

    public String frontPath() {
        return new DomainPaths(domid).of("device/" + kind + "/" + devid);
    }

    public String backPath() {
        return backendRoot(server) + "/" + place();
    }

    /** The toolstack's copy of the back end's nodes, which no back end can change. */
    public String libxlPath() {
        return new DomainPaths(domid).libxl() + "/device/" + kind + "/" + devid;
    }

    /** The node in which Linux' back ends report errors. */
    public String errorPath() {
        return DomainPaths.DOMAINS + "/" + server + "/error/backend/" + place();
    }

    private String place() {
        return backend + "/" + domid + "/" + devid;
    }

    /** The device in messages: {@code disk 51712 of domain 3}. */
    @Override
    public String toString() {
        return noun(kind) + " " + devid + " of domain " + domid;
    }

    /** A kind in messages. */
    static String noun(String kind) {
        return switch (kind) {
            case CARD -> "network card";
            case KEYBOARD -> "keyboard";
            case SCREEN -> "screen";
            case SHARE -> "share";
            case CONSOLE -> "channel";
            case PCI -> "PCI back end";
            case USB -> "USB controller";
            default -> "disk";
        };
    }
}
