// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Controller;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Spice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.PeripheralConfig.DiskBus;
import org.xenjava.toolstack.config.PeripheralConfig.SoundCard;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.memory.GuestShape;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * QEMU's arguments, a pure function of the guest. The machine is the one that libxl makes of the same file, so that a
 * guest that moves between the two toolstacks finds the same hardware. Tests compare the arguments with recordings of
 * libxl.
 */
public final class QemuCommandLine {
    private static final KiB FOUR_GIB = KiB.ofMiB(4096);
    private static final long BYTES_PER_KIB = 1024;

    /** The name of the monitor that identifies a QEMU of this library. */
    public static final String MONITOR = "xenjava";

    /** The name of the monitor that xl uses. */
    public static final String LIBXL_MONITOR = "libxl-cmd";

    /** The number of displays among which QEMU looks for a free one, as in libxl. */
    private static final int DISPLAYS = 99;

    /** USB 1 controllers beside one of USB 2. */
    private static final int COMPANIONS = 3;

    private static final String PASSWORD = ",password=on";
    private static final String SCSI_CONTROLLER = "lsi53c895a,id=scsi0";

    private final int domid;
    private final QemuPlan plan;
    private final QemuFiles files;
    private final List<String> arguments = new ArrayList<>();

    private QemuCommandLine(int domid, QemuPlan plan, QemuFiles files) {
        this.domid = domid;
        this.plan = plan;
        this.files = files;
    }

    /** The arguments behind the program's name. For a guest that is not HVM, QEMU serves paravirtual devices only. */
    static List<String> of(int domid, QemuPlan plan, QemuFiles files) {
        return new QemuCommandLine(domid, plan, files).arguments();
    }

    private List<String> arguments() {
        DomainConfig config = plan.config();
        add("-xen-domid", Integer.toString(domid));
        // Xen reports that a guest has stopped; QEMU runs until it is told to end.
        add("-no-shutdown");
        arguments.addAll(plan.confinement().arguments(domid, files.root(domid)));
        // First: when a socket appears, its predecessor listens.
        addMonitor(MONITOR, files.ownSocket(domid).toString());
        addMonitor(LIBXL_MONITOR, files.libxlSocket(domid).toString());
        addMonitor("libxenstat-cmd", files.xenstatSocket(domid).toString());
        add("-nodefaults", "-no-user-config");
        add("-name", escaped(config.name()));
        config.hvm().ifPresentOrElse(this::addMachine, this::addBackend);
        GuestShape shape = plan.memory().shape();
        add("-m", Long.toString(shape.maxMemory().minus(shape.videoRam()).toMiB()));
        config.hvm().ifPresent(machine -> {
            DiskBus bus = machine.peripherals().diskBus();
            if (bus == DiskBus.AHCI) {
                add("-device", "ahci,id=ahci0");
            }
            plan.disks().forEach(disk -> addDisk(disk, bus));
            machine.platform().vendorDevice().ifPresent(device -> add("-device", "xen-pvdevice,device-id=0xc000"));
        });
        plan.others().forEach(device -> arguments.addAll(device.arguments()));
        arguments.addAll(config.deviceModel().arguments());
        return List.copyOf(arguments);
    }

    private void add(String... more) {
        arguments.addAll(List.of(more));
    }

    private void addMonitor(String id, String socket) {
        add("-chardev", "socket,id=" + id + ",path=" + escaped(socket) + ",server=on,wait=off");
        add("-mon", "chardev=" + id + ",mode=control");
    }

    private void addBackend() {
        add("-xen-attach");
        addScreen(GuestScreen.of(plan.config()).orElse(GraphicsConfig.of(Vga.NONE)));
        add("-machine", "xenpv,suppress-vmdesc=on");
    }

    private void addMachine(HvmConfig machine) {
        addScreen(machine.graphics());
        addNoWindow(machine);
        machine.graphics().spice().ifPresent(this::addSpice);
        addKernel();
        machine.serial().forEach(port -> add("-serial", port));
        addCard(machine.graphics());
        add("-boot", "order=" + machine.boot());
        addUsb(machine);
        addSound(machine);
        addVcpus();
        addNics(machine);
        add("-machine", machineType(machine, plan.memory().deviceMemory().holeStart()));
    }

    /** Adds what shows the screen. */
    private void addScreen(GraphicsConfig graphics) {
        add("-vnc", graphics.vnc().map(QemuCommandLine::vnc).orElse("none"));
        add("-display", graphics.sdl().isPresent() ? "sdl" : "none");
        graphics.keymap().ifPresent(keymap -> add("-k", keymap));
    }

    private void addNoWindow(HvmConfig machine) {
        GraphicsConfig graphics = machine.graphics();
        if (machine.has(HvmFeature.NOGRAPHIC)
                && graphics.vnc().isEmpty()
                && graphics.sdl().isEmpty()) {
            add("-nographic");
        }
    }

    private void addSpice(Spice spice) {
        List<String> options = new ArrayList<>();
        spice.port().ifPresent(port -> options.add("port=" + port));
        spice.tlsPort().ifPresent(port -> options.add("tls-port=" + port));
        spice.host().ifPresent(host -> options.add("addr=" + host));
        if (spice.password().isEmpty()) {
            options.add("disable-ticketing=on");
        }
        options.add("agent-mouse=" + onOff(spice.features().contains(Spice.Feature.AGENT_MOUSE)));
        if (!spice.features().contains(Spice.Feature.CLIPBOARD_SHARING)) {
            options.add("disable-copy-paste=on");
        }
        spice.imageCompression().ifPresent(word -> options.add("image-compression=" + word));
        spice.streamingVideo().ifPresent(word -> options.add("streaming-video=" + word));
        add("-spice", String.join(",", options));
        if (spice.features().contains(Spice.Feature.VDAGENT)) {
            add("-device", "virtio-serial");
            add("-chardev", "spicevmc,id=vdagent,name=vdagent");
            add("-device", "virtserialport,chardev=vdagent,name=com.redhat.spice.0");
        }
    }

    private static String onOff(boolean on) {
        return on ? "on" : "off";
    }

    private static String vnc(Vnc vnc) {
        if (vnc.socket().isPresent()) {
            return vnc.listen() + (vnc.password().isPresent() ? PASSWORD : "");
        }
        String host = vnc.listen().contains(":") ? "[" + vnc.listen() + "]" : vnc.listen();
        StringBuilder value = new StringBuilder(host).append(':').append(vnc.display());
        if (vnc.password().isPresent()) {
            // QEMU admits no viewer before the password is set over QMP; an argument would be visible to every user.
            value.append(PASSWORD);
        }
        if (vnc.choice() == DisplayChoice.FIRST_FREE) {
            value.append(",to=").append(DISPLAYS);
        }
        return value.toString();
    }

    private void addKernel() {
        DomainConfig config = plan.config();
        config.kernel().ifPresent(kernel -> {
            add("-kernel", kernel.toString());
            config.ramdisk().ifPresent(ramdisk -> add("-initrd", ramdisk.toString()));
            if (!config.commandLine().isEmpty()) {
                add("-append", config.commandLine());
            }
        });
    }

    private void addCard(GraphicsConfig graphics) {
        long mib = graphics.videoRam().toMiB();
        switch (graphics.vga()) {
            case NONE -> {}
            case CIRRUS -> add("-device", "cirrus-vga,vgamem_mb=" + mib);
            case STDVGA -> add("-device", "VGA,vgamem_mb=" + mib);
            // QEMU divides the memory of this card into two halves.
            case QXL -> add("-device", "qxl-vga,vram_size_mb=" + mib / 2 + ",ram_size_mb=" + mib / 2);
        }
    }

    private void addUsb(HvmConfig machine) {
        if (machine.hasUsbController()) {
            add("-usb");
        } else {
            machine.peripherals().usbVersion().ifPresent(version -> addUsbController(version, machine.graphics()));
        }
        machine.usbDevices()
                .forEach(device -> add(
                        "-device",
                        switch (device) {
                            case TABLET -> "usb-tablet";
                            case MOUSE -> "usb-mouse";
                            case KEYBOARD -> "usb-kbd";
                            case WACOM_TABLET -> "usb-wacom-tablet";
                        }));
    }

    private void addUsbController(int version, GraphicsConfig graphics) {
        switch (version) {
            case 1 -> add("-device", "piix3-usb-uhci,id=usb");
            case 2 -> {
                String place = "addr=0x1d.";
                add("-device", "ich9-usb-ehci1,id=usb," + place + "0x7,multifunction=on");
                for (int i = 0; i < COMPANIONS; i++) {
                    String companion = "ich9-usb-uhci" + (i + 1) + ",masterbus=usb.0,firstport=" + 2 * i;
                    add("-device", companion + "," + place + "0x" + i + ",multifunction=on");
                }
            }
            default -> add("-device", "nec-usb-xhci,id=usb");
        }
        int redirections = graphics.spice().map(Spice::usbRedirections).orElse(0);
        for (int i = 1; i <= redirections; i++) {
            add("-chardev", "spicevmc,name=usbredir,id=usbrc" + i);
            add("-device", "usb-redir,chardev=usbrc" + i + ",id=usbrc" + i);
        }
    }

    /** Adds a sound card. Nobody hears it, unless a viewer of Spice does. */
    private void addSound(HvmConfig machine) {
        machine.peripherals().sound().ifPresent(card -> {
            add("-audiodev", (machine.graphics().spice().isPresent() ? "spice" : "none") + ",id=sound");
            if (card == SoundCard.HDA) {
                add("-device", card.device());
                add("-device", "hda-duplex,audiodev=sound");
            } else {
                add("-device", card.device() + ",audiodev=sound");
            }
        });
    }

    private void addVcpus() {
        DomainConfig config = plan.config();
        if (config.maxVcpus() > 1) {
            add("-smp", config.vcpus() + ",maxcpus=" + config.maxVcpus());
        }
    }

    /**
     * Adds the emulated cards, which a guest uses until it loads paravirtual drivers. netback serves the paravirtual
     * cards.
     */
    private void addNics(HvmConfig machine) {
        boolean any = false;
        for (NicPlan nic : plan.nics()) {
            Optional<String> tap = nic.tap(domid);
            if (tap.isPresent()) {
                // A boot ROM takes up to 128 of the few pages below max_mem, so only a guest that boots from the
                // network gets it.
                boolean boots = !any && machine.boot().contains("n");
                addNic(nic, tap.get(), boots ? "" : ",romfile=");
                any = true;
            }
        }
        if (!any) {
            add("-net", "none");
        }
    }

    private void addNic(NicPlan card, String tap, String rom) {
        NicConfig nic = card.nic();
        int id = card.devid();
        String mac = nic.mac().map(address -> ",mac=" + address).orElse("");
        add("-device", nic.model() + ",id=nic" + id + ",netdev=net" + id + mac + rom);
        // The attachment of the paravirtual card joins this interface to its bridge.
        add("-netdev", "type=tap,id=net" + id + ",ifname=" + tap + ",script=no,downscript=no");
    }

    /**
     * Both are a PC of 1996 on Xen; {@code xenfv} has the PCI device by which drivers find Xen.
     *
     * @param holeStart first byte of the hole for devices below 4 GiB, which may leave out memory that devices reserve
     */
    private static String machineType(HvmConfig machine, long holeStart) {
        String type = machine.has(HvmFeature.XEN_PLATFORM_PCI) ? "xenfv" : "pc,accel=xen";
        String option = ",max-ram-below-4g=";
        String below4g = holeStart < HvmLayout.mmioHoleStart(machine)
                ? option + holeStart
                : machine.mmioHole()
                        .map(hole -> option + FOUR_GIB.minus(hole).value() * BYTES_PER_KIB)
                        .orElse("");
        String acpi = machine.has(HvmFeature.ACPI) ? "" : ",acpi=off";
        return type + ",suppress-vmdesc=on" + below4g + acpi;
    }

    /**
     * Adds the emulated disk, which a guest uses until it loads paravirtual drivers. It is the same disk as the
     * paravirtual one. A disk of a driver domain has none: its target is no path of this domain.
     */
    private void addDisk(DiskPlan planned, DiskBus bus) {
        if (planned.emulated().isEmpty()) {
            return;
        }
        DiskConfig disk = planned.disk();
        disk.emulated(bus).ifPresent(controller -> {
            if (disk.device() == DiskConfig.Device.CDROM) {
                addCdrom(planned);
            } else if (controller == Controller.IDE) {
                addDrive(planned, "if=ide,index=" + disk.vdev().disk() + ",media=disk");
            } else if (controller == Controller.AHCI) {
                String id = "ahcidisk-" + disk.vdev().disk();
                addDrive(planned, "if=none,id=" + id);
                add("-device", "ide-hd,bus=ahci0." + disk.vdev().disk() + ",unit=0,drive=" + id);
            } else {
                addScsiDisk(planned);
            }
        });
    }

    /** As libxl names it: xl finds the device, and this library the drive, by the same id. */
    private void addCdrom(DiskPlan planned) {
        VirtualDisk vdev = planned.disk().vdev();
        String id = driveId(vdev);
        addDrive(planned, "if=none,readonly=on,id=" + id);
        add("-device", "ide-cd,id=" + id + ",drive=" + id + ",bus=ide." + vdev.disk() / 2 + ",unit=" + vdev.disk() % 2);
    }

    private void addScsiDisk(DiskPlan planned) {
        DiskConfig disk = planned.disk();
        if (!arguments.contains(SCSI_CONTROLLER)) {
            add("-device", SCSI_CONTROLLER);
        }
        String readOnly = disk.access() == DiskConfig.Access.READ_ONLY ? ",readonly=on" : "";
        addDrive(planned, "if=none,id=" + driveId(disk.vdev()) + readOnly);
        add("-device", "scsi-hd,bus=scsi0.0,scsi-id=" + disk.vdev().disk() + ",drive=" + driveId(disk.vdev()));
    }

    /**
     * QEMU's name of a drive, made of Xen's number of the disk as in libxl: {@code xl cd-insert} finds drives by it.
     */
    public static String driveId(VirtualDisk disk) {
        return "ide-" + disk.number();
    }

    /**
     * A QEMU that drops its rights cannot open an image again. It would do so when a guest migrates: without this option,
     * QEMU has an image open for writing only as long as it uses it.
     */
    private String access(DiskConfig disk) {
        QemuConfinement confinement = plan.confinement();
        boolean drops = confinement.has(ConfinementMeasure.OWN_USER) || confinement.has(ConfinementMeasure.EMPTY_ROOT);
        return drops && disk.access() == DiskConfig.Access.READ_WRITE ? "auto-read-only=off," : "";
    }

    private void addDrive(DiskPlan planned, String place) {
        String medium = planned.disk().isEmptyDrive()
                ? ""
                : "file=" + escaped(planned.path()) + ",format="
                        + planned.disk().format().word() + ",cache=writeback," + access(planned.disk());
        add("-drive", medium + place);
    }

    /** A comma ends a value, unless it is doubled. */
    static String escaped(String value) {
        return value.replace(",", ",,");
    }
}
