// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.device.plan.ConfinementMeasure;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.device.plan.DiskBackend;
import org.xenjava.toolstack.device.plan.DiskPlan;
import org.xenjava.toolstack.device.plan.NicPlan;
import org.xenjava.toolstack.device.plan.QemuDevicePlan;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.device.plan.QemuPlan;

/** The devices of a plan as JSON. Interface names and QEMU's arguments are those of domid 1. */
record DevicesJson(
        List<Disk> disks, List<Card> cards, List<String> others, List<String> hardware, Optional<Qemu> qemu) {
    record Disk(
            String vdev,
            String device,
            String access,
            Optional<String> path,
            String format,
            DiskBackend backend,
            Optional<String> emulated) {
        static Disk of(DiskPlan plan) {
            DiskConfig disk = plan.disk();
            return new Disk(
                    disk.vdev().name(),
                    disk.device().word(),
                    disk.access().word(),
                    Optional.of(plan.path()).filter(path -> !path.isEmpty()),
                    disk.format().word(),
                    plan.backend(),
                    plan.emulated());
        }
    }

    record Card(Optional<String> mac, String bridge, String vif, Optional<String> tap) {
        static Card of(NicPlan plan) {
            return new Card(
                    plan.nic().mac().map(MacAddress::text),
                    plan.nic().bridge(),
                    plan.link(DeviceLines.EXAMPLE_DOMID),
                    plan.tap(DeviceLines.EXAMPLE_DOMID));
        }
    }

    record Qemu(Path program, List<String> launcher, List<String> arguments, Confined confinement) {
        static Qemu of(QemuPlan plan) {
            return new Qemu(
                    plan.program(),
                    plan.launcher(),
                    plan.arguments(DeviceLines.EXAMPLE_DOMID, QemuFiles.STANDARD),
                    new Confined(
                            plan.confinement().policy(),
                            plan.confinement().measures(),
                            plan.confinement().missing()));
        }
    }

    record Confined(Confinement policy, Set<ConfinementMeasure> measures, Map<ConfinementMeasure, String> missing) {}

    /** The actions when the guest stops, in xl.cfg's words. */
    record Actions(String onPoweroff, String onReboot, String onCrash, String onWatchdog, String onSoftReset) {
        static Actions of(DomainConfig.Lifecycle actions) {
            return new Actions(
                    actions.onPoweroff().word(),
                    actions.onReboot().word(),
                    actions.onCrash().word(),
                    actions.onWatchdog().word(),
                    actions.onSoftReset().word());
        }
    }

    record Machine(String boot, String vga, Optional<String> vncListen, Optional<Integer> vncDisplay) {
        static Machine of(HvmConfig machine) {
            Optional<GraphicsConfig.Vnc> vnc = machine.graphics().vnc();
            return new Machine(
                    machine.boot(),
                    machine.graphics().vga().word(),
                    vnc.map(GraphicsConfig.Vnc::listen),
                    vnc.filter(tcp -> tcp.socket().isEmpty()).map(GraphicsConfig.Vnc::display));
        }
    }

    static DevicesJson of(DevicePlan plan) {
        return new DevicesJson(
                plan.disks().stream().map(Disk::of).toList(),
                plan.nics().stream().map(Card::of).toList(),
                plan.others().stream().map(QemuDevicePlan::words).toList(),
                plan.hardware().lines(),
                plan.qemu().map(Qemu::of));
    }
}
