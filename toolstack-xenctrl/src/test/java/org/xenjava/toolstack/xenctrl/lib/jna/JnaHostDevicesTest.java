// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.LoopAccess;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** As far as a kernel without Xen, and a process without rights, lets it be tested. */
class JnaHostDevicesTest {
    private final HostDevices host = JnaHostDevices.open();

    @Test
    void filesDirectoriesAndMissingFilesAreDistinguished(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("image"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        HostFile.Regular regular = assertInstanceOf(HostFile.Regular.class, host.file(file.toString()));
        assertEquals(Files.getAttribute(file, "unix:ino"), regular.inode());
        assertEquals(Files.getAttribute(file, "unix:dev"), regular.device());
        assertEquals(regular, host.file(link.toString()));
        assertEquals(new HostFile.Other(), host.file(directory.toString()));
        assertEquals(new HostFile.Other(), host.file("/dev/null"));
        assertEquals(new HostFile.Absent(), host.file(directory.resolve("none").toString()));
    }

    /** Numbers from stat(1) of a loop device and of one whose minor has more than eight bits. */
    @Test
    void aDeviceNumberIsTakenApartAsGlibcDoes() {
        assertEquals(new HostFile.BlockDevice(7, 0), JnaHostDevices.fileOf(0x61B0, 0x700, 1, 2));
        assertEquals(new HostFile.BlockDevice(259, 300), JnaHostDevices.fileOf(0x61B0, 0x11_032cL, 1, 2));
        assertEquals("103:12c", new HostFile.BlockDevice(259, 300).physicalDevice());
    }

    @Test
    void theLoopConfigurationHasFlagsAndNameWhereTheKernelLooks() {
        ByteBuffer config = ByteBuffer.wrap(LoopDevice.config(5, "/srv/a.img", LoopAccess.READ_ONLY))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(304, config.capacity());
        assertEquals(5, config.getInt(0));
        assertEquals(1, config.getInt(60));
        byte[] name = new byte[11];
        config.get(64, name);
        assertEquals("/srv/a.img\0", new String(name));
        assertEquals(
                0,
                ByteBuffer.wrap(LoopDevice.config(5, "/srv/a.img", LoopAccess.READ_WRITE))
                        .getInt(60));
    }

    @Test
    void theLoopbackInterfaceExistsAndAnotherDoesNot() {
        assertTrue(host.linkExists("lo"));
        assertFalse(host.linkExists("xenjava-none"));
    }

    @Test
    void aRefusalOfTheKernelIsAnErrno() {
        XenLibException gone = assertThrows(XenLibException.class, () -> host.joinBridge("none", "xenjava-none"));
        assertEquals(Errno.ENODEV, gone.errno());
        assertEquals("SIOCGIFINDEX", gone.function());
        assertEquals(
                Errno.EINVAL,
                assertThrows(XenLibException.class, () -> host.bringUp("a-name-with-more-than-15-bytes"))
                        .errno());
    }

    @Test
    void aLoopDeviceThatDoesNotExistHasNothingToDetach() {
        host.detachLoop(1_048_000);
        assertFalse(host.loops().containsKey(1_048_000));
    }
}
