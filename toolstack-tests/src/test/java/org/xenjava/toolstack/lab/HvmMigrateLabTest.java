// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.Presence;

/** A Linux guest with a QEMU, which serves its disk, migrates within one host of real Xen, and keeps memory, disk and card. */
class HvmMigrateLabTest extends LabFixture {
    private static final String NAME = "hvm-mover";
    static final String DISK_CHECKSUM =
            "sh echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/xvda bs=64k count=16 2>/dev/null | md5sum";

    private static final String CARD = "sh ip -o addr show dev eth0; cat /sys/class/net/eth0/carrier";

    /** Writes new clusters all the time, also while the QEMU that waits has the image open. */
    static final String WRITER =
            "sh (i=0; while [ ! -e /stop ] && [ $i -lt 160 ]; do dd if=/block of=/dev/xvda bs=64k seek=$((32+i)) count=1"
                    + " conv=fsync 2>/dev/null || touch /failed; i=$((i+1)); echo $i >/written; sleep 1; done)"
                    + " >/dev/null 2>&1 & echo started";

    static final String WRITTEN = "sh touch /stop; sleep 2; ls /failed 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches;"
            + " for i in $(seq 1 $(cat /written)); do dd if=/dev/xvda bs=64k skip=$((31+i)) count=1 2>/dev/null | md5sum;"
            + " done | sort -u";

    /** An image of 16 MiB without data: a header, and one cluster each for the L1 table, the reference table and its block. */
    static Path emptyQcow2() throws IOException {
        int cluster = 1 << 16;
        ByteBuffer image = ByteBuffer.allocate(4 * cluster);
        image.putInt(0x514649fb).putInt(2).putLong(0).putInt(0).putInt(16).putLong(16 << 20);
        image.putInt(0).putInt(1).putLong(cluster).putLong(2 * cluster).putInt(1);
        image.putLong(2 * cluster, 3 * cluster);
        for (int used = 0; used < 4; used++) {
            image.putShort(3 * cluster + 2 * used, (short) 1);
        }
        return Files.write(Files.createTempFile(NAME, ".qcow2"), image.array());
    }

    private Domain create() throws IOException {
        Path image = emptyQcow2();
        String file =
                """
                name = "%1$s"
                type = "hvm"
                memory = 160
                vga = "none"
                vnc = 0
                kernel = "%2$s/vmlinuz"
                ramdisk = "%2$s/initrd.gz"
                extra = "console=hvc0 quiet pci=noearly"
                disk = [ "%3$s,qcow2,hda,rw" ]
                vif = [ "bridge=xenbr0" ]
                """
                        .formatted(NAME, Dom0.GUESTS, image);
        return toolstack.create(XlConfigReader.parse(file, NAME + ".cfg").config());
    }

    /** Every cluster that {@link #WRITER} wrote has its content, as the answer to {@link #WRITTEN} shows. */
    static void assertAllWritten(String block, String answer) {
        assertEquals(
                List.of(block),
                answer.lines()
                        .map(String::strip)
                        .filter(line -> line.endsWith("  -"))
                        .toList());
        assertFalse(answer.contains("/failed"), answer);
    }

    private static boolean answersPings() {
        return Dom0.run("busybox", "ping", "-c", "3", "-W", "5", "10.153.0.9").status() == 0;
    }

    @Test
    void aGuestWithAQemuMigratesAndKeepsMemoryDiskAndCard() throws IOException {
        Domain before = create();
        UUID uuid = before.uuid();
        LabGuest guest = bootSlowly(before);
        guest.say("fill 24");
        guest.say("sh ip addr add 10.153.0.9/24 dev eth0; ip link set eth0 up");
        guest.say("sh dd if=/dev/urandom of=/dev/xvda bs=64k count=16 conv=fsync 2>/dev/null");
        String memory = MigrateLabTest.checksum(guest.say(MigrateLabTest.CHECKSUM));
        String disk = MigrateLabTest.checksum(guest.say(DISK_CHECKSUM));
        String block = MigrateLabTest.checksum(
                guest.say("sh dd if=/dev/urandom of=/block bs=64k count=1 2>/dev/null; md5sum </block"));
        guest.say(WRITER);
        LabPipes.migrate(toolstack, before, MigrationProtocol.AUTO);
        Domain after = named(NAME);
        assertEquals(uuid, after.uuid());
        assertNotEquals(before.domid(), after.domid());
        // xenconsoled names the log after the name of the domain that was built.
        LabGuest moved = new LabGuest(NAME + Presence.INCOMING, after.console().terminal(CONSOLE));
        assertEquals(memory, MigrateLabTest.checksum(moved.say(MigrateLabTest.CHECKSUM)));
        assertEquals(disk, MigrateLabTest.checksum(moved.say(DISK_CHECKSUM)));
        String blocks = moved.say(WRITTEN);
        Dom0.report(blocks + moved.say("sh cat /written"));
        assertAllWritten(block, blocks);
        Dom0.report(moved.say(CARD));
        assertEquals(true, answersPings());
    }
}
