// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.host.HostDetails;
import org.xenjava.toolstack.host.HostTopology;
import org.xenjava.toolstack.host.HypervisorBuild;
import org.xenjava.toolstack.xenctrl.HostCalls;
import org.xenjava.toolstack.xenctrl.HostCalls.VersionFact;
import org.xenjava.toolstack.xenctrl.HostHardware;
import org.xenjava.toolstack.xenctrl.TopologyCalls;
import org.xenjava.toolstack.xenctrl.TopologyCalls.CpuPlace;
import org.xenjava.toolstack.xenctrl.TopologyCalls.NodeMemory;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PciAddress;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** Reads the description of the host from Xen. */
public final class HostReader {
    /** The parts of {@code struct xen_compile_info}, in their order. */
    private static final int[] COMPILE_INFO = {64, 16, 32, 32};

    /** xl's words for the capabilities of the host; both names of device passthrough need a kind of guest as well. */
    private static final Map<String, Integer> VIRTUALIZATION = new LinkedHashMap<>();

    static {
        VIRTUALIZATION.put("pv", SysctlOp.PHYSCAP_PV);
        VIRTUALIZATION.put("hvm", SysctlOp.PHYSCAP_HVM);
        VIRTUALIZATION.put("hvm_directio", SysctlOp.PHYSCAP_HVM | SysctlOp.PHYSCAP_DIRECTIO);
        VIRTUALIZATION.put("pv_directio", SysctlOp.PHYSCAP_PV | SysctlOp.PHYSCAP_DIRECTIO);
        VIRTUALIZATION.put("hap", SysctlOp.PHYSCAP_HAP);
        VIRTUALIZATION.put("shadow", SysctlOp.PHYSCAP_SHADOW);
        VIRTUALIZATION.put("iommu_hap_pt_share", SysctlOp.PHYSCAP_IOMMU_HAP_PT_SHARE);
        VIRTUALIZATION.put("vmtrace", SysctlOp.PHYSCAP_VMTRACE);
        VIRTUALIZATION.put("vpmu", SysctlOp.PHYSCAP_VPMU);
        VIRTUALIZATION.put("gnttab-v1", SysctlOp.PHYSCAP_GNTTAB_V1);
        VIRTUALIZATION.put("gnttab-v2", SysctlOp.PHYSCAP_GNTTAB_V2);
    }

    private HostReader() {}

    /** Reads what does not change while Xen runs, and what sharing and pools have made of it. */
    public static HostDetails details(Xenctrl xenctrl) {
        HostHardware hardware = xenctrl.host().hardware();
        return new HostDetails(
                hypervisor(xenctrl),
                hardware.maxCpuId(),
                hardware.nodes(),
                hardware.coresPerSocket(),
                hardware.threadsPerCore(),
                hardware.features(),
                VIRTUALIZATION.entrySet().stream()
                        .filter(word -> (hardware.capabilities() & word.getValue()) == word.getValue())
                        .map(Map.Entry::getKey)
                        .toList(),
                xenctrl.memory().freedBySharing(),
                xenctrl.memory().shared(),
                xenctrl.pools().freeCpus(),
                Scheduler.ofId(xenctrl.pools().defaultScheduler()));
    }

    private static HypervisorBuild hypervisor(Xenctrl xenctrl) {
        HostCalls host = xenctrl.host();
        List<String> compiled = compileInfo(host.versionBytes(VersionFact.COMPILE_INFO));
        return new HypervisorBuild(
                xenctrl.abi().release().major(),
                xenctrl.abi().release().minor(),
                host.extraVersion(),
                host.capabilities(),
                Pages.BYTES,
                ByteBuffer.wrap(host.versionBytes(VersionFact.PLATFORM_PARAMETERS))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getLong(),
                text(host.versionBytes(VersionFact.CHANGESET)),
                host.commandLine(),
                compiled.get(0),
                compiled.get(1),
                compiled.get(2),
                compiled.get(3),
                HexFormat.of().formatHex(host.buildId()));
    }

    private static List<String> compileInfo(byte[] bytes) {
        List<String> parts = new ArrayList<>();
        int at = 0;
        for (int length : COMPILE_INFO) {
            parts.add(text(Arrays.copyOfRange(bytes, at, at + length)));
            at += length;
        }
        return parts;
    }

    private static String text(byte[] padded) {
        String text = new String(padded, StandardCharsets.UTF_8);
        int end = text.indexOf(0);
        return end < 0 ? text : text.substring(0, end);
    }

    /** Reads the places of CPUs and memory, and of the PCI devices that domain 0 sees. */
    public static HostTopology topology(Xenctrl xenctrl, ControlDomain system) {
        TopologyCalls calls = xenctrl.topology();
        List<HostTopology.Cpu> cpus = new ArrayList<>();
        for (CpuPlace place : calls.cpus()) {
            cpus.add(new HostTopology.Cpu(cpus.size(), place.core(), place.socket(), place.node()));
        }
        cpus.removeIf(cpu -> cpu.core() < 0);
        List<HostTopology.Node> nodes = new ArrayList<>();
        for (NodeMemory node : calls.nodes()) {
            nodes.add(new HostTopology.Node(nodes.size(), node.bytes(), node.freeBytes(), node.distances()));
        }
        return new HostTopology(cpus, nodes, devices(calls, system));
    }

    private static List<HostTopology.Device> devices(TopologyCalls calls, ControlDomain system) {
        List<PciAddress> addresses = system.pciDevices().stream()
                .map(PciAddress::parse)
                .flatMap(Optional::stream)
                .sorted()
                .toList();
        List<OptionalInt> nodes = calls.nodes(addresses);
        List<HostTopology.Device> devices = new ArrayList<>();
        for (int i = 0; i < addresses.size(); i++) {
            String name = addresses.get(i).toString();
            nodes.get(i).ifPresent(node -> devices.add(new HostTopology.Device(name, node)));
        }
        return devices;
    }
}
