// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.device.plan.DiskPlan;
import org.xenjava.toolstack.device.plan.NicPlan;
import org.xenjava.toolstack.device.plan.QemuConfinement;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.device.plan.QemuPlan;

/** The devices of a plan as text. */
final class DeviceLines {
    /** The domid in the shown names of interfaces and arguments of QEMU, because the next domain's is not known. */
    static final int EXAMPLE_DOMID = 1;

    private final List<String> lines = new ArrayList<>();

    private DeviceLines() {}

    static List<String> of(CreatePlan plan) {
        DeviceLines text = new DeviceLines();
        text.lifecycle(plan.config().lifecycle());
        plan.config().hvm().ifPresent(text::machine);
        text.devices(plan.devices());
        return List.copyOf(text.lines);
    }

    private void lifecycle(DomainConfig.Lifecycle actions) {
        lines.add("when it stops");
        word("on_poweroff", actions.onPoweroff().word());
        word("on_reboot", actions.onReboot().word());
        word("on_crash", actions.onCrash().word());
        word("on_watchdog", actions.onWatchdog().word());
        word("on_soft_reset", actions.onSoftReset().word());
    }

    private void machine(HvmConfig machine) {
        lines.add("machine");
        word("boot order", machine.boot());
        word("graphics card", machine.graphics().vga().word());
        word("screen", machine.graphics().vnc().map(DeviceLines::vnc).orElse("none"));
        machine.graphics()
                .spice()
                .ifPresent(spice -> word(
                        "",
                        "Spice on " + spice.host().orElse("all addresses")
                                + (spice.password().isPresent() ? ", with a password" : "")));
        machine.graphics().sdl().ifPresent(sdl -> word("", "a window of QEMU's own"));
        machine.serial().forEach(port -> word("serial port", port));
        machine.peripherals().sound().ifPresent(card -> word("sound card", card.word()));
        machine.platform().smbios().forEach(text -> word("SMBIOS", text.kind().word() + " " + text.text()));
    }

    private static String vnc(GraphicsConfig.Vnc vnc) {
        if (vnc.socket().isPresent()) {
            return "VNC on " + vnc.listen() + (vnc.password().isPresent() ? ", with a password" : "");
        }
        String place = "VNC on " + vnc.listen() + ", display " + vnc.display();
        String others = vnc.choice() == GraphicsConfig.DisplayChoice.FIRST_FREE ? " or the next free one" : "";
        return place + others + (vnc.password().isPresent() ? ", with a password" : "");
    }

    private void devices(DevicePlan plan) {
        if (!plan.disks().isEmpty()) {
            lines.add("disks (a path below /dev is taken for a block device, any other for a file)");
            plan.disks().forEach(this::disk);
        }
        if (!plan.nics().isEmpty()) {
            lines.add("network cards (with domid " + EXAMPLE_DOMID + ")");
            plan.nics().forEach(this::nic);
        }
        if (!plan.others().isEmpty()) {
            lines.add("other devices (served by QEMU)");
            plan.others().forEach(device -> line(device.words()));
        }
        if (!plan.hardware().isEmpty()) {
            lines.add("hardware of the host");
            plan.hardware().lines().forEach(this::line);
        }
        plan.qemu().ifPresent(this::qemu);
    }

    private void disk(DiskPlan plan) {
        DiskConfig disk = plan.disk();
        String medium = disk.isEmptyDrive()
                ? "empty"
                : plan.path() + ", " + disk.format().word();
        String emulated = plan.emulated().map(place -> ", emulated at " + place).orElse("");
        word(
                disk.vdev().name(),
                disk.device().word() + ", " + disk.access().word() + ", " + medium + ", served by " + server(plan)
                        + emulated);
    }

    private static String server(DiskPlan plan) {
        if (!plan.isLocal()) {
            return "domain " + plan.disk().backendDomain().orElse("");
        }
        return switch (plan.backend()) {
            case BLKBACK -> "blkback";
            case SCRIPT -> "blkback on the block device that " + plan.script().orElse("") + " makes";
            case LOOP -> "blkback on a loop device";
            case QEMU -> "QEMU";
        };
    }

    private void nic(NicPlan plan) {
        NicConfig nic = plan.nic();
        String tap = plan.tap(EXAMPLE_DOMID)
                .map(name -> ", emulated " + nic.model() + " at " + name)
                .orElse("");
        word(
                plan.link(EXAMPLE_DOMID),
                nic.mac().map(MacAddress::text).orElse("random address") + ", bridge " + nic.bridge() + tap
                        + nic.backendDomain()
                                .filter(server -> !plan.isLocal())
                                .map(server -> ", served by domain " + server)
                                .orElse("")
                        + plan.script().map(path -> ", connected by " + path).orElse(""));
    }

    private void qemu(QemuPlan plan) {
        lines.add("QEMU (with domid " + EXAMPLE_DOMID + ")");
        confinement(plan.confinement());
        plan.launcher().forEach(word -> line("  " + word));
        line(plan.program().toString());
        plan.arguments(EXAMPLE_DOMID, QemuFiles.STANDARD).forEach(argument -> line("  " + argument));
    }

    /** Only a start on the host itself shows whether its QEMU and kernel allow all of it. */
    private void confinement(QemuConfinement confinement) {
        word("confinement", confinement.policy().name().toLowerCase(Locale.ROOT).replace('_', ' '));
        confinement.measures().forEach(measure -> word("", measure.words()));
        confinement.missing().forEach((measure, reason) -> word("", "not: " + measure.words() + ", since " + reason));
    }

    private void line(String text) {
        lines.add("  " + text);
    }

    private void word(String name, String value) {
        line(String.format(Locale.ROOT, "%-19s %s", name, value).stripTrailing());
    }
}
