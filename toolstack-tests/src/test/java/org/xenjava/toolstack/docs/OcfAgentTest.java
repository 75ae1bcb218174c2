// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The resource agent of Pacemaker with a program in xlj's place, which keeps the states of guests in a file. */
@Timeout(60)
class OcfAgentTest {
    private static final Path AGENT = Path.of("../packaging/ocf/xlj-guest");
    private static final int SUCCESS = 0;
    private static final int ERROR = 1;
    private static final int WRONG_ARGUMENTS = 2;
    private static final int NOT_INSTALLED = 5;
    private static final int NOT_CONFIGURED = 6;
    private static final int NOT_RUNNING = 7;

    private static final String XLJ =
            """
            #!/bin/sh
            cd "$(dirname "$0")"
            echo "$*" >>calls
            case $1 in
                list)
                    [ ! -e down ] || { echo "xlj: no Xen" >&2; exit 1; }
                    printf '%-40s %5s %5s %5s %9s %9s\\n' Name ID Mem VCPUs State 'Time(s)'
                    printf '%-40s %5d %5d %5d     %s %8.1f\\n' Domain-0 0 1536 1 r----- 12.5
                    while read -r state name; do
                        printf '%-40s %5d %5d %5d     %s %8.1f\\n' "$name" 3 128 1 "$state" 1.0
                    done <guest
                    ;;
                create) [ ! -e full ] && echo '-b---- web one' >guest ;;
                shutdown) if [ -e stuck ]; then exec sleep 30; else : >guest; fi ;;
                destroy)
                    [ ! -e lasting ] || exit 1
                    if [ -e arriving ]; then
                        rm arriving
                        printf '%s\\n' '-b---- web one' >guest
                        exit 1
                    fi
                    shift
                    grep -v -e "^[a-z-]* $*"'$' guest >others
                    mv others guest
                    ;;
                migrate) : >guest ;;
            esac
            """;

    @TempDir
    Path files;

    @BeforeEach
    void makeAnXljAndAConfiguration() throws IOException {
        Path xlj = Files.writeString(files.resolve("xlj"), XLJ);
        Files.setPosixFilePermissions(xlj, PosixFilePermissions.fromString("rwx------"));
        Files.writeString(files.resolve("web.cfg"), "type = 'pvh'\nname = 'web one'\n");
        Files.writeString(files.resolve("guest"), "");
        Files.writeString(files.resolve("calls"), "");
    }

    private int agent(String action, Map<String, String> more) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("sh", AGENT.toString(), action)
                .redirectErrorStream(true)
                .redirectOutput(files.resolve("output").toFile());
        builder.environment().put("OCF_RESKEY_config", files.resolve("web.cfg").toString());
        builder.environment().put("OCF_RESKEY_xlj", files.resolve("xlj").toString());
        builder.environment().putAll(more);
        Process process = builder.start();
        assertTrue(process.waitFor(40, TimeUnit.SECONDS), action);
        return process.exitValue();
    }

    private int agent(String action) throws IOException, InterruptedException {
        return agent(action, Map.of());
    }

    private void mark(String file) throws IOException {
        Files.writeString(files.resolve(file), "");
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(files.resolve("calls")).stream()
                .filter(call -> !call.equals("list"))
                .toList();
    }

    @Test
    void aGuestStartsOnceAndStops() throws Exception {
        assertEquals(NOT_RUNNING, agent("monitor"));
        assertEquals(SUCCESS, agent("start"));
        assertEquals(SUCCESS, agent("start"));
        assertEquals(SUCCESS, agent("monitor"));
        assertEquals(SUCCESS, agent("stop"));
        assertEquals(SUCCESS, agent("stop"));
        assertEquals(NOT_RUNNING, agent("monitor"));
        assertEquals(
                List.of("create " + files.resolve("web.cfg") + " name=\"web one\"", "shutdown -w web one"), calls());
    }

    @Test
    void aGuestThatDoesNotShutDownOrHasCrashedIsDestroyed() throws Exception {
        agent("start");
        mark("stuck");
        assertEquals(SUCCESS, agent("stop", Map.of("OCF_RESKEY_shutdown_timeout", "1")));
        Files.writeString(files.resolve("guest"), "---sc- web one\n");
        assertEquals(ERROR, agent("monitor"));
        assertEquals(SUCCESS, agent("stop"));
        assertEquals(2, calls().stream().filter("destroy web one"::equals).count());
        assertEquals(NOT_RUNNING, agent("monitor"));
    }

    @Test
    void aHostThatDoesNotAnswerIsNeverTakenForOneWithoutTheGuest() throws Exception {
        mark("down");
        assertEquals(ERROR, agent("monitor"));
        assertEquals(ERROR, agent("stop"));
        assertEquals(List.of(), calls());
    }

    @Test
    void aFailedCreateIsAnError() throws Exception {
        mark("full");
        assertEquals(ERROR, agent("start"));
    }

    @Test
    void aGuestMigratesToTheNodeThatTheClusterNames() throws Exception {
        agent("start");
        assertEquals(WRONG_ARGUMENTS, agent("migrate_to"));
        assertEquals(SUCCESS, agent("migrate_to", Map.of("OCF_RESKEY_CRM_meta_migrate_target", "node2")));
        assertEquals("migrate web one node2", calls().get(1));
        assertEquals(NOT_RUNNING, agent("migrate_from"));
    }

    private void list(String... guests) throws IOException {
        Files.write(files.resolve("guest"), List.of(guests));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--p--- web one--incoming", "---s-- web one--migratedaway"})
    void aDomainOfAnUnfinishedMigrationIsAnErrorUntilAStopDestroysIt(String domain) throws Exception {
        list(domain, "-b---- web one--incoming too", "-b---- web");
        assertEquals(ERROR, agent("monitor"));
        assertEquals(ERROR, agent("migrate_from"));
        assertEquals(ERROR, agent("start"));
        assertEquals(List.of(), calls());
        assertEquals(SUCCESS, agent("stop"));
        assertEquals(List.of("destroy " + domain.substring(domain.indexOf(' ') + 1)), calls());
        assertEquals(NOT_RUNNING, agent("monitor"));
    }

    @Test
    void aStopShutsDownAGuestWhoseMigrationEndsMeanwhile() throws Exception {
        list("--p--- web one--incoming");
        mark("arriving");
        assertEquals(SUCCESS, agent("stop"));
        assertEquals(List.of("destroy web one--incoming", "shutdown -w web one"), calls());
        assertEquals(NOT_RUNNING, agent("monitor"));
    }

    @Test
    void aStopFailsWhileADomainOfTheGuestIsLeft() throws Exception {
        list("---s-- web one--migratedaway");
        mark("lasting");
        assertEquals(ERROR, agent("stop"));
    }

    @Test
    void aGuestThatRunsBesideADomainOfAnEarlierMigrationIsRunning() throws Exception {
        list("-b---- web one", "---s-- web one--migratedaway");
        assertEquals(SUCCESS, agent("monitor"));
        assertEquals(SUCCESS, agent("stop"));
        assertEquals(List.of("destroy web one--migratedaway", "shutdown -w web one"), calls());
    }

    @Test
    void theGuestGetsTheNameThatTheAgentLooksFor() throws Exception {
        agent("start", Map.of("OCF_RESKEY_name", "other"));
        assertEquals("create " + files.resolve("web.cfg") + " name=\"other\"", calls().get(0));
    }

    @Test
    void aStartDoesNotGoOnIfTheHostDoesNotAnswer() throws Exception {
        mark("down");
        assertEquals(ERROR, agent("start"));
        assertEquals(List.of(), calls());
    }

    @Test
    void aGuestIsFoundWithoutItsFileIfItsNameIsKnownAndOnlyAProbeTakesTheFilesAbsenceForTheGuests() throws Exception {
        agent("start");
        Map<String, String> named = Map.of("OCF_RESKEY_config", "/nowhere.cfg", "OCF_RESKEY_name", "web one");
        assertEquals(SUCCESS, agent("monitor", named));
        assertEquals(SUCCESS, agent("stop", named));
        assertEquals(NOT_RUNNING, agent("monitor", named));

        Map<String, String> elsewhere = Map.of("OCF_RESKEY_config", "/nowhere.cfg");
        assertEquals(NOT_RUNNING, agent("monitor", elsewhere));
        assertEquals(
                NOT_INSTALLED,
                agent("monitor", Map.of("OCF_RESKEY_config", "/nowhere.cfg", "OCF_RESKEY_CRM_meta_interval", "30000")));
        assertEquals(NOT_INSTALLED, agent("stop", elsewhere));
        assertEquals(NOT_CONFIGURED, agent("validate-all", Map.of("OCF_RESKEY_config", "")));
        assertEquals(SUCCESS, agent("validate-all"));
    }

    @Test
    void theMetadataOfTheAgentNamesEachActionAndParameter() throws Exception {
        assertEquals(SUCCESS, agent("meta-data"));
        String xml = Files.readString(files.resolve("output"), StandardCharsets.UTF_8);
        for (String name : List.of(
                "start",
                "stop",
                "monitor",
                "migrate_to",
                "migrate_from",
                "validate-all",
                "config",
                "shutdown_timeout")) {
            assertTrue(xml.contains("name=\"" + name + "\""), name);
        }
    }
}
