// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.lab.Dom0.Output;

/** The command line as a user types it in dom0. */
class XljLabTest extends LabFixture {
    private static final String EXAMPLE = "examples/pvh-pod.cfg";
    private static final String NO_JAVA = "/nonexistent";
    private static final int MOST_TRIES = 6;
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    /** A JVM needs between 10 and 40 s here before it shows the console. The end of the input detaches. */
    private static final String ASK_UNTIL_ANSWERED = "shown=$(mktemp); for i in $(seq 30); do"
            + " grep -q STATUS \"$shown\" && break; echo status; sleep 4; done"
            + " | timeout 150 bin/xlj console pvh-pod >\"$shown\" 2>&1; cat \"$shown\"";

    static Output xlj(String... arguments) {
        List<String> command = new ArrayList<>(List.of("bin/xlj"));
        command.addAll(List.of(arguments));
        Output output = Dom0.run(command.toArray(String[]::new));
        Dom0.report("$ xlj " + String.join(" ", arguments) + "  -> " + output.status() + "\n"
                + output.text().strip());
        return output;
    }

    @Test
    void aGuestIsCreatedUsedAndDestroyedFromTheCommandLine() {
        // One vCPU: more of them starve each other under software emulation.
        xlj("create", EXAMPLE, "vcpus=1", "maxvcpus=1").expectSuccess();
        Domain domain = named("pvh-pod");
        LabGuest guest = new LabGuest("pvh-pod", domain.console().terminal(CONSOLE));
        guest.awaitReady();
        LabGuest.awaitSettled(domain, xenctrl);

        Output console = Dom0.run("sh", "-c", ASK_UNTIL_ANSWERED);
        Dom0.report("xlj console: " + console.text().strip());
        assertTrue(console.text().contains("STATUS target_kb="), console.text());

        assertTrue(xlj("list").expectSuccess().text().contains("pvh-pod"));
        String id = Integer.toString(domain.domid());
        Output check = xlj("pod-check", id);
        assertEquals("checked domain " + id + " for XSA-153: NOT vulnerable\n", check.text());
        assertEquals(0, check.status());
        Output json = xlj("pod-check", "--all", "--json");
        for (String key : List.of("domid", "name", "tot_pages", "pod_cache_pages", "pod_entries", "debt", "verdict")) {
            assertTrue(json.text().contains("\"" + key + "\""), json.text());
        }
        xlj("mem-set", "pvh-pod", "300").expectSuccess();
        assertEquals("307200", Dom0.xenstore("/local/domain/" + id + "/memory/target"));
        // xl needs the configuration that is stored for libxl.
        Dom0.xl("mem-set", "pvh-pod", "280m");
        assertEquals("286720", Dom0.xenstore("/local/domain/" + id + "/memory/target"));
        String stored = Dom0.xl("list", "-l", "pvh-pod");
        assertTrue(stored.contains("\"target_memkb\": 286720"), stored);
        xlj("destroy", "pvh-pod").expectSuccess();
        assertFalse(Dom0.xl("list").contains("pvh-pod"));
        assertEquals(
                "",
                Dom0.run("find", "/var/lib/xen", "-name", "userdata-*." + id + ".*")
                        .text());
    }

    @Test
    void aResidentProcessCreatesListsAndDestroysGuestsForOthers() throws IOException, InterruptedException {
        Path directory = Files.createDirectory(Path.of("/run/xlj-lab"), OWNER_ONLY);
        Path socket = directory.resolve("serve.sock");
        Process server = new ProcessBuilder("bin/xlj", "serve", "--socket", socket.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        try {
            while (!Files.exists(socket)) {
                assertTrue(server.isAlive(), "xlj serve has ended");
                Thread.sleep(100);
            }
            // The second create finds the kernel unpacked.
            for (int i = 0; i < 2; i++) {
                served(socket, "create", "-q", "-p", EXAMPLE).expectSuccess();
                String id = Integer.toString(Dom0.domid("pvh-pod"));
                assertEquals(id + "\n", served(socket, "domid", "pvh-pod").text());
                assertTrue(served(socket, "list").expectSuccess().text().contains("pvh-pod"));
                Output second = served(socket, "create", "-q", "-p", EXAMPLE);
                assertEquals(1, second.status(), second.text());
                served(socket, "destroy", "pvh-pod").expectSuccess();
                assertFalse(Dom0.xl("list").contains("pvh-pod"));
            }
        } finally {
            server.destroy();
            server.waitFor();
            Dom0.report("xlj serve: " + Files.readString(directory.resolve("log")));
        }
        assertFalse(Files.exists(socket));
    }

    /**
     * Runs a command in the resident process. Without Java the launcher can run none itself: it fails before the command
     * begins if the process, on a busy machine, does not accept the connection within 5 s.
     */
    private static Output served(Path socket, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of("env", "XLJ_SOCKET=" + socket, "JAVA_HOME=" + NO_JAVA, "bin/xlj"));
        command.addAll(List.of(arguments));
        long start = System.nanoTime();
        Output output = Dom0.run(command.toArray(String[]::new));
        for (int tries = 1; tries < MOST_TRIES && output.text().contains(NO_JAVA); tries++) {
            output = Dom0.run(command.toArray(String[]::new));
        }
        Dom0.report("$ xlj " + String.join(" ", arguments) + "  -> " + output.status() + " in "
                + (System.nanoTime() - start) / 1_000_000 + " ms\n"
                + output.text().strip());
        return output;
    }

    @Test
    void podCheckPrintsTheAdvisorysTextForAnyDomain() {
        assertEquals(255, xlj("pod-check", "0").status());
        assertEquals(255, xlj("pod-check", "4711").status());

        Dom0.xl("create", "-p", LabGuest.xlConfig("xls", 256, 512).toString());
        String id = Integer.toString(Dom0.domid("xls"));
        Output check = xlj("pod-check", id);
        assertEquals(1, check.status());
        assertEquals(
                "checked domain " + id + " for XSA-153: VULNERABLE (65536 more outstanding pages)\n"
                        + "difference is >1Mby\nballon driver not running or guest still booting?\n",
                check.text());
    }

    @Test
    void aDryRunShowsThePlanAndChangesNothing() {
        Output plan = xlj("dry-run", EXAMPLE).expectSuccess();
        assertTrue(plan.text().contains("65792"), "the PoD target");
    }
}
