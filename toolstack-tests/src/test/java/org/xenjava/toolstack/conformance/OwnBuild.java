// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.replay.TinyKernel;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.trace.Contents;
import org.xenjava.toolstack.trace.Recorder;
import org.xenjava.toolstack.trace.TraceReader;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/**
 * The guest of a recording, built by this project: from the same xl.cfg, with the same UUID and time, on a simulated
 * machine like the recorded one, whose next domid is the recorded one. Only the kernel and the ramdisk, or hvmloader and the
 * BIOS, are others, with segments where the recorded ones had them.
 */
final class OwnBuild {
    /** Where Debian's kernel lay, as {@code a} and all other recordings have it mapped. */
    private static final long KERNEL_ADDRESS = 0x100_0000;

    private static final long KERNEL_BYTES = 0x3A0_0000;
    private static final long KERNEL_ENTRY = 0x100_0850;

    /** The recorded ramdisk, as libxl had unpacked it. */
    private static final int RAMDISK_BYTES = 0x1E_4610;

    /** Debian's hvmloader and SeaBIOS, as all recordings of HVM guests have them mapped. */
    private static final int LOADER_ADDRESS = 0x10_0000;

    private static final int LOADER_FILE_BYTES = 0x2_A4C0;
    private static final int LOADER_BYTES = 0x3_3F40;
    private static final int LOADER_ENTRY = 0x10_0000;
    private static final int BIOS_BYTES = 0x4_0000;

    private final LibxlRecording guest;
    private final PodPolicy policy;
    private final Path directory;
    private final SimulatedXen xen;

    private OwnBuild(LibxlRecording guest, PodPolicy policy, Path directory, XenRelease release) {
        this.guest = guest;
        this.policy = policy;
        this.directory = directory;
        SimulatedXen.Builder machine = SimulatedXen.builder().release(release.major(), release.minor());
        this.xen = (guest.gigabytePages() ? machine.gigabytePages() : machine).build();
    }

    /** No page of it is zero: pages of zeros are not written to a guest with populate-on-demand memory. */
    private static byte[] ramdisk() {
        byte[] ramdisk = new byte[RAMDISK_BYTES];
        Arrays.fill(ramdisk, (byte) 1);
        return ramdisk;
    }

    /** @param directory for kernel, ramdisk and trace */
    static OwnBuild of(LibxlRecording guest, PodPolicy policy, Path directory) {
        return of(guest, policy, directory, XenRelease.V4_17);
    }

    /** @param release of the simulated machine */
    static OwnBuild of(LibxlRecording guest, PodPolicy policy, Path directory, XenRelease release) {
        OwnBuild build = new OwnBuild(guest, policy, directory, release);
        build.useDomidsUpTo(guest.domid());
        build.recorded("create", toolstack -> toolstack.create(build.config()));
        return build;
    }

    Facts facts() {
        return BuildSummary.of(withoutQemus(calls("create")), nodes());
    }

    /** What is populated behind the introduction is so by the stand-in for QEMU, which is another process with libxl. */
    private static List<Call> withoutQemus(List<Call> calls) {
        List<Call> kept = new ArrayList<>();
        boolean introduced = false;
        for (Call call : calls) {
            introduced |= call instanceof Call.Introduction;
            boolean populate = call instanceof Call.Hypercall hypercall
                    && hypercall.operation().equals("populate_physmap");
            if (!introduced || !populate) {
                kept.add(call);
            }
        }
        return kept;
    }

    /** What a mem-set said. */
    List<Call> memSet(String step, MemSet memSet) {
        recorded(step, toolstack -> memSet.of(toolstack.find(guest.domid()).orElseThrow()));
        return calls(step);
    }

    interface MemSet {
        void of(Domain domain);
    }

    private interface Work {
        void with(Toolstack toolstack);
    }

    private void recorded(String what, Work work) {
        Clock clock = Clock.fixed(guest.startTime(), ZoneOffset.UTC);
        Recorder recorder = new Recorder(what, clock, Contents.FULL);
        try (Toolstack toolstack = Toolstack.options()
                .podPolicy(policy)
                .clock(clock)
                .processIdentity(ProcessIdentity.named("toolstack"))
                .tap(libraries -> recorder.wrap(libraries, trace(what)))
                .open(xen.host())) {
            work.with(toolstack);
        }
    }

    private List<Call> calls(String what) {
        return OwnReader.read(TraceReader.read(trace(what)));
    }

    private Path trace(String what) {
        return directory.resolve(guest.shortName() + "-" + policy.name() + "-" + what + ".jsonl");
    }

    private Map<String, String> nodes() {
        return StoreNodes.of(xen.connect().store(), guest.domid(), guest.uuid());
    }

    /** Xen gives each domid once. */
    private void useDomidsUpTo(int next) {
        Xenctrl xenctrl = Xenctrl.open(xen.connect());
        for (int domid = 1; domid < next; domid++) {
            int created = xenctrl.domains()
                    .create(new CreateDomain(
                            new UUID(0, domid), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 2));
            xenctrl.domains().destroy(created);
        }
    }

    private DomainConfig config() {
        boolean hvm = Recordings.HVM.contains(guest);
        return XlConfigReader.read(guest.config(), hvm ? firmware() : kernel()).config();
    }

    /** Of the same size, and at the same place. */
    private List<String> firmware() {
        byte[] bios = new byte[BIOS_BYTES];
        Arrays.fill(bios, (byte) 0xb1);
        return List.of(
                "firmware_override='" + write("hvmloader", hvmloader()) + "'",
                "bios_path_override='" + write("bios", bios) + "'",
                "uuid='" + guest.uuid() + "'");
    }

    /** An ELF file of 32 bits with one segment. */
    private static byte[] hvmloader() {
        int headers = 52 + 32;
        ByteBuffer elf = ByteBuffer.allocate(headers + LOADER_FILE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 1, 1, 1}).position(16);
        elf.putShort((short) 2).putShort((short) 3).putInt(1).putInt(LOADER_ENTRY);
        elf.putInt(52)
                .putInt(0)
                .putInt(0)
                .putShort((short) 52)
                .putShort((short) 32)
                .putShort((short) 1);
        elf.position(52);
        elf.putInt(1).putInt(headers).putInt(LOADER_ADDRESS).putInt(LOADER_ADDRESS);
        elf.putInt(LOADER_FILE_BYTES).putInt(LOADER_BYTES);
        Arrays.fill(elf.array(), headers, elf.capacity(), (byte) 0x90);
        return elf.array();
    }

    private List<String> kernel() {
        TinyKernel kernel = new TinyKernel(KERNEL_ADDRESS, KERNEL_BYTES, KERNEL_ENTRY);
        boolean packed = guest.name().endsWith("-bzimage");
        return List.of(
                "kernel='" + write("kernel", packed ? kernel.bzImage() : kernel.elf()) + "'",
                "ramdisk='" + write("ramdisk", ramdisk()) + "'",
                "uuid='" + guest.uuid() + "'");
    }

    private Path write(String name, byte[] content) {
        try {
            return Files.write(directory.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
