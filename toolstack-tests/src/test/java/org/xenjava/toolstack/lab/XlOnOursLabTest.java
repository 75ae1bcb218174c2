// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.lab.Dom0.Output;

/** Commands of xl on guests of this project whose QEMU is confined. Minutes, so it runs by command. */
@Tag("lab-long")
class XlOnOursLabTest extends LabFixture {
    private static final int IMAGE_BYTES = 1 << 20;
    private static final int CLUSTER_BITS = 16;
    private static final long QCOW2_BYTES = 16 << 20;

    @TempDir
    Path files;

    private static Output xl(String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = "xl";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        long start = System.nanoTime();
        Output output = Dom0.run(command);
        Dom0.report("$ " + String.join(" ", command) + " -> " + output.status() + " in "
                + Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms; "
                + output.text().strip());
        return output;
    }

    private Path image(String name) throws IOException {
        return Files.write(files.resolve(name), new byte[IMAGE_BYTES]);
    }

    private static List<String> loops() {
        return Dom0.run("losetup", "-a").text().lines().toList();
    }

    private static void xlDestroys(String domain, Path qemu) {
        assertEquals(0, xl("destroy", domain).status());
        Dom0.await("the end of QEMU", Duration.ofSeconds(20), () -> Optional.of(Files.exists(qemu))
                .filter(runs -> !runs));
        // libxl leaves the empty parent of its node.
        Dom0.run("xenstore-rm", "/local/domain/0/device-model");
    }

    private void xlsLifeOfAGuest(String name) throws IOException {
        List<String> before = loops();
        String config =
                """
                name = "%s"
                type = "hvm"
                memory = 64
                vga = "none"
                vnc = 0
                dm_restrict = 1
                kernel = "%s/vmlinuz"
                disk = [ "%s,raw,xvda,rw", ",raw,hdc,ro,cdrom" ]
                """
                        .formatted(name, Dom0.GUESTS, image(name + ".img"));
        Domain ours = toolstack.create(XlConfigReader.parse(config, name).config());
        String id = Integer.toString(ours.domid());
        long qemu = ours.deviceModel().pid().orElseThrow();
        Dom0.report(name + ": "
                + Dom0.run("xenstore-ls", "-fp", "/local/domain/" + id + "/image")
                        .text());
        assertTrue(xl("list").text().contains(name));
        assertEquals(0, xl("block-list", id).status());
        String second = "format=raw,vdev=xvdb,access=rw,target=" + image(name + "-b.img");
        assertEquals(0, xl("block-attach", id, second).status());
        // Both read libxl's stored configuration.
        assertEquals(
                0, xl("cd-insert", id, "hdc", image(name + ".iso").toString()).status());
        assertEquals(0, xl("cd-eject", id, "hdc").status());
        Dom0.report("loops: " + loops());
        xlDestroys(id, Path.of("/proc/" + qemu));
        assertFalse(ours.exists());
        Dom0.report("left by xl: loops " + loops() + ", leftovers "
                + toolstack.leftovers().find());
        toolstack.leftovers().removeAll();
        assertEquals(before, loops());
    }

    @Test
    void xlDestroysAGuestWhoseQemuIsConfinedAndGcFindsItsLoopDevices() throws IOException {
        xlsLifeOfAGuest("unnamed");
        Files.writeString(
                Path.of("/etc/passwd"),
                "xen-qemuuser-range-base:x:131072:131072::/nonexistent:/usr/sbin/nologin\n",
                StandardOpenOption.APPEND);
        xlsLifeOfAGuest("range");
    }

    /** An empty image: a header, a table and a block of reference counts, and a table of tables. */
    private Path qcow2() throws IOException {
        ByteBuffer image = ByteBuffer.allocate(4 << CLUSTER_BITS);
        image.putInt(0x514649FB)
                .putInt(2)
                .putLong(0)
                .putInt(0)
                .putInt(CLUSTER_BITS)
                .putLong(QCOW2_BYTES);
        image.putInt(0).putInt(1).putLong(3L << CLUSTER_BITS);
        image.putLong(1L << CLUSTER_BITS).putInt(1).putInt(0).putLong(0);
        image.putLong(1 << CLUSTER_BITS, 2L << CLUSTER_BITS);
        for (int cluster = 0; cluster < 4; cluster++) {
            image.putShort((2 << CLUSTER_BITS) + 2 * cluster, (short) 1);
        }
        return Files.write(files.resolve("disk.qcow2"), image.array());
    }

    @Test
    void aPvhGuestUsesAQcow2DiskOfAQemuWithoutNewPrivileges() throws IOException {
        Path disk = qcow2();
        Domain ours = toolstack.create(LabGuest.config("pvhq", 128, 128)
                .disks(List.of(DiskConfig.builder("xvda")
                        .target(disk.toString())
                        .format(DiskConfig.Format.QCOW2)
                        .build()))
                .build());
        long pid = ours.deviceModel().pid().orElseThrow();
        Path process = Path.of("/proc/" + pid);
        String status = Files.readString(process.resolve("status"));
        Dom0.report("QEMU of a PVH guest with qcow2: "
                + status.lines()
                        .filter(line -> line.matches("(Uid|Cap...|NoNewPrivs|Seccomp):.*"))
                        .toList()
                        .toString()
                        .replace('\t', ' ')
                + " mnt " + Files.readSymbolicLink(process.resolve("ns/mnt"))
                + " net " + Files.readSymbolicLink(process.resolve("ns/net")) + " ours "
                + Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")) + " "
                + Files.readSymbolicLink(Path.of("/proc/self/ns/net")));
        assertTrue(status.contains("NoNewPrivs:\t1\n"), status);
        LabGuest guest = boot(ours);
        guest.say("sh echo written-by-the-guest >/dev/xvda; sync");
        Dom0.await("what the guest writes", Duration.ofSeconds(60), () -> Optional.of(content(disk))
                .filter(text -> text.contains("written-by-the-guest")));
        xlDestroys("pvhq", process);
        toolstack.leftovers().removeAll();
    }

    private static String content(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
