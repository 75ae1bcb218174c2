// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.output.StyledLine;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.rehearsal.AdvisoryRehearsal;
import org.xenjava.toolstack.rehearsal.Rehearsal;
import org.xenjava.toolstack.rehearsal.RehearsalTrial;

/** Every prompt here is one without Xen: a rehearsal brings its own. */
class RehearseTest {
    private final Prompt prompt = Prompt.withoutXen();
    private GuestFiles files = new GuestFiles(Path.of(""));
    private Path directory = Path.of("");

    @BeforeEach
    void useDirectory(@TempDir Path temporary) {
        directory = temporary;
        files = new GuestFiles(temporary);
    }

    private String guest() {
        return files.config("web", "memory = 64", "maxmem = 128");
    }

    /** Its disk and its network card are left out, and its firmware is none of this machine's. */
    @Test
    void theExampleWithFirmwareIsRehearsedToo() {
        Outcome outcome = prompt.run("rehearse", "../examples/hvm-pod.cfg", "memory=64", "maxmem=128");

        assertEquals(0, outcome.status(), outcome.err());
        assertTrue(outcome.out().startsWith("hvm-pod: HVM, memory 64 MiB, maxmem 128 MiB."), outcome.out());
        assertTrue(outcome.out()
                .contains("Windows PV drivers      survives       0  survives    +256  survives    +256\n"));
    }

    /** FreeBSD keeps 72 MiB of 128, as its driver would for real. */
    @Test
    void theTextFitsOnOneScreen() {
        assertEquals(
                new Outcome(
                        0,
                        """
                        web: PVH, memory 64 MiB, maxmem 128 MiB. xlj builds it on a simulated Xen by each of three
                        rules. With each balloon driver it boots, balloons and then fills all of its memory.

                                                       unpatched             libxl               xlj
                        Xen is told to back          16384 pages       16384 pages       16640 pages
                        the guest is told            16384 pages       16384 pages       16384 pages
                        slack                            0 pages           0 pages         256 pages

                        Linux 4.14 and later    survives       0  survives       0  survives    +256
                        Linux 4.11 and 4.12     CRASHES      -97  CRASHES      -97  survives    +159
                        FreeBSD                 CRASHES    -2048  CRASHES    -2048  CRASHES    -1792
                        Linux, 1 page short     CRASHES       -1  CRASHES       -1  survives    +255
                        Linux, 98 pages short   CRASHES      -98  CRASHES      -98  survives    +158
                        Linux, 200 pages short  CRASHES     -200  CRASHES     -200  survives     +56
                        Linux, 256 pages short  CRASHES     -256  CRASHES     -256  survives       0
                        Linux, 257 pages short  CRASHES     -257  CRASHES     -257  CRASHES       -1
                        NetBSD                  CRASHES   -16375  CRASHES   -16375  CRASHES   -15863
                        no balloon driver       CRASHES   -16384  CRASHES   -16384  CRASHES   -16128
                          with a backed boot                                        survives       0

                        unpatched  before XSA-153: Xen backs what the guest is told, without slack
                        libxl      xl: has slack for HVM guests only
                        xlj        slack in what Xen is told, none in what the guest is told
                        +          spare pages: the guest would survive a driver that freed this many fewer
                        -          frames without a page: a guest that fills its memory crashes

                        (XEN) p2m_pod_demand_populate: Dom1 out of PoD memory! (tot=16393 ents=97 dom1)
                        Guests built by xlj survive a balloon driver that stops up to 256 pages short.
                        Use xlj pod-check to find guests that are further short.
                        With a backed boot the host lends 16128 pages until the driver has freed them, and no load
                        crashes the guest. This is the default of xlj create if the host has the memory.
                        """,
                        ""),
                prompt.run("rehearse", guest()));
    }

    @Test
    void verdictsAreColouredOnATerminal() {
        String text = prompt.runOnTerminal("rehearse", guest()).out();
        assertTrue(text.contains("\033[32msurvives "), text);
        assertTrue(text.contains("\033[1m\033[31mCRASHES "), text);
        assertEquals(prompt.run("rehearse", guest()).out(), text.replaceAll("\033\\[[0-9;]*m", ""));
    }

    @Test
    void jsonHasTheTermsAndEveryTrial() {
        Outcome outcome = prompt.run("rehearse", "--json", guest(), "kernel = '/nowhere/vmlinuz'");
        assertEquals(0, outcome.status());
        JsonObject json = JsonParser.parseString(outcome.out()).getAsJsonObject();
        assertEquals(
                "{\"name\":\"web\",\"type\":\"pvh\",\"memory_kib\":65536,\"maxmem_kib\":131072}",
                json.get("guest").toString());
        assertEquals("[\"/nowhere/vmlinuz\"]", json.get("missing_files").toString());
        assertEquals(
                """
                {"policy":"standard","pod_target_pages":16640,"memory/target_kib":65536,"slack_pages":256,\
                "keeps_its_promise":true}""",
                json.getAsJsonArray("policies").get(2).toString());
        JsonObject backed = json.getAsJsonObject("backed_boot");
        assertEquals("lived", backed.get("outcome").getAsString());
        assertEquals(0, backed.get("initial_debt_pages").getAsLong());
        JsonArray trials = json.getAsJsonArray("trials");
        assertEquals(30, trials.size());
        assertEquals(
                """
                {"policy":"libxl","driver":"Linux 4.11 and 4.12","initial_debt_pages":16384,"ballooned_pages":16287,\
                "shortfall_pages":97,"spare_pages":-97,"tot_pages":16393,"pod_cache_pages":12288,"pod_entries":12385,\
                "debt":97,"outcome":"crashed","console":"(XEN) p2m_pod_demand_populate: Dom1 out of PoD memory! \
                (tot=16393 ents=97 dom1)"}""",
                trials.get(4).toString());
        JsonObject alive = trials.get(5).getAsJsonObject();
        assertEquals("lived", alive.get("outcome").getAsString());
        assertTrue(alive.get("console").isJsonNull());
    }

    @Test
    void aGuestWithoutPopulateOnDemandNeedsNoRehearsal() {
        Outcome outcome = prompt.run("rehearse", files.config("plain", "memory = 64"));
        assertEquals(0, outcome.status());
        assertTrue(outcome.out().contains("memory is maxmem"), outcome.out());
        assertFalse(outcome.out().contains("CRASHES"), outcome.out());
        assertFalse(outcome.out().contains("Guests built by xlj"), outcome.out());
    }

    @Test
    void aGuestThatCrashesWithinTheSlackIsAFailure() {
        DomainConfig config = DomainConfig.builder("web")
                .kernel(Path.of("/nowhere/vmlinuz"))
                .memoryMib(64)
                .maxMemoryMib(128)
                .build();
        Rehearsal good = AdvisoryRehearsal.of(config).run();
        List<RehearsalTrial> trials = new ArrayList<>(good.trials());
        RehearsalTrial fine = trials.get(2);
        trials.set(
                2,
                new RehearsalTrial(
                        fine.terms(),
                        fine.driver(),
                        fine.initialDebt(),
                        fine.ballooned(),
                        fine.settled(),
                        Optional.of("(XEN) for no reason")));
        Rehearsal bad = new Rehearsal(config, good.terms(), good.drivers(), trials, Optional.empty(), List.of());
        assertEquals(ExitStatus.OK, RehearseCommand.exitStatus(good));
        assertEquals(ExitStatus.FAILED, RehearseCommand.exitStatus(bad));
        List<StyledLine> lines = RehearsalText.of(bad);
        assertEquals(
                "A guest built by xlj has crashed although its driver stopped no more than 256 pages short!",
                lines.get(lines.size() - 1).toString());
    }

    @Test
    void aChartIsAWellFormedPicture() throws Exception {
        Path chart = directory.resolve("boot.svg");
        assertEquals(
                0, prompt.run("rehearse", guest(), "--chart", chart.toString()).status());
        DocumentBuilderFactory xml = DocumentBuilderFactory.newInstance();
        xml.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        Element root = xml.newDocumentBuilder().parse(chart.toFile()).getDocumentElement();
        assertEquals("svg", root.getTagName());
        assertEquals("1080", root.getAttribute("width"));
        assertTrue(root.getElementsByTagName("line").getLength() > 100);
        assertTrue(root.getTextContent().contains("web: Linux 4.11 and 4.12 boots"), root.getTextContent());
    }

    @Test
    void aChartMayBeABitmap() throws IOException {
        Path chart = directory.resolve("boot.PNG");
        assertEquals(
                0, prompt.run("rehearse", guest(), "--chart", chart.toString()).status());
        BufferedImage image = ImageIO.read(chart.toFile());
        assertEquals(2160, image.getWidth());
        assertEquals(1040, image.getHeight());
    }

    @Test
    void aChartOfAnotherKindIsRefusedBeforeAnythingIsDone() {
        Outcome outcome = prompt.run("rehearse", guest(), "--chart", "boot.gif");
        assertEquals(2, outcome.status());
        assertEquals("", outcome.out());
        assertTrue(outcome.err().contains("'boot.gif' is neither an .svg nor a .png file"), outcome.err());
    }

    @Test
    void aChartThatCannotBeWrittenIsAFailure() {
        Outcome outcome = prompt.run("rehearse", guest(), "--chart", directory + "/nowhere/boot.svg");
        assertEquals(1, outcome.status());
        assertEquals("xlj: " + directory + "/nowhere/boot.svg: no such file or directory\n", outcome.err());
    }

    @Test
    void aRehearsalWithoutAFileUsesTheExample() {
        assertFalse(Files.exists(Path.of(RehearseCommand.EXAMPLE)), "tests run below the repository's root");
        Outcome outcome = prompt.run("rehearse");
        assertEquals(new Outcome(1, "", "xlj: examples/pvh-pod.cfg: no such file\n"), outcome);
    }

    @Test
    void aMigrationIsRehearsedWithTheGuestsDevicesReplaced() {
        String config = files.config("web", "memory = 20", "maxmem = 32", "disk = ['/nowhere/d.img,raw,xvda,w']");
        Outcome outcome = prompt.run("rehearse", "--migrate", "--json", config, "kernel = '/nowhere/vmlinuz'");
        assertEquals(0, outcome.status(), outcome.err());
        JsonObject json = JsonParser.parseString(outcome.out()).getAsJsonObject();
        assertEquals(0, json.get("lost_pages").getAsInt());
        assertTrue(json.get("copied_pages").getAsLong() > 5120, outcome.out());
        assertTrue(json.get("copied_suspended_pages").getAsLong() > 0, outcome.out());
        String text = prompt.run("rehearse", "--migrate", config, "kernel = '/nowhere/vmlinuz'")
                .out();
        assertTrue(text.startsWith("The guest migrated: "), text);
        assertTrue(text.endsWith("No page lost what the guest wrote.\n"), text);
    }

    @Test
    void aGuestThatIsTooSmallForTheMigrationIsRefused() {
        Outcome outcome = prompt.run("rehearse", "--migrate", files.config("web", "memory = 8", "maxmem = 16"));
        assertEquals(1, outcome.status());
        assertTrue(outcome.err().contains("give it more memory"), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"hvm", "pv"})
    void aMigrationOfAGuestThatIsNotPvhIsRefused(String type) {
        Outcome outcome = prompt.run("rehearse", "--migrate", guest(), "type = '" + type + "'");
        assertEquals(1, outcome.status());
        assertTrue(outcome.err().contains("only the migration of PVH guests can be rehearsed"), outcome.err());
    }

    /** It is refused before the sender connects, while the receiver waits for it. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void theReasonWhyAGuestIsNotMigratedIsNamed() {
        String config = files.config("web", "memory = 32", "vnuma = [['pnode=0', 'size=32', 'vcpus=0']]");
        Outcome outcome = prompt.run("rehearse", "--migrate", config);
        assertEquals(1, outcome.status());
        assertTrue(outcome.err().contains("it has vnuma"), outcome.err());
    }
}
