// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.base.Splitter;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;

/** A QEMU that becomes another user cannot open a disk of the host again. */
class ReleasedDisksTest {
    private static final String DISK = "-drive file=/dev/vg/web,if=ide,format=raw";
    private static final String OPEN_DISK = "-drive file=/dev/vg/web,auto-read-only=off,if=ide";

    private static DeviceModelProcess process(List<String> arguments) {
        return (DeviceModelProcess) Proxy.newProxyInstance(
                DeviceModelProcess.class.getClassLoader(),
                new Class<?>[] {DeviceModelProcess.class},
                (proxy, method, parameters) -> {
                    assertEquals("arguments", method.getName());
                    return arguments;
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "qemu | true",
                "qemu -runas xen-qemuuser-shared | false",
                "qemu -run-with user=xen-qemuuser-shared | false",
                "qemu -xen-domid-restrict -chroot /var/run/xen/qemu-root-3 -runas 2000003 | false"
            })
    void aQemuWithAnotherUserKeepsItsDisksOpenOrReleasesNone(String arguments, boolean root) {
        assertEquals(root, isAble(arguments + " " + DISK));
        assertEquals(true, isAble(arguments + " " + OPEN_DISK));
    }

    private static boolean isAble(String arguments) {
        return new QemuProcess(process(Splitter.on(' ').splitToList(arguments))).canReleaseDisks();
    }
}
