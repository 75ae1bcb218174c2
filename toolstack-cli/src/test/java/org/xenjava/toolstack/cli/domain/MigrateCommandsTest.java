// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt.Outcome;

class MigrateCommandsTest extends MigrateFixture {
    /** Migrates a guest through two pipes; returns the outcomes of both ends. */
    private List<Outcome> migrate(String domain, String... options) throws IOException, InterruptedException {
        return migrate(List.of("migrate-receive", "-p"), domain, options);
    }

    private List<Outcome> migrate(List<String> receiver, String domain, String... options)
            throws IOException, InterruptedException {
        Path up = directory.resolve("up");
        Path down = directory.resolve("down");
        makePipe(up);
        makePipe(down);
        List<String> words = new ArrayList<>(List.of("migrate"));
        words.addAll(List.of(options));
        words.addAll(List.of("-s", "", domain, receiver("cat " + down + " & exec cat >" + up)));
        return whileTimePasses(() -> {
            CompletableFuture<Outcome> receiving =
                    CompletableFuture.supplyAsync(() -> receive(up, down, receiver.toArray(String[]::new)), threads);
            Outcome sent = prompt.run(words.toArray(String[]::new));
            return List.of(sent, receiving.join());
        });
    }

    @Test
    void aGuestMigratesToAnotherHost() throws IOException, InterruptedException {
        assertEquals(List.of(DONE, DONE), migrate("web", "--bandwidth", "1000", "--downtime", "60000"));
        assertEquals(new Outcome(1, "", "xlj: there is no domain 'web'\n"), prompt.run("list", "web"));
        assertTrue(remote.run("list", "web").out().contains("--p---"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--protocol=xl", "--protocol=own", "--compress"})
    void aGuestMigratesInEachProtocol(String option) throws IOException, InterruptedException {
        assertEquals(List.of(DONE, DONE), migrate("web", option));
        assertTrue(remote.run("list", "web").out().contains("--p---"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--protocol=xl", "--protocol=own"})
    void aReceiverPrintsTheConfigurationAndTheResultOfAComparison(String option)
            throws IOException, InterruptedException {
        List<Outcome> outcomes = migrate(List.of("migrate-receive", "-d"), "web", "--debug", "-D", option);
        assertEquals(DONE, outcomes.get(0));
        String err = outcomes.get(1).err();
        assertTrue(err.contains("\"name\": \"web\""), err);
        assertTrue(err.contains("pages of the guest's memory compared with the sender's: all are the same\n"), err);
        assertEquals("1\n", remote.run("domid", "web").out());
    }

    /** As xl's sender composes it. */
    @Test
    void theReceiverGetsTheOptionsThatXlPassesOn() throws IOException {
        Path line = directory.resolve("line");
        Path script = Files.writeString(directory.resolve("ssh.sh"), "echo \"$@\" >" + line + "\n");
        List<String> options = List.of("-F", "--debug", "-p", "-e");
        for (int count = 0; count <= options.size(); count++) {
            List<String> words = new ArrayList<>(List.of("migrate", "--receiver", "xl", "-s", "sh " + script));
            words.addAll(options.subList(0, count));
            words.addAll(List.of("web", "there"));
            assertEquals(1, prompt.run(words.toArray(String[]::new)).status());
            String expected =
                    List.of("", " -e", " -e -d", " -e -d -p", " -e -d -p").get(count);
            assertEquals("there xl migrate-receive" + expected + "\n", Files.readString(line));
        }
    }

    /** The receiver destroys the guest that powers off, as on_poweroff says, and ends. */
    @Test
    @Timeout(120)
    void aReceiverInTheForegroundActsWhenTheGuestEnds() throws Exception {
        Path up = directory.resolve("up");
        Path down = directory.resolve("down");
        makePipe(up);
        makePipe(down);
        Outcome received = whileTimePasses(() -> {
            CompletableFuture<Outcome> receiving =
                    CompletableFuture.supplyAsync(() -> receive(up, down, "migrate-receive", "-F"), threads);
            String host = "sh -c 'cat " + down + " & exec cat >" + up + "' migrate-receive";
            assertEquals(DONE, prompt.run("migrate", "-s", "", "web", host));
            assertFalse(receiving.isDone());
            assertEquals(0, remote.run("shutdown", "web").status());
            return receiving.join();
        });
        assertEquals(0, received.status(), received.err());
        assertEquals(1, remote.run("domid", "web").status());
    }

    @Test
    void aProtocolThatTheReceiverDoesNotHaveIsRefused() throws IOException {
        assertEquals(2, prompt.run("migrate", "--protocol=zl", "web", "there").status());
        assertEquals(
                2,
                prompt.run("migrate", "--protocol=xl", "--compress", "web", "there")
                        .status());
        String answers = "printf 'xl migration receiver ready, send binary domain data.\\nno'; exec cat >/dev/null";
        Outcome refused = prompt.run("migrate", "--protocol=own", "-s", "", "web", receiver(answers));
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("does not use this library's protocol"), refused.err());
        assertTrue(refused.err().contains("the guest runs on here"), refused.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--reconnect=-1", "--reconnect=3601"})
    void aTimeForConnectingAgainOutOfRangeIsRefused(String option) {
        Outcome outcome = prompt.run("migrate", option, "web", "there");
        assertEquals(2, outcome.status());
        assertTrue(outcome.err().contains("is not between 0 and 3600"), outcome.err());
    }

    @Test
    void aHostIsReachedAgainOnlyIfTheCommandOfItsReceiverIsKnown() {
        assertTrue(RemoteHost.of("ssh", "b", "xlj", " -p").isReachedAgain());
        assertFalse(RemoteHost.of("socat - TCP:b:1 #", "b", "xlj", "").isReachedAgain());
        assertFalse(RemoteHost.of("", "socat - TCP:b:1", "xlj", "").isReachedAgain());
    }

    /** Cut behind the verb, some lines would be incomplete, and others would run something else. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "true|ssh b xlj migrate-receive",
                "true|ssh b xlj migrate-receive -p 2>/tmp/err",
                "true|ssh -o 'ProxyCommand nc %h 22' b xlj migrate-receive",
                "true|ssh -i \"/root/my key\" b xlj migrate-receive",
                "false|ssh b 'xlj migrate-receive'",
                "false|ssh b \"xlj migrate-receive\"",
                "false|ssh b 'env A=1 xlj migrate-receive -p'",
                "false|ssh -i \"$HOME/key\" b xlj migrate-receive",
                "false|ssh b it\\'s migrate-receive",
                "false|(cd /; xlj migrate-receive)",
                "false|sh -c \"$(echo xlj migrate-receive)\"",
                "false|{ xlj migrate-receive; }",
                "false|ssh b /usr/sbin/my-migrate-receive",
                "false|ssh b xlj migrate-receive-wrapper",
            })
    void aReceiverIsReachedAgainOnlyIfItsLineCanBeCutBehindTheVerb(boolean reached, String line) {
        assertEquals(reached, RemoteHost.of("", line, "xlj", "").isReachedAgain());
    }

    @Test
    void aGuestIsSentWithTheConfigurationOfAFile() throws IOException, InterruptedException {
        GuestFiles files = new GuestFiles(directory);
        String mac = "mac=00:16:3e:00:00:01";
        assertEquals(
                DONE, prompt.run("create", files.config("net", "memory = 64", "vif = ['bridge=xenbr0," + mac + "']")));
        here.advance(Duration.ofMinutes(1));
        String other = files.config("other", "memory = 64", "maxmem = 96", "vif = ['bridge=br-there']");
        Outcome refused = prompt.run("migrate", "-C", other, "-s", "", "net", "false");
        assertTrue(refused.err().contains("maxmem is 98304 KiB in it and 65536 KiB in the guest"), refused.err());
        String there =
                files.config("other", "memory = 32", "maxmem = 64", "vif = ['bridge=br-there,mac=00:16:3e:00:00:02']");
        assertEquals(List.of(DONE, DONE), migrate("net", "-C", there));
        String listed = remote.run("list", "-l", "net").out();
        assertTrue(listed.contains("\"bridge\": \"br-there\""), listed);
        assertTrue(listed.contains("\"mac\": \"00:16:3e:00:00:01\""), listed);
    }

    /** The guest never frees a page, so that it keeps its debt until it is covered, and then all of its memory. */
    @Test
    void aGuestWithDebtMigratesAfterItIsCovered() throws IOException, InterruptedException {
        String config = new GuestFiles(directory).config(STUCK, "memory = 64", "maxmem = 128");
        assertEquals(DONE, prompt.run("create", "-p", "--backed-boot=off", config));
        assertEquals(DONE, prompt.run("unpause", STUCK));
        here.advance(Duration.ofMinutes(1));
        Outcome refused = prompt.run("migrate", "-s", "", STUCK, "false");
        assertTrue(refused.err().contains("populate-on-demand entries without a page"), refused.err());
        assertEquals(List.of(DONE, DONE), migrate(STUCK, "--cover"));
        String[] columns = remote.run("list", STUCK).out().split("\n")[1].split(" +|\t");
        assertTrue(Integer.parseInt(columns[2]) >= 128, List.of(columns).toString());
    }

    @Test
    void aCommandThatIsNoReceiverIsRefused() throws IOException {
        Outcome refused =
                prompt.run("migrate", "-s", "", "web", receiver("echo 'xlj: not found'; exec cat >/dev/null"));
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("the other end says 'xlj: not found' instead of"), refused.err());
        assertTrue(refused.err().contains("the guest runs on here"), refused.err());
        assertTrue(prompt.run("list", "web").out().contains("-b----"));
    }

    /** The signals of a terminal reach all processes of the command line. The sender still has to tell the receiver of the end. */
    @Test
    void theSignalsOfATerminalDoNotEndTheCommandThatReachesTheReceiver() throws IOException {
        String signals = "kill -INT $$; kill -HUP $$; kill -QUIT $$; echo 'still here'; exec cat >/dev/null";
        Outcome refused = prompt.run("migrate", "-s", "", "web", receiver(signals));
        assertTrue(refused.err().contains("the other end says 'still here' instead of"), refused.err());
    }

    /** The receiver swallows everything, says that it has built the domain, and is gone with the permission. */
    @Test
    void theOtherHostIsAskedAfterALostLink() throws IOException, InterruptedException {
        String answers = "printf 'xl migration receiver ready, send binary domain data.\\n';"
                + " printf 'domain received, ready to unpause\\0'; exec cat >/dev/null";
        String table = "00000000-0000-0000-0000-000000000000  0    Domain-0";
        String host = receiver("if [ $1 = vm-list ]; then echo '" + table + "'; else " + answers + "; fi");
        Outcome kept = whileTimePasses(() -> prompt.run("migrate", "-s", "", "web", "timeout 8 " + host));
        assertEquals(1, kept.status());
        assertTrue(kept.err().contains("the other host does not have the guest; the guest runs on here"), kept.err());
        assertTrue(prompt.run("list", "web").out().contains("-b----"));
    }

    @Test
    void theNameOfAHostIsThatOfTheCommandLineUnlessAnotherIsGiven() {
        assertEquals("b", RemoteHost.of("ssh", "root@b", "xlj", "").name());
        assertEquals(
                "ssh b xl migrate-receive",
                RemoteHost.of("", "ssh b xl migrate-receive", "xlj", "").name());
        assertEquals("c", RemoteHost.of("ssh", "root@b", "xlj", "").named("c").name());
    }

    @Test
    void aGuestIsTakenBackOnlyFromTheRecipient() throws IOException {
        String uuid = prompt.run("vm-list")
                .out()
                .lines()
                .skip(2)
                .findFirst()
                .orElseThrow()
                .split(" ")[0];
        String record = "/tool/xenjava/saves/1-" + uuid + "/given-away";
        write(record, "web");
        write(record + "-to", "there");
        assertTrue(prompt.run("rename", "web", "other").err().contains("it was given away"));
        String host = receiver("echo '00000000-0000-0000-0000-000000000000  0    Domain-0'");
        Outcome refused = prompt.run("migrate", "--take-back", "-s", "", "web", host);
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("it was given away to 'there', not to 'sh "), refused.err());
        assertEquals(DONE, prompt.run("migrate", "--take-back", "--recipient", "there", "-s", "", "web", host));
    }

    private void write(String path, String text) {
        here.connect().store().write(0, path, text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aGuestWithDebtIsRefused() {
        String config = new GuestFiles(directory).config("db", "memory = 64", "maxmem = 128");
        assertEquals(DONE, prompt.run("create", "-p", "--backed-boot=off", config));
        Outcome refused = prompt.run("migrate", "-s", "", "db", "false");
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("populate-on-demand entries without a page"), refused.err());
        assertEquals(new Outcome(1, "", "xlj: domain 0 cannot be migrated\n"), prompt.run("migrate", "0", "host"));
    }

    @Test
    void aBandwidthOrDowntimeOutOfRangeIsRefusedBeforeTheGuestIsCovered() {
        for (String option : List.of("--bandwidth=0", "--downtime=-1", "--bandwidth=9223372036854775807")) {
            Outcome outcome = prompt.run("migrate", option, "--cover", "web", "there");
            assertEquals(2, outcome.status(), option);
            assertTrue(outcome.err().contains("is not between 1 and"), outcome.err());
        }
    }

    @Test
    void aGuestIsSlowedDownOnlyForADowntime() throws IOException, InterruptedException {
        Outcome outcome = prompt.run("migrate", "--auto-converge", "web", "there");
        assertEquals(2, outcome.status());
        assertTrue(outcome.err().contains("--auto-converge needs --downtime"), outcome.err());
        assertEquals(List.of(DONE, DONE), migrate("web", "--auto-converge", "--downtime", "60000"));
    }

    @Test
    void aMissingFileIsRefusedBeforeTheGuestIsCovered() {
        String config = new GuestFiles(directory).config(STUCK, "memory = 64", "maxmem = 128");
        assertEquals(DONE, prompt.run("create", "-p", "--backed-boot=off", config));
        assertEquals(DONE, prompt.run("unpause", STUCK));
        here.advance(Duration.ofMinutes(1));
        Outcome before = prompt.run("pod-check", STUCK);
        String missing = directory.resolve("missing.cfg").toString();
        Outcome refused = prompt.run("migrate", "-s", "", "--cover", "-C", missing, STUCK, "false");
        assertNotEquals(0, refused.status());
        assertTrue(refused.err().contains("missing.cfg"), refused.err());
        assertEquals(before, prompt.run("pod-check", STUCK));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-oProxyCommand=x", "there; x", "$(x)", "", "there xl"})
    void aHostNameThatAShellWouldReadInAnotherWayIsRefused(String host) {
        Outcome outcome = prompt.run("migrate", "-s", "touch " + directory.resolve("started"), "web", "--", host);
        assertEquals(2, outcome.status());
        assertTrue(outcome.err().contains("is no name of a host"), outcome.err());
        assertFalse(Files.exists(directory.resolve("started")));
    }
}
