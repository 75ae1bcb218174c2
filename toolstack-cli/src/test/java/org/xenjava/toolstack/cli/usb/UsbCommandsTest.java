// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.usb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

/** The commands about USB devices. Outputs are those of xl 4.17. */
class UsbCommandsTest {
    private static final Outcome DONE = new Outcome(0, "", "");

    private final Prompt prompt = Prompt.on(
            SimulatedXen.builder().usbDevice("1-1", 1, 2, "usb-storage").build());

    @Test
    void controllersAndDevicesAreAttachedListedAndDetached(@TempDir Path directory) {
        String guest = new GuestFiles(directory)
                .write(
                        "guest.cfg",
                        "name='usb'\ntype='hvm'\nmemory=64\nvga='none'\nusbctrl=['version=1']\n"
                                .getBytes(StandardCharsets.UTF_8))
                .toString();
        assertEquals(0, prompt.run("create", guest).status());
        assertEquals(DONE, prompt.run("usbdev-attach", "usb", "hostbus=1", "hostaddr=2", "controller=0"));
        assertEquals(
                new Outcome(
                        0,
                        """
                        Devid  Type         BE  state usb-ver ports
                        0      devicemodel  0   0     1       2   \s
                          Port 1: Bus 001 Device 002
                          Port 2:
                        """,
                        ""),
                prompt.run("usb-list", "usb"));
        assertTrue(prompt.run("usb-list", "--json", "usb").out().contains("\"hostaddr\": 2"));
        assertEquals(DONE, prompt.run("usbdev-detach", "usb", "0", "1"));
        assertEquals(DONE, prompt.run("usbctrl-attach", "usb", "version=3", "ports=1"));
        assertEquals(DONE, prompt.run("usbctrl-detach", "usb", "0"));
        assertEquals(DONE, prompt.run("usbctrl-detach", "usb", "1"));
        assertEquals(DONE, prompt.run("usb-list", "usb"));
        assertEquals(1, prompt.run("usbctrl-attach", "0").status());
        assertEquals(
                1, prompt.run("usbdev-attach", "usb", "hostbus=1", "hostaddr=7").status());
    }
}
