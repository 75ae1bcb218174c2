// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A guest that writes a xenstore node of its own without a pause, and what each operation on it takes. */
class HostileGuestLabTest extends LabFixture {
    /** A destroy of such a guest took 4 min 50 s while its nodes were part of transactions. */
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static final int IMAGE_BYTES = 1 << 20;

    /** A request XS_WRITE of "x" to "data": 16 bytes of header, 6 bytes of payload. */
    private static final String REQUEST = "\\013\\000\\000\\000" + "\\000".repeat(8) + "\\006\\000\\000\\000data\\000x";

    @TempDir
    Path files;

    private DiskConfig disk(String name) throws IOException {
        Path image = Files.write(files.resolve(name), new byte[IMAGE_BYTES]);
        return DiskConfig.builder(name).target(image.toString()).build();
    }

    private static void hammer(LabGuest guest, int domid) {
        guest.say("sh mkdir -p /tmp; printf '" + REQUEST + "' > /tmp/m; i=0; while [ $i -lt 9 ]; do"
                + " cat /tmp/m /tmp/m > /tmp/n; mv /tmp/n /tmp/m; i=$((i+1)); done");
        guest.say("sh (while :; do dd if=/tmp/m of=/dev/xen/xenbus bs=22; done >/dev/null 2>&1 </dev/null &)");
        Dom0.await("the guest's first write", LabGuest.BOOT, () -> Optional.of(
                        Dom0.xenstore("/local/domain/" + domid + "/data"))
                .filter("x"::equals));
    }

    private static Duration timed(String what, Runnable work) {
        long start = System.nanoTime();
        work.run();
        Duration time = Duration.ofNanos(System.nanoTime() - start);
        Dom0.report("with a guest that writes its nodes: " + what + " in " + time.toMillis() + " ms");
        return time;
    }

    @Test
    void aGuestThatWritesItsNodesWithoutAPauseDelaysNoOperation() throws IOException {
        Domain ours = toolstack.create(
                LabGuest.config("ours", 128, 128).disks(List.of(disk("xvda"))).build());
        LabGuest guest = boot(ours);
        DiskConfig second = disk("xvdb");
        timed("attach, while it does not write yet,", () -> ours.devices().attach(second));
        timed("detach, while it does not write yet,", () -> ours.devices()
                .detach(new VirtualDisk("xvdb"), DetachMode.FORCE));
        hammer(guest, ours.domid());
        List<Duration> times = List.of(
                timed("mem-set", () -> ours.memory().set(KiB.ofMiB(120))),
                timed("pod-check", () -> ours.pod().report()),
                timed("attach", () -> ours.devices().attach(second)),
                timed("detach", () -> ours.devices().detach(new VirtualDisk("xvdb"), DetachMode.FORCE)),
                timed("destroy", ours::destroy));
        times.forEach(time -> assertTrue(time.compareTo(LIMIT) < 0, times.toString()));

        String theirs = "disk=[\"" + Files.write(files.resolve("xls"), new byte[IMAGE_BYTES]) + ",raw,xvda,rw\"]";
        Dom0.xl("create", "-p", LabGuest.xlConfig("xls", 128, 128).toString(), theirs);
        Domain xls = named("xls");
        hammer(boot(xls), xls.domid());
        timed("xl destroy", () -> Dom0.xl("destroy", "xls"));
        assertEquals(1, toolstack.domains().size());
    }
}
