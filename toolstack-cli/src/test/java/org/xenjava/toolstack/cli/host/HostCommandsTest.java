// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** The small commands about the host and about names. Expected lines are those that xl 4.17 printed on real Xen. */
class HostCommandsTest {
    private static final Outcome DONE = new Outcome(0, "", "");

    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);
    private final Xenctrl hypercalls = Prompt.hypercalls(xen);
    private GuestFiles files = new GuestFiles(Path.of(""));

    @BeforeEach
    void createAGuest(@TempDir Path temporary) {
        files = new GuestFiles(temporary);
        prompt.run("create", "-p", files.config("web", "memory = 64", "uuid = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'"));
    }

    @Test
    void vmListHasXlsText() {
        String padding = " ".repeat(22);
        assertEquals(
                "UUID                                  ID    name\n"
                        + "00000000-0000-0000-0000-000000000000  0    Domain-0" + padding + "\n"
                        + "6ba7b810-9dad-11d1-80b4-00c04fd430c8  1    web" + padding + "     \n",
                prompt.run("vm-list").out());
    }

    @Test
    void claimsIsTheListWithAColumn() {
        String[] lines = prompt.run("claims").out().split("\n");
        assertEquals("Name                                        ID   Mem VCPUs\tState\tTime(s)  Claimed", lines[0]);
        assertEquals("web                                          1    64     1     --p---       0.0     0", lines[2]);
    }

    @Test
    void parametersOfXenAreSetTogether() {
        assertEquals(DONE, prompt.run("set-parameters", " loglvl=all  guest_loglvl=info ", "noglobal-pages"));
        assertEquals("all", xen.hypervisorParameter("loglvl").orElseThrow());
        assertEquals("info", xen.hypervisorParameter("guest_loglvl").orElseThrow());
        assertEquals("0", xen.hypervisorParameter("global-pages").orElseThrow());
        Outcome refused = prompt.run("set-parameters", "loglvl=none sched=credit");
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("Xen cannot change a parameter 'sched' while it runs"), refused.err());
        assertEquals("all", xen.hypervisorParameter("loglvl").orElseThrow());
        assertEquals(2, prompt.run("set-parameters").status());
    }

    @Test
    void uptimesAreWrittenAsXlWritesThem() {
        assertEquals(
                "Domain-0                             0  0:00:21",
                UptimeCommand.line(Duration.ofSeconds(21), "Domain-0", 0));
        assertEquals(
                " 03:33:47 up  0:00, Domain-0 (0)",
                UptimeCommand.briefLine(LocalTime.of(3, 33, 47), Duration.ofSeconds(21), "Domain-0", 0));
        assertEquals(
                "web                                 12 2 days,  3:04:05",
                UptimeCommand.line(Duration.parse("P2DT3H4M5S"), "web", 12));
    }

    @Test
    void theUptimeOfAGuestIsTheTimeSinceItsStart() {
        String out = prompt.run("uptime", "web").out();
        assertTrue(out.matches("Name {32}ID Uptime\nweb {34}1  0:0\\d:\\d\\d\n"), out);
        hypercalls
                .libraries()
                .store()
                .write(
                        XenStore.NO_TRANSACTION,
                        "/vm/6ba7b810-9dad-11d1-80b4-00c04fd430c8/start_time",
                        "soon".getBytes(StandardCharsets.UTF_8));
        assertEquals("", prompt.run("uptime", "-s", "web").out());
    }

    @Test
    void aDomainIsRenamed() {
        assertEquals(DONE, prompt.run("rename", "web", "shop"));
        assertEquals("shop\n", prompt.run("domname", "1").out());
        assertEquals("shop", read("/vm/6ba7b810-9dad-11d1-80b4-00c04fd430c8/name"));
        assertEquals(DONE, prompt.run("rename", "shop", "shop"));
        assertEquals(
                new Outcome(1, "", "xlj: renaming domain 1: domain 0 has the name 'Domain-0'\n"),
                prompt.run("rename", "shop", "Domain-0"));
        assertEquals(1, prompt.run("rename", "shop", "7").status());
        assertEquals(1, prompt.run("rename", "shop", "a/b").status());
        assertEquals("shop", read("/local/domain/1/name"));
    }

    @Test
    void theConfigurationsAreListedInLibxlsJson() {
        assertEquals(DONE, prompt.run("rename", "web", "shop"));
        Outcome all = prompt.run("list", "-l");
        assertEquals(0, all.status());
        assertEquals("xlj: domain 0: no configuration is stored\n", all.err());
        JsonObject entry =
                JsonParser.parseString(all.out()).getAsJsonArray().get(0).getAsJsonObject();
        assertEquals(1, entry.get("domid").getAsInt());
        JsonObject config = entry.getAsJsonObject("config");
        assertEquals("shop", config.getAsJsonObject("c_info").get("name").getAsString());
        assertEquals(all.out(), prompt.run("list", "--long", "shop").out());
        assertEquals(
                new Outcome(1, "[\n\n]\n", "xlj: domain 0: no configuration is stored\n"),
                prompt.run("list", "-l", "0"));
    }

    @Test
    void anotherConfigurationIsStoredForTheNextBoot(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(
                directory.resolve("next.cfg"), "name = \"x\"\ntype = \"pvh\"\nkernel = \"/k\"\nmemory = 64\n");
        assertEquals(DONE, prompt.run("config-update", "web", file.toString(), "vcpus=2"));
        String stored = read("/libxl/1/xenjava/next-config/0");
        assertTrue(stored.contains("memory = 64\n") && stored.contains("vcpus = 2\n"), stored);
        assertEquals(2, prompt.run("config-update", "web").status());
        assertEquals(1, prompt.run("config-update", "0", file.toString()).status());
    }

    @Test
    void theMessagesOfXenAreShownAndCleared() {
        assertEquals(DONE, prompt.run("debug-keys", "hq"));
        String messages = prompt.run("dmesg").out();
        assertTrue(messages.endsWith("(XEN) 'h' pressed\n(XEN) 'q' pressed\n"), messages);
        assertEquals(messages, prompt.run("dmesg", "-c").out());
        assertEquals(DONE, prompt.run("dmesg"));
        assertEquals(1, prompt.run("debug-keys", "\007").status());
    }

    @Test
    void aLongConsoleIsReadToItsEnd() {
        for (int i = 0; i < 20; i++) {
            prompt.run("debug-keys", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        }
        String messages = prompt.run("dmesg", "-c").out();
        assertTrue(messages.length() > 16384, "more than one chunk");
        assertTrue(messages.endsWith("(XEN) 'Z' pressed\n"), messages);
        assertEquals(DONE, prompt.run("dmesg"));
    }

    @Test
    void aSysrqKeyIsPutWhereTheGuestReadsIt() {
        assertEquals(DONE, prompt.run("sysrq", "web", "h"));
        assertEquals("h", read("/local/domain/1/control/sysrq"));
        assertEquals(2, prompt.run("sysrq", "web", "hh").status());
        assertEquals(
                new Outcome(1, "", "xlj: a SysRq key is a letter or a digit, not '/'\n"),
                prompt.run("sysrq", "web", "/"));
    }

    @Test
    void aButtonIsATrigger() {
        assertEquals(prompt.run("trigger", "web", "power"), prompt.run("button-press", "web", "power"));
        assertEquals(2, prompt.run("button-press", "web", "nmi").status());
    }

    private String read(String path) {
        return new String(hypercalls.libraries().store().read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8);
    }
}
