// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** A guest's life, command by command. */
class GuestLifeTest {
    private static final Outcome DONE = new Outcome(0, "", "");
    private static final String HEADER = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n";

    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);
    private final Xenctrl hypercalls = Prompt.hypercalls(xen);
    private GuestFiles files = new GuestFiles(Path.of(""));

    @BeforeEach
    void useDirectory(@TempDir Path temporary) {
        files = new GuestFiles(temporary);
    }

    @Test
    void aGuestIsCreatedPausedStartedAndDestroyed() {
        assertEquals(DONE, prompt.run("create", "-p", files.config("web", "memory = 64")));
        assertEquals("--p---", state("web"));
        assertEquals(DONE, prompt.run("unpause", "web"));
        assertEquals('-', state("web").charAt(2));
        assertEquals(DONE, prompt.run("pause", "1"));
        assertEquals("--p---", state("web"));
        assertEquals(DONE, prompt.run("destroy", "web"));
        assertEquals(new Outcome(1, "", "xlj: there is no domain 'web'\n"), prompt.run("list", "web"));
    }

    @Test
    void aPvGuestIsCreatedListedResizedAndDestroyed() {
        String file = files.pvConfig("old", "memory = 32", "maxmem = 64");
        assertEquals(0, prompt.run("dry-run", file).status());
        assertEquals(DONE, prompt.run("create", file));
        assertEquals('-', state("old").charAt(2));
        xen.advance(Duration.ofSeconds(10));
        assertEquals(DONE, prompt.run("mem-set", "old", "64"));
        xen.advance(Duration.ofSeconds(60));
        assertEquals(64 * 256, hypercalls.domains().info(1).orElseThrow().totPages());
        assertEquals(1, prompt.run("save", "old", "/nowhere/file").status());
        assertEquals(DONE, prompt.run("destroy", "old"));
        assertEquals(1, prompt.run("list", "old").status());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    destroy 0       | domain 0 cannot be destroyed: it is the control domain
                    pause 0         | domain 0 cannot be paused: nothing could unpause it
                    pause Domain-0  | domain 0 cannot be paused: nothing could unpause it
                    console 0       | domain 0 has no console in xenconsoled: its console is the host's
                    dump-core 0 /x  | domain 0 cannot be dumped: the dump would pause the domain that it runs in
                    """)
    void aVerbThatWouldHarmDomainZeroIsRefused(String line, String reason) {
        assertEquals(new Outcome(1, "", "xlj: " + reason + "\n"), prompt.run(line.split(" ")));
        assertEquals("Domain-0", read("/local/domain/0/name"));
    }

    @ParameterizedTest
    @CsvSource({"shutdown, Shutting down", "reboot, Rebooting"})
    void domainZeroIsNotShutDown(String command, String announcement) {
        Outcome outcome = prompt.run(command, "0");
        assertEquals(1, outcome.status());
        assertEquals(
                announcement + " domain 0\n"
                        + "xlj: domain 0 is shut down and rebooted by its operating system, such as with systemctl\n",
                outcome.err());
    }

    @Test
    void theScreenOfAGuestHasTheAddressInXenstore() {
        prompt.run("create", "-p", files.config("web", "memory = 64", "type = 'hvm'"));

        Outcome none = prompt.run("vncviewer", "web");
        assertEquals(new Outcome(1, "", "xlj: domain 1 has no VNC server\n"), none);
        write("/local/domain/1/console/vnc-listen", "127.0.0.1");
        write("/local/domain/1/console/vnc-port", "5902");
        assertEquals(new Outcome(0, "127.0.0.1:5902\n", ""), prompt.run("vncviewer", "--address", "web"));
    }

    @Test
    void createPrintsTheConfigurationOnStandardErrorIfAsked() {
        String file = files.config("web", "memory = 64");
        String configuration = prompt.run("create", "-n", file).out();
        assertEquals(new Outcome(0, "", configuration), prompt.run("create", "-e", "-p", "-d", file));
    }

    @Test
    void aGuestWithoutAScreenIsStartedAlthoughAViewerIsAskedFor() {
        Outcome outcome = prompt.run("create", "-V", "-A", files.config("web", "memory = 64"));
        assertEquals(0, outcome.status());
        assertEquals("xlj: domain 1 has no VNC server\n", outcome.err());
        assertEquals('-', state("web").charAt(2));
    }

    @ParameterizedTest
    @CsvSource({"-t serial,serial/0/tty", "-t serial -n 1,serial/1/tty", "-n 2,device/console/2/tty", "none,console/tty"
    })
    void aConsoleIsWhereXenstoreSays(String options, String node) {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        write("/local/domain/1/" + node, "/nowhere/tty");
        List<String> words = new ArrayList<>(List.of("console"));
        if (!options.equals("none")) {
            words.addAll(List.of(options.split(" ")));
        }
        words.add("web");
        Outcome outcome = prompt.run(words.toArray(String[]::new));
        assertEquals(1, outcome.status());
        assertTrue(outcome.err().contains("/nowhere/tty"), outcome.err());
    }

    @Test
    void theSerialPortIsPreferredAndAWrongConsoleIsRefused() {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        write("/local/domain/1/serial/0/tty", "/nowhere/serial");
        assertTrue(prompt.run("console", "web").err().contains("/nowhere/serial"));
        assertEquals(1, prompt.run("console", "-n", "-1", "web").status());
        assertEquals(2, prompt.run("console", "-t", "vga", "web").status());
    }

    @Test
    void withoutQemuThereIsNoScreenAndNoDrive() {
        prompt.run("create", "-p", files.config("web", "memory = 64"));

        assertEquals(
                new Outcome(1, "", "xlj: domain 1 has no screen: no QEMU serves it\n"),
                prompt.run("screenshot", "web", "/no/such/directory/web.png"));
        Outcome driveless = new Outcome(1, "", "xlj: domain 1 has no CD-ROM drive: no QEMU serves it\n");
        assertEquals(driveless, prompt.run("cd-insert", "web", "hdc", "/images/install.iso"));
        assertEquals(driveless, prompt.run("cd-eject", "web", "hdc"));
    }

    @Test
    void aGuestIsStartedAsSoonAsItIsBuilt() {
        assertEquals(DONE, prompt.run("create", files.config("web", "memory = 64")));
        assertEquals('-', state("web").charAt(2));
    }

    @Test
    void theListHasXlsText() {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        Outcome one = prompt.run("list", "web");
        assertEquals(
                HEADER + "web                                          1    64     1     --p---       0.0\n",
                one.out());
        Outcome all = prompt.run("list");
        assertTrue(all.out().startsWith(HEADER + "Domain-0                                     0  1536 "), all.out());
        assertEquals(3, all.out().lines().count());
    }

    @Test
    void theListAsJsonHasOneObjectPerDomain() {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        JsonArray list =
                JsonParser.parseString(prompt.run("list", "--json").out()).getAsJsonArray();
        assertEquals(2, list.size());
        assertEquals("web", list.get(1).getAsJsonObject().get("name").getAsString());
        assertEquals("pvh", list.get(1).getAsJsonObject().get("type").getAsString());
    }

    @Test
    void namesAndNumbersAreTranslated() {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        assertEquals(new Outcome(0, "1\n", ""), prompt.run("domid", "web"));
        assertEquals(new Outcome(0, "web\n", ""), prompt.run("domname", "1"));
        assertEquals(new Outcome(1, "", "xlj: there is no domain '7'\n"), prompt.run("domname", "7"));
    }

    @Test
    void aNameIsTakenOnlyOnce() {
        String file = files.config("web", "memory = 64");
        prompt.run("create", "-p", file);
        Outcome again = prompt.run("create", "-p", file);
        assertEquals(1, again.status());
        assertTrue(again.err().startsWith("xlj: "), again.err());
    }

    @Test
    void aVerboseCreatePrintsEachStepOnALine() {
        Outcome outcome = prompt.run("create", "-pv", files.config("web", "memory = 64"));
        assertEquals("", outcome.out());
        assertTrue(outcome.err().contains("] " + CreateStep.CREATE_DOMAIN.words() + "\n"), outcome.err());
        assertTrue(outcome.err().lines().allMatch(line -> line.matches("web \\[\\d+/\\d+] .*")), outcome.err());
    }

    @Test
    void aTerminalShowsOneLineAndCleansItUp() {
        Outcome outcome = prompt.runOnTerminal("create", "-p", files.config("web", "memory = 64"));
        assertFalse(outcome.err().contains("\n"), outcome.err());
        assertTrue(outcome.err().startsWith("\r\033[Kweb [1/"), outcome.err());
        assertTrue(outcome.err().endsWith("\r\033[K"), outcome.err());
        assertEquals(
                "",
                prompt.runOnTerminal("create", "-pq", files.config("db", "memory = 64"))
                        .err());
    }

    @Test
    void aBuildThatFailsPrintsTheStepsThatItUndid() {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        Outcome outcome = prompt.run("create", "-pv", files.config("web", "memory = 64"));
        assertEquals(1, outcome.status());
        assertTrue(outcome.err().contains("] undone: " + CreateStep.CREATE_DOMAIN.words() + "\n"), outcome.err());
        assertTrue(outcome.err().lines().reduce("", (before, last) -> last).startsWith("xlj: "), outcome.err());
        assertEquals(3, prompt.run("list").out().lines().count());
    }

    @Test
    void memSetRaisesTheTargetAndThePodCache() {
        prompt.run("create", "--backed-boot", "off", "-p", files.config("web", "memory = 64", "maxmem = 128"));
        long before = hypercalls.memory().podTarget(1).cachePages();
        assertEquals(DONE, prompt.run("mem-set", "web", "96"));
        assertEquals("98304", read("/local/domain/1/memory/target"));
        assertEquals(before + 32 * 256, hypercalls.memory().podTarget(1).cachePages());
        assertEquals(DONE, prompt.run("mem-set", "web", "65536k"));
        assertEquals("65536", read("/local/domain/1/memory/target"));
        assertEquals(1, prompt.run("mem-set", "web", "1g").status());
    }

    @Test
    void aPopulateOnDemandGuestIsBackedBeforeItRunsUnlessToldNot() {
        prompt.run("create", "-p", files.config("web", "memory = 64", "maxmem = 128"));
        assertEquals(0, hypercalls.memory().podTarget(1).debt());
        assertTrue(read("/libxl/1/xenjava/guard/covered").endsWith(" boot"));
        prompt.run("create", "-p", "--backed-boot", "off", files.config("db", "memory = 64", "maxmem = 128"));
        assertTrue(hypercalls.memory().podTarget(2).debt() > 0);
    }

    @Test
    void memMaxSetsMaxMemAndLeavesStaticMax() {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        assertEquals(DONE, prompt.run("mem-max", "web", "128"));
        assertEquals("65536", read("/local/domain/1/memory/static-max"));
        assertEquals("131072", read("/libxl/1/xenjava/next-maximum-kib"));
        assertEquals(1, prompt.run("mem-set", "web", "100m").status());
    }

    @Test
    void aGuestWithoutPvDriversCannotBeAskedToShutDown() {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        Outcome outcome = prompt.run("shutdown", "web");
        assertEquals(1, outcome.status());
        assertTrue(outcome.err().startsWith("Shutting down domain 1\nxlj: "), outcome.err());
    }

    @Test
    void aShutdownOfAllGuestsGoesOnAfterOneThatFails() {
        prompt.run("create", "-p", files.config("deaf", "memory = 64"));
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        loadPvDrivers(2);
        assertEquals(1, prompt.run("shutdown", "--all").status());
        assertEquals("poweroff", read("/local/domain/2/control/shutdown"));
        assertEquals(new Outcome(0, "", "Rebooting domain 2\n"), prompt.run("reboot", "web"));
        assertEquals("reboot", read("/local/domain/2/control/shutdown"));
    }

    @Test
    void waitingEndsWhenTheGuestHasStopped() {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        loadPvDrivers(1);
        hypercalls.domains().remoteShutdown(1, ShutdownReason.POWEROFF.code());
        assertEquals(new Outcome(0, "", "Shutting down domain 1\n"), prompt.run("shutdown", "-w", "web"));
        assertTrue(state("web").endsWith("s--"), state("web"));
    }

    @Test
    void infoHasXlsKeys() {
        assertEquals("6143\n", prompt.run("info", "total_memory").out());
        Outcome all = prompt.run("info");
        assertTrue(all.out().contains("free_memory            : 4"), all.out());
        assertTrue(all.out().contains("xen_version            : 4.17"), all.out());
        assertEquals(2, prompt.run("info", "colour").status());
        assertEquals(
                1_572_731,
                JsonParser.parseString(prompt.run("info", "--json").out())
                        .getAsJsonObject()
                        .get("total_pages")
                        .getAsLong());
    }

    @Test
    void gcRemovesTheLeftoversOfAKilledBuild() throws IOException {
        UUID uuid = UUID.randomUUID();
        int domid = hypercalls
                .domains()
                .create(new CreateDomain(uuid, DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
        String nameSpace = Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
        write("/tool/xenjava/builds/" + uuid, nameSpace + " 999999999 1");
        assertEquals(0, prompt.run("gc").status());
        assertTrue(hypercalls.domains().info(domid).isEmpty());
        assertThrows(XenLibException.class, () -> read("/tool/xenjava/builds/" + uuid));
    }

    @Test
    void gcListsAndRemovesWhatAFailedDestroyHasLeft() throws IOException {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        // A destroy that got as far as Xen: the nodes stay.
        hypercalls.domains().destroy(1);
        String uuid = read("/local/domain/1/vm").substring("/vm/".length());
        assertEquals(new Outcome(0, "nodes of domain 1\n", ""), prompt.run("gc", "-n"));
        assertEquals(new Outcome(0, "nodes of domain 1\n", ""), prompt.run("-N", "gc"));
        JsonObject found = JsonParser.parseString(
                        prompt.run("gc", "-n", "--json").out())
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject();
        assertEquals("nodes", found.get("kind").getAsString());
        assertEquals(1, found.get("domid").getAsInt());
        assertEquals(uuid, found.get("uuid").getAsString());
        assertEquals("found", found.get("result").getAsString());
        assertEquals(new Outcome(0, "removed: nodes of domain 1\n", ""), prompt.run("gc"));
        assertEquals(new Outcome(0, "", ""), prompt.run("gc"));
        assertThrows(XenLibException.class, () -> read("/libxl/1/type"));
    }

    private String state(String domain) {
        return prompt.run("list", domain)
                .out()
                .lines()
                .skip(1)
                .findFirst()
                .orElseThrow()
                .substring(63, 69);
    }

    private void loadPvDrivers(int domid) {
        hypercalls.hvm().setParam(domid, HvmParam.CALLBACK_IRQ, 1);
    }

    private void write(String path, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        hypercalls.libraries().store().write(XenStore.NO_TRANSACTION, path, bytes);
    }

    private String read(String path) {
        byte[] value = hypercalls.libraries().store().read(XenStore.NO_TRANSACTION, path);
        return new String(value, StandardCharsets.UTF_8);
    }
}
