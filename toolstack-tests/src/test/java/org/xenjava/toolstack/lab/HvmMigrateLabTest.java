// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.Presence;

/** A Linux guest with a QEMU migrates within one host of real Xen, and keeps memory, disk and card. */
class HvmMigrateLabTest extends LabFixture {
    private static final String NAME = "hvm-mover";
    private static final String DISK_CHECKSUM =
            "sh echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/xvda bs=64k count=16 2>/dev/null | md5sum";

    private static final String CARD = "sh ip -o addr show dev eth0; cat /sys/class/net/eth0/carrier";

    private Domain create() throws IOException {
        Path image = Files.write(Files.createTempFile(NAME, ".img"), new byte[16 << 20]);
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
                disk = [ "%3$s,raw,hda,rw" ]
                vif = [ "bridge=xenbr0" ]
                """
                        .formatted(NAME, Dom0.GUESTS, image);
        return toolstack.create(XlConfigReader.parse(file, NAME + ".cfg").config());
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
        LabPipes.migrate(toolstack, before, MigrationProtocol.AUTO);
        Domain after = named(NAME);
        assertEquals(uuid, after.uuid());
        assertNotEquals(before.domid(), after.domid());
        // xenconsoled names the log after the name of the domain that was built.
        LabGuest moved = new LabGuest(NAME + Presence.INCOMING, after.console().terminal(CONSOLE));
        assertEquals(memory, MigrateLabTest.checksum(moved.say(MigrateLabTest.CHECKSUM)));
        assertEquals(disk, MigrateLabTest.checksum(moved.say(DISK_CHECKSUM)));
        Dom0.report(moved.say(CARD));
        assertEquals(true, answersPings());
    }
}
