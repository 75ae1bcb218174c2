// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The {@code struct start_info} of a PV guest, and the page that the guest shares with Xen.
 *
 * @param layout the places of what the start info names
 * @param commandLine the kernel's command line, at most {@value #MOST_ARGUMENTS} bytes
 * @param ramdiskBytes length of the ramdisk; 0 without one
 */
public record PvStartInfo(PvLayout layout, String commandLine, long ramdiskBytes) {
    private static final int MOST_ARGUMENTS = 1023;

    private static final XenAbi ABI = XenAbi.of(XenRelease.V4_17).orElseThrow();
    private static final StructLayout START_INFO = ABI.struct("start_info");
    private static final StructLayout VCPU_INFO = ABI.struct("vcpu_info");
    private static final byte[] MAGIC = "xen-3.0-x86_64".getBytes(StandardCharsets.US_ASCII);

    /**
     * Checks the command line.
     *
     * @throws ConfigException if the command line does not fit
     */
    public PvStartInfo {
        int length = bytes(commandLine).length;
        if (length > MOST_ARGUMENTS) {
            throw new ConfigException(
                    "the command line of a PV guest has at most " + MOST_ARGUMENTS + " bytes, not " + length);
        }
    }

    /**
     * The numbers that are known only when the domain has its pages and ports.
     *
     * @param frames the machine frames of the guest's pages
     * @param sharedInfo machine frame of the page that the guest shares with Xen
     * @param storePort the guest's port to xenstored
     * @param consolePort the guest's port to xenconsoled
     */
    public record Domain(MachineFrames frames, long sharedInfo, int storePort, int consolePort) {}

    /** The whole page. */
    public byte[] page(Domain domain) {
        AddressSpace addresses = layout.addresses();
        MachineFrames frames = domain.frames();
        StructView info = START_INFO
                .allocate()
                .setBytes(
                        "magic", Arrays.copyOf(MAGIC, START_INFO.field("magic").bytes()))
                .set("nr_pages", layout.guest().count())
                .set("shared_info", domain.sharedInfo() << Pages.SHIFT)
                .set("store_mfn", frames.of(layout.store()))
                .set("store_evtchn", domain.storePort())
                .set("console.domU.mfn", frames.of(layout.console()))
                .set("console.domU.evtchn", domain.consolePort())
                .set("pt_base", addresses.of(layout.tables().root()))
                .set("nr_pt_frames", layout.tables().ranges().get(0).count())
                .set(
                        "mfn_list",
                        addresses
                                .p2mList()
                                .orElseGet(() -> addresses.of(layout.p2mList().first())))
                .setBytes(
                        "cmd_line",
                        Arrays.copyOf(
                                bytes(commandLine), START_INFO.field("cmd_line").bytes()));
        setRamdisk(info);
        if (addresses.p2mList().isPresent()) {
            info.set("first_p2m_pfn", layout.p2mList().first())
                    .set(
                            "nr_p2m_frames",
                            layout.p2mList().count()
                                    + layout.tables().ranges().get(1).count());
        }
        return Arrays.copyOf(info.toBytes(), Pages.BYTES);
    }

    private void setRamdisk(StructView info) {
        boolean byFrame = layout.addresses().ramdisk() == AddressSpace.RamdiskAddress.FRAME;
        if (byFrame) {
            info.set("flags", ABI.constant("SIF_MOD_START_PFN"));
        }
        if (ramdiskBytes > 0) {
            PfnRange pages = layout.ramdisk();
            // libxl counts whole pages where the kernel maps the ramdisk by itself.
            info.set("mod_start", byFrame ? pages.first() : layout.addresses().of(pages.first()))
                    .set("mod_len", byFrame ? pages.count() << Pages.SHIFT : ramdiskBytes);
        }
    }

    /** The page that the guest shares with Xen: events are masked until the kernel is ready for them. */
    public static byte[] sharedInfo() {
        byte[] page = new byte[Pages.BYTES];
        for (int vcpu = 0; vcpu < ABI.constant("XEN_LEGACY_MAX_VCPUS"); vcpu++) {
            VCPU_INFO.at(ByteBuffer.wrap(page), vcpu * VCPU_INFO.size()).set("evtchn_upcall_mask", 1);
        }
        return page;
    }

    private static byte[] bytes(String commandLine) {
        return commandLine.getBytes(StandardCharsets.UTF_8);
    }
}
