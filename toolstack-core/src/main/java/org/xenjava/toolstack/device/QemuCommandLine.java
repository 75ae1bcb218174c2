// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Controller;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.create.DeviceModel.Guest;
import org.xenjava.toolstack.memory.GuestShape;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * What QEMU is told: a pure function of the guest. The machine is the one that libxl makes of the same file, since a
 * guest that is moved between the two toolstacks should not find other hardware; its argument vectors, recorded, are
 * among the tests.
 */
final class QemuCommandLine {
    private static final KiB FOUR_GIB = KiB.ofMiB(4096);
    private static final long BYTES_PER_KIB = 1024;

    /** How far from display 0 a free one is looked for, as libxl does. */
    private static final int DISPLAYS = 99;

    private static final String SCSI_CONTROLLER = "lsi53c895a,id=scsi0";

    private final Guest guest;
    private final QemuFiles files;
    private final List<String> arguments = new ArrayList<>();

    private QemuCommandLine(Guest guest, QemuFiles files) {
        this.guest = guest;
        this.files = files;
    }

    /** The arguments behind the program's name. For a guest that is not HVM, QEMU serves paravirtual disks only. */
    static List<String> of(Guest guest, QemuFiles files) {
        return new QemuCommandLine(guest, files).arguments();
    }

    private List<String> arguments() {
        DomainConfig config = guest.config();
        add("-xen-domid", Integer.toString(guest.domid()));
        // A guest that stops is Xen's to report; QEMU stays until it is told to end.
        add("-no-shutdown");
        addMonitor(QemuProcess.LIBXL_MONITOR, files.libxlSocket(guest.domid()).toString());
        addMonitor("libxenstat-cmd", files.xenstatSocket(guest.domid()).toString());
        addMonitor(QemuProcess.MONITOR, files.ownSocket(guest.domid()).toString());
        add("-nodefaults", "-no-user-config");
        add("-name", escaped(config.name()));
        config.hvm().ifPresentOrElse(this::addMachine, this::addBackend);
        GuestShape shape = guest.memory().shape();
        add("-m", Long.toString(shape.maxMemory().minus(shape.videoRam()).toMiB()));
        config.hvm().ifPresent(machine -> {
            config.disks().forEach(this::addDisk);
            arguments.addAll(machine.deviceModel().arguments());
        });
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
        add("-xen-attach", "-vnc", "none", "-display", "none");
        add("-machine", "xenpv,suppress-vmdesc=on");
    }

    private void addMachine(HvmConfig machine) {
        addScreen(machine.graphics());
        addKernel();
        machine.serial().forEach(port -> add("-serial", port));
        addCard(machine.graphics());
        add("-boot", "order=" + machine.boot());
        addUsb(machine);
        addVcpus();
        addNics(machine);
        add("-machine", machineType(machine));
    }

    /** The screen is QEMU's only by VNC; see {@link Vnc} for who may look. */
    private void addScreen(GraphicsConfig graphics) {
        add("-vnc", graphics.vnc().map(QemuCommandLine::vnc).orElse("none"));
        add("-display", "none");
        graphics.keymap().ifPresent(keymap -> add("-k", keymap));
    }

    private static String vnc(Vnc vnc) {
        String host = vnc.listen().contains(":") ? "[" + vnc.listen() + "]" : vnc.listen();
        StringBuilder value = new StringBuilder(host).append(':').append(vnc.display());
        if (vnc.password().isPresent()) {
            // Nobody gets in before it is set, over QMP: an argument would show it to every user.
            value.append(",password=on");
        }
        if (vnc.choice() == DisplayChoice.FIRST_FREE) {
            value.append(",to=").append(DISPLAYS);
        }
        return value.toString();
    }

    private void addKernel() {
        DomainConfig config = guest.config();
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
            // Its memory is in two halves.
            case QXL -> add("-device", "qxl-vga,vram_size_mb=" + mib / 2 + ",ram_size_mb=" + mib / 2);
        }
    }

    private void addUsb(HvmConfig machine) {
        if (machine.hasUsbController()) {
            add("-usb");
        }
        machine.usbDevices()
                .forEach(device -> add(
                        "-device",
                        switch (device) {
                            case TABLET -> "usb-tablet";
                            case MOUSE -> "usb-mouse";
                            case KEYBOARD -> "usb-kbd";
                        }));
    }

    private void addVcpus() {
        DomainConfig config = guest.config();
        if (config.maxVcpus() > 1) {
            add("-smp", config.vcpus() + ",maxcpus=" + config.maxVcpus());
        }
    }

    /** The emulated card that a guest has until its drivers know Xen. Its paravirtual twin is none of QEMU's. */
    private void addNics(HvmConfig machine) {
        DomainConfig config = guest.config();
        boolean any = false;
        for (int id = 0; id < config.nics().size(); id++) {
            NicConfig nic = config.nics().get(id);
            if (nic.typeIn(config.type()) == NicConfig.Type.IOEMU) {
                // A ROM to boot from takes up to 128 pages of the little room below max_mem: only where it is asked
                // for.
                boolean boots = !any && machine.boot().contains("n");
                addNic(id, nic, boots ? "" : ",romfile=");
                any = true;
            }
        }
        if (!any) {
            add("-net", "none");
        }
    }

    private void addNic(int id, NicConfig nic, String rom) {
        String mac = nic.mac()
                .map(address -> ",mac=" + address)
                .orElseThrow(() -> new IllegalStateException("a MAC address is chosen before a guest is planned"));
        add("-device", nic.model() + ",id=nic" + id + ",netdev=net" + id + mac + rom);
        // Whoever attaches the paravirtual card joins this interface to its bridge.
        add(
                "-netdev",
                "type=tap,id=net" + id + ",ifname=" + tapName(guest.domid(), id, nic) + ",script=no,downscript=no");
    }

    /** The host's end of an emulated card: libxl's name for it. */
    static String tapName(int domid, int id, NicConfig nic) {
        return nic.vifName().orElse("vif" + domid + "." + id) + "-emu";
    }

    /** Both are a PC of 1996 on Xen; {@code xenfv} has the PCI device by which drivers find Xen. */
    private static String machineType(HvmConfig machine) {
        String type = machine.has(HvmFeature.XEN_PLATFORM_PCI) ? "xenfv" : "pc,accel=xen";
        String below4g = machine.mmioHole()
                .map(hole -> ",max-ram-below-4g=" + FOUR_GIB.minus(hole).value() * BYTES_PER_KIB)
                .orElse("");
        return type + ",suppress-vmdesc=on" + below4g;
    }

    /** The emulated disk that a guest has until its drivers know Xen; it is the same disk as the paravirtual one. */
    private void addDisk(DiskConfig disk) {
        disk.emulated().ifPresent(controller -> {
            if (disk.device() == DiskConfig.Device.CDROM) {
                addDrive(
                        disk,
                        "if=ide,index=" + disk.vdev().disk() + ",readonly=on,media=cdrom,id=" + driveId(disk.vdev()));
            } else if (controller == Controller.IDE) {
                addDrive(disk, "if=ide,index=" + disk.vdev().disk() + ",media=disk");
            } else {
                addScsiDisk(disk);
            }
        });
    }

    private void addScsiDisk(DiskConfig disk) {
        if (!arguments.contains(SCSI_CONTROLLER)) {
            add("-device", SCSI_CONTROLLER);
        }
        String readOnly = disk.access() == DiskConfig.Access.READ_ONLY ? ",readonly=on" : "";
        addDrive(disk, "if=none,id=" + driveId(disk.vdev()) + readOnly);
        add("-device", "scsi-hd,bus=scsi0.0,scsi-id=" + disk.vdev().disk() + ",drive=" + driveId(disk.vdev()));
    }

    /** By Xen's number of the disk, as libxl names drives: {@code xl cd-insert} finds them by it. */
    static String driveId(VirtualDisk disk) {
        return "ide-" + disk.number();
    }

    private void addDrive(DiskConfig disk, String place) {
        String medium = disk.target()
                .map(target -> target.startsWith("/") ? target : "/dev/" + target)
                .map(target ->
                        "file=" + escaped(target) + ",format=" + disk.format().word() + ",cache=writeback,")
                .orElse("");
        add("-drive", medium + place);
    }

    /** A comma ends a value, unless it is doubled. */
    private static String escaped(String value) {
        return value.replace(",", ",,");
    }
}
