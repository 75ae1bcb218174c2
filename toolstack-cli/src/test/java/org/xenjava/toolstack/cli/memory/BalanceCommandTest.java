// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.Xenctrl;

class BalanceCommandTest {
    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);
    private final Xenctrl hypercalls = Prompt.hypercalls(xen);

    @BeforeEach
    void startGuest(@TempDir Path directory) {
        prompt.whileSleeping(this::passTheTime);
        String file = new GuestFiles(directory).config("web", "memory = 64", "maxmem = 128");
        assertEquals(0, prompt.run("create", "--backed-boot", "off", file).status());
    }

    private void passTheTime() {
        List<Duration> slept = prompt.slept();
        xen.advance(slept.get(slept.size() - 1));
    }

    private long mib() {
        return hypercalls.domains().info(1).orElseThrow().totPages() / 256;
    }

    @Test
    void aDryRunShowsWhatTheBalancerWouldDoAndChangesNothing() {
        Outcome outcome = prompt.run("balance", "--dry-run");
        assertEquals(0, outcome.status(), outcome.err());
        List<String> words =
                List.of(outcome.out().lines().toList().get(3).strip().split("\\s+"));
        assertEquals(List.of("web", "1", "64", "64", "64", "128", "64", "128", "to", "128"), words, outcome.out());
        xen.advance(Duration.ofMinutes(1));
        assertEquals(64, mib());
    }

    @Test
    void aDryRunInJsonHasAmountsInKib() {
        JsonObject report = JsonParser.parseString(
                        prompt.run("balance", "-n", "--json").out())
                .getAsJsonObject();
        JsonObject web = report.getAsJsonArray("domains").get(1).getAsJsonObject();
        assertEquals("web", web.get("name").getAsString());
        assertEquals(128 * 1024, web.get("new_target_kib").getAsInt());
        assertEquals("running", web.get("phase").getAsString());
    }

    @Test
    void onceSetsTheTargets() {
        Outcome outcome = prompt.run("balance", "--once");
        assertEquals(new Outcome(0, "acting\nweb (1): 128 MiB instead of 64 MiB\n", ""), outcome);
        xen.advance(Duration.ofMinutes(1));
        assertEquals(128, mib());
    }

    @Test
    void aGuestThatIsExceptedKeepsItsSize() {
        assertEquals(new Outcome(0, "acting\n", ""), prompt.run("balance", "--once", "--except", "web"));
        assertEquals(2, prompt.run("balance", "--once", "--dry-run").status());
        assertEquals(
                2, prompt.run("balance", "--record", "/dev/null", "--dry-run").status());
    }

    private void endAfter(int looks) {
        prompt.whileSleeping(() -> {
            passTheTime();
            if (prompt.slept().size() > looks) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Test
    void aRecordHasTheSizesAtEachLookAndIsDrawn(@TempDir Path directory) throws IOException {
        endAfter(20);
        Path record = directory.resolve("record.csv");
        assertEquals(0, prompt.run("balance", "--record", record.toString()).status());
        List<String> lines = Files.readAllLines(record);
        assertEquals("seconds,domid,owned_kib,target_kib,used_kib,name", lines.get(0));
        assertTrue(lines.get(1).matches("\\d\\.\\d{3},,\\d+,0,0,free"), lines.get(1));
        assertTrue(lines.get(3).matches("\\d\\.\\d{3},1,65\\d{3},65536,0,web"), lines.get(3));
        assertTrue(lines.get(lines.size() - 1).matches("\\d+\\.\\d{3},1,131\\d{3},131072,0,web"), lines.toString());
        Path chart = directory.resolve("chart.svg");
        assertEquals(new Outcome(0, "", ""), prompt.run("balance-chart", record.toString(), chart.toString()));
        String drawn = Files.readString(chart);
        assertTrue(drawn.contains(" width=\"900\"") && drawn.contains("stroke-dasharray:5,4"), "size, and a target");
    }

    @Test
    void aRecordThatCannotBeWrittenEndsAndTheBalancerGoesOn(@TempDir Path directory) throws Exception {
        Path pipe = directory.resolve("record");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        // Opened for both directions, a pipe waits for no writer.
        RandomAccessFile reader = new RandomAccessFile(pipe.toFile(), "rw");
        prompt.whileSleeping(() -> {
            passTheTime();
            close(reader);
            if (prompt.slept().size() > 20) {
                Thread.currentThread().interrupt();
            }
        });
        Outcome outcome = prompt.run("balance", "--record", pipe.toString());
        assertEquals(1, outcome.status());
        assertEquals("xlj: the record ends here: " + pipe + ": Broken pipe\n", outcome.err());
        assertEquals(128, mib());
    }

    private static void close(RandomAccessFile file) {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aChartIgnoresALastLineThatIsIncomplete(@TempDir Path directory) throws IOException {
        Path record = Files.writeString(
                directory.resolve("record.csv"),
                "seconds,domid,owned_kib,target_kib,used_kib,name\n0.000,,1024,0,0,free\n1.000,,2048,0,0,free\n2.000,,40");
        Path chart = directory.resolve("chart.svg");
        assertEquals(new Outcome(0, "", ""), prompt.run("balance-chart", record.toString(), chart.toString()));
        assertTrue(Files.exists(chart));
    }

    @Test
    void aDryRunOfAChartWritesNoFile(@TempDir Path directory) throws IOException {
        Path chart = Files.writeString(directory.resolve("chart.svg"), "older");
        assertEquals(
                0,
                prompt.run("-N", "balance-chart", "/nonexistent", chart.toString())
                        .status());
        assertEquals("older", Files.readString(chart));
    }

    @Test
    void aChartOfAnotherFileIsRefused(@TempDir Path directory) throws IOException {
        Path other = Files.writeString(directory.resolve("other.csv"), "a,b\n");
        Outcome outcome = prompt.run(
                "balance-chart", other.toString(), directory.resolve("c.svg").toString());
        assertEquals(1, outcome.status());
        assertTrue(outcome.err().contains("not a record of xlj balance: 'a,b'"), outcome.err());
    }

    @Test
    void theBalancerRunsUntilItIsEnded() {
        endAfter(100);
        Outcome outcome = prompt.run("balance", "--json");
        assertEquals(0, outcome.status(), outcome.err());
        assertTrue(
                outcome.out().contains("{\"event\":\"resized\",\"domid\":1,\"text\":\"web (1): 128 MiB"),
                outcome.out());
        assertEquals(128, mib());
    }
}
