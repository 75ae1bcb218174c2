// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.plan.ConfinementMeasure;
import org.xenjava.toolstack.device.plan.QemuAbilities;
import org.xenjava.toolstack.device.plan.QemuConfinement;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.device.plan.QemuUser;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.host.LogCapture;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaHostProcesses;

/** Real processes, of a program that does nothing, beside a simulated xenstore. */
@Timeout(60)
class DeviceModelsTest {
    /**
     * No host has such a domain. Each process that runs this test has its own, since QEMU processes are looked for on the
     * whole machine.
     */
    private static final int DOMID = 33_000 + (int) (ProcessHandle.current().pid() % 30_000);

    private static final DomainPaths PATHS = new DomainPaths(DOMID);
    private static final String LIVES_ON = "echo here I am\nwhile :; do sleep 0.1; done\n";

    @TempDir
    private Path directory = Path.of("/");

    private final XenLibraries xen = SimulatedXen.builder().build().connect();
    private final StoreClient store = new StoreClient(xen.store());
    private final WatchHub events = new WatchHub(xen.store());
    private DeviceModels model = model(directory);

    private DeviceModels model(Path root) {
        return new DeviceModels(
                store,
                events,
                QemuProcesses.below(root, JnaHostProcesses.open()),
                new QemuFiles(root.resolve("run"), root.resolve("log")));
    }

    @BeforeEach
    void findQemuBelowTheDirectory() {
        model = model(directory);
    }

    @AfterEach
    void endAll() throws Exception {
        model.stop(DOMID);
        LogWriters.awaitEnd(directory);
        events.close();
        xen.close();
    }

    private QemuPlan plan(String more) {
        DomainConfig config = XlConfigReader.parse(
                        "name='web'\ntype='hvm'\nmemory=64\n" + (more.contains("vnc") ? "" : "vnc=0\n") + more,
                        "test.cfg")
                .config();
        MemoryPlan memory = MemoryPlan.hvm(config, config.hvm().orElseThrow(), PodPolicy.standard());
        Path program = QemuBinary.below(directory).find(Optional.empty());
        return new QemuPlan(program, config, memory, List.of(), List.of(), List.of(), QemuConfinement.NONE);
    }

    private void install(String script) throws IOException {
        Path program = directory.resolve("usr/libexec/xen-qemu-system-i386");
        Files.createDirectories(program.getParent());
        Files.writeString(program, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    private void report(String state) {
        store.direct().write(PATHS.deviceModel() + "/state", state);
    }

    private QemuProcess started() {
        return model.process(DOMID).orElseThrow();
    }

    @Test
    void aProcessIsStartedNotedFoundAndEnded() throws Exception {
        install(LIVES_ON);
        DeviceModelProcess qemu = model.start(DOMID, plan(""));
        report("running");
        model.awaitReady(qemu, plan(""), new Cancellation());

        QemuProcess process = started();
        assertEquals(Optional.of(process.pid()), store.readLong(PATHS.deviceModelPid()));
        assertEquals(Liveness.ALIVE, process.liveness());
        assertTrue(process.isOurs());

        model.stop(DOMID);
        assertEquals(Liveness.DEAD, process.liveness());
        assertEquals(process, process.onExit().get(10, TimeUnit.SECONDS));
        assertEquals(Optional.empty(), model.process(DOMID));
        assertEquals(Optional.empty(), store.read(PATHS.deviceModelPid()));
        model.stop(DOMID);
    }

    @Test
    void qemuRunsInASessionOfItsOwn() throws Exception {
        install("ps -o sid= -p $$\n" + LIVES_ON);
        model.start(DOMID, plan(""));

        long pid = started().pid();
        assertEquals(Long.toString(pid), firstLineOfLog());
    }

    private String firstLineOfLog() throws Exception {
        Path log = directory.resolve("log/qemu-dm-web.log");
        while (Files.size(log) == 0 || Files.readAllLines(log).isEmpty()) {
            Thread.sleep(20);
        }
        return Files.readAllLines(log).get(0).strip();
    }

    @Test
    void aProcessIsFoundThoughItsNoteWasNeverWritten() throws Exception {
        install(LIVES_ON);
        model.start(DOMID, plan(""));
        QemuProcess process = started();
        store.direct().remove(PATHS.deviceModelPid());

        model(directory).stop(DOMID);

        assertEquals(Liveness.DEAD, process.liveness());
    }

    @Test
    void anEarlyEndIsReportedWithQemusLastMessages() throws IOException {
        install("echo 'qemu: no such machine'\nexit 1\n");
        DeviceModelProcess qemu = model.start(DOMID, plan(""));

        DeviceModelException e =
                assertThrows(DeviceModelException.class, () -> model.awaitReady(qemu, plan(""), new Cancellation()));

        assertEquals(
                "domain web: QEMU ended before it was ready; " + directory
                        + "/log/qemu-dm-web.log ends in:\nqemu: no such machine",
                e.getMessage());
    }

    @Test
    void theLogOfThePreviousGuestIsKept() throws Exception {
        install("echo first\nexit 1\n");
        DeviceModelProcess qemu = model.start(DOMID, plan(""));
        assertThrows(DeviceModelException.class, () -> model.awaitReady(qemu, plan(""), new Cancellation()));
        install("echo second\nexit 1\n");
        model.start(DOMID, plan(""));

        assertEquals("second", firstLineOfLog());
        assertEquals("first\n", Files.readString(directory.resolve("log/qemu-dm-web.log.1")));
    }

    @Test
    void aWaitIsCancelled() throws IOException {
        install(LIVES_ON);
        DeviceModelProcess qemu = model.start(DOMID, plan(""));
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();

        assertThrows(OperationCancelledException.class, () -> model.awaitReady(qemu, plan(""), cancellation));
    }

    @Test
    void xenstoreHasTheAddressesOfScreenAndTerminals() throws IOException {
        install(LIVES_ON);
        QemuPlan plan = plan("vnclisten='0.0.0.0'\nvncpasswd='secret'\nserial='pty'\n");
        DeviceModelProcess qemu = model.start(DOMID, plan);
        report("running");
        try (QmpServer server =
                QmpServer.at(directory.resolve("run/qmp-xenjava-" + DOMID), request -> switch (request.get("execute")
                        .getAsString()) {
                    case "query-vnc" ->
                        "{\"return\": {\"enabled\": true, \"host\": \"0.0.0.0\", \"service\": \"5901\"}}\n";
                    case "query-chardev" ->
                        "{\"return\": [{\"label\": \"serial0\", \"filename\": \"pty:/dev/pts/3\"}]}\n";
                    default -> "{\"return\": {}}\n";
                })) {
            model.awaitReady(qemu, plan, new Cancellation());

            assertEquals(
                    "set_password {\"protocol\":\"vnc\",\"password\":\"secret\"}",
                    server.commands().get(0));
        }
        assertEquals(Optional.of("0.0.0.0"), store.read(PATHS.vncListen()));
        assertEquals(Optional.of("5901"), store.read(PATHS.vncPort()));
        assertEquals(Optional.of("/dev/pts/3"), store.read(PATHS.serialTerminal(0)));
    }

    /** Those of the test's own domid: other tests' processes run on the same machine. */
    private List<QemuProcess> orphans(Integer... living) {
        return model.orphans(() -> Set.of(living)).stream()
                .filter(process -> process.domid() == DOMID)
                .toList();
    }

    @Test
    void orphansAreStoppedAndProcessesThatServeADomainAreNot() throws IOException {
        install(LIVES_ON);
        model.start(DOMID, plan(""));
        QemuProcess process = started();

        assertEquals(List.of(), orphans(0, DOMID));

        // A child of the script looks like the script until it executes its program.
        assertTrue(orphans(0).stream().anyMatch(orphan -> orphan.pid() == process.pid()));
        orphans(0).forEach(model::end);
        assertEquals(Liveness.DEAD, process.liveness());
    }

    @Test
    void aProcessOfAnotherToolstackIsStoppedOnlyWithItsDomain() throws Exception {
        Process others = new ProcessBuilder(
                        "sh", "-c", "while :; do sleep 0.1; done", "qemu", "-xen-domid", "" + DOMID, "-no-shutdown")
                .start();
        store.direct().write(PATHS.deviceModelPid(), Long.toString(others.pid()));
        assertEquals(List.of(), orphans(0));

        model.stop(DOMID);
        assertTrue(others.waitFor(10, TimeUnit.SECONDS));
    }

    /** A process of another user with QEMU's arguments, as any local user can start one. */
    private static Process spoof(String user) throws Exception {
        Process spoof = new ProcessBuilder(
                        "setpriv",
                        "--reuid=" + user,
                        "--clear-groups",
                        "sh",
                        "-c",
                        "while :; do sleep 0.1; done",
                        "qemu",
                        "-xen-domid",
                        "" + DOMID,
                        "-no-shutdown")
                .start();
        while (!Files.readString(Path.of("/proc/" + spoof.pid() + "/status")).contains("Uid:\t" + user + "\t")
                || !Files.readString(Path.of("/proc/" + spoof.pid() + "/cmdline"))
                        .startsWith("sh")) {
            Thread.sleep(5);
        }
        return spoof;
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    @Test
    void aProcessOfAnotherUserIsNoQemuUnlessItsStartWasNoted() throws Exception {
        assumeTrue(isRoot(), "only root can start a process of another user");
        Process spoof = spoof("65534");
        try {
            assertEquals(Optional.empty(), model.process(DOMID));
            assertEquals(List.of(), orphans(0));
            model.stop(DOMID);
            assertTrue(spoof.isAlive());

            store.direct()
                    .write(
                            PATHS.deviceModelIdentity(),
                            ProcessIdentity.of(spoof.pid()).orElseThrow());
            assertEquals(spoof.pid(), model.process(DOMID).orElseThrow().pid());
            model.stop(DOMID);
            assertTrue(spoof.waitFor(10, TimeUnit.SECONDS));
        } finally {
            spoof.destroyForcibly();
        }
    }

    @Test
    void aProcessThatNamesAnotherProgramThanItRunsIsNoQemu() throws Exception {
        Process other = new ProcessBuilder(
                        "bash",
                        "-c",
                        "exec -a /usr/bin/qemu-system-i386 sh -c 'while :; do sleep 0.1; done' q -xen-domid " + DOMID
                                + " -no-shutdown")
                .start();
        try {
            while (!Files.readString(Path.of("/proc/" + other.pid() + "/cmdline"))
                    .startsWith("/usr/bin/qemu")) {
                Thread.sleep(5);
            }
            assertEquals(Optional.empty(), model.process(DOMID));
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void aQemuThatCannotBeSeenFromHereIsNotDead() throws Exception {
        store.direct().write(PATHS.deviceModelPid(), "4711");
        assertEquals(Liveness.UNKNOWN, model.liveness(DOMID));
        store.direct().write(PATHS.deviceModelIdentity(), "pid:[4] 4711 99");
        assertEquals(Liveness.UNKNOWN, model.liveness(DOMID));

        install("exit 0\n");
        model.start(DOMID, plan(""));
        while (model.liveness(DOMID) != Liveness.DEAD) {
            Thread.sleep(5);
        }
    }

    @Test
    void theEndOfAnothersChildIsNoticedAtOnce() throws Exception {
        Process shell = new ProcessBuilder(
                        "sh",
                        "-c",
                        "sh -c 'while :; do sleep 0.1; done' qemu -xen-domid " + DOMID + " -no-shutdown & wait")
                .start();
        try {
            Optional<QemuProcess> found = model.process(DOMID);
            while (found.isEmpty() || found.get().pid() == shell.pid()) {
                Thread.sleep(5);
                found = model.process(DOMID);
            }
            CompletableFuture<QemuProcess> exit = found.get().onExit();
            assertFalse(exit.isDone());
            ProcessHandle.of(found.get().pid()).orElseThrow().destroyForcibly();
            exit.get(500, TimeUnit.MILLISECONDS);
        } finally {
            shell.destroyForcibly();
        }
    }

    private QemuPlan confined(Confinement policy) {
        QemuConfinement every = QemuConfinement.trial(
                Set.of(ConfinementMeasure.XEN_RESTRICTION, ConfinementMeasure.EMPTY_ROOT),
                QemuAbilities.Drop.CHROOT_AND_RUNAS);
        return plan("").with(new QemuConfinement(
                policy, every.measures(), every.missing(), every.user(), every.drop(), every.boundingSet()));
    }

    private static final String WITHOUT_RESTRICTION =
            "case \"$*\" in *stdio*) exit 0;; *restrict*) echo \"Duplicate device\"; exit 1;; esac\n" + LIVES_ON;

    @Test
    void aQemuThatDoesNotStartWithTheRestrictionIsStartedWithoutIt() throws IOException {
        install(WITHOUT_RESTRICTION);
        QemuPlan plan = confined(Confinement.WHERE_POSSIBLE);
        DeviceModelProcess qemu = model.start(DOMID, plan);
        Optional<Long> restricted = store.readLong(PATHS.deviceModelPid());
        events.watch(PATHS.deviceModelPid(), () -> store.readLong(PATHS.deviceModelPid())
                .filter(pid -> !restricted.equals(Optional.of(pid)))
                .ifPresent(pid -> report("running")));

        model.awaitReady(qemu, plan, new Cancellation());

        assertEquals(Liveness.ALIVE, model.liveness(DOMID));
        assertTrue(started().isConfined());
        assertTrue(Files.isDirectory(directory.resolve("run/qemu-root-" + DOMID)));
        model.trials().restrictionFailed(plan.program());
        assertFalse(model.trials().abilities(plan.program()).measures().contains(ConfinementMeasure.XEN_RESTRICTION));
        model.stop(DOMID);
        assertFalse(Files.exists(directory.resolve("run/qemu-root-" + DOMID)));
    }

    @Test
    void aRestrictedQemuIsReadyWhenItsMonitorAnswers() throws Exception {
        install(LIVES_ON);
        QemuPlan plan = confined(Confinement.WHERE_POSSIBLE);
        DeviceModelProcess qemu = model.start(DOMID, plan);
        CompletableFuture<QmpServer> server = CompletableFuture.supplyAsync(
                () -> QmpServer.at(directory.resolve("run/qmp-xenjava-" + DOMID), request -> "{\"return\": {}}\n"));

        model.awaitReady(qemu, plan, new Cancellation());

        assertEquals(List.of("query-status {}"), server.get().commands());
        server.get().close();
    }

    @Test
    void aRequiredRestrictionIsNotGivenUp() throws IOException {
        install(WITHOUT_RESTRICTION);
        QemuPlan plan = confined(Confinement.REQUIRED);
        DeviceModelProcess qemu = model.start(DOMID, plan);

        DeviceModelException e =
                assertThrows(DeviceModelException.class, () -> model.awaitReady(qemu, plan, new Cancellation()));

        assertTrue(e.getMessage().endsWith("Duplicate device"), e.getMessage());
    }

    private Optional<String> userToKill(QemuUser user) throws IOException {
        install(LIVES_ON);
        QemuConfinement own =
                QemuConfinement.trial(Set.of(ConfinementMeasure.OWN_USER), QemuAbilities.Drop.CHROOT_AND_RUNAS);
        model.start(
                DOMID,
                plan("").with(new QemuConfinement(
                        own.policy(), own.measures(), own.missing(), user, own.drop(), own.boundingSet())));
        Optional<String> noted = store.read(PATHS.deviceModelKillUser());
        model.stop(DOMID);
        store.direct().remove(PATHS.deviceModelKillUser());
        return noted;
    }

    /** libxl kills from the first user of its range, which does not exist elsewhere, and shares no other user. */
    @Test
    void xlIsToldToKillByTheUserOnlyOnAHostWithLibxlsRange() throws IOException {
        assertEquals(
                Optional.of(Long.toString(500_000L + DOMID)),
                userToKill(new QemuUser(500_000, 500_000, QemuUser.Kind.RANGE)));
        assertEquals(
                Optional.empty(),
                userToKill(new QemuUser(QemuUser.FIRST_UID, QemuUser.FIRST_UID, QemuUser.Kind.RANGE_WITH_GROUPS)));
        assertEquals(Optional.empty(), userToKill(new QemuUser(600_000, 600_000, QemuUser.Kind.SHARED)));
    }

    @Test
    void everyProcessOfADomainsOwnUserEndsWithItsQemu() throws Exception {
        assumeTrue(isRoot(), "only root can start a process of another user");
        long uid = QemuUser.FIRST_UID + DOMID;
        Process left = new ProcessBuilder("setpriv", "--reuid=" + uid, "--clear-groups", "sleep", "60").start();
        while (!Files.readString(Path.of("/proc/" + left.pid() + "/status")).contains("Uid:\t" + uid + "\t")) {
            Thread.sleep(5);
        }
        store.direct().write(PATHS.deviceModelUser(), Long.toString(uid));
        Files.createDirectories(directory.resolve("run"));
        Files.createFile(directory.resolve("run/qmp-xenjava-" + DOMID));

        model.stop(DOMID);

        assertTrue(left.waitFor(10, TimeUnit.SECONDS));
    }

    @Test
    void aPasswordIsInNoLogAndInNoListOfProcesses() throws Exception {
        install(LIVES_ON);
        QemuPlan plan = plan("vnclisten='0.0.0.0'\nvncpasswd='tops3cr7'\n");
        Path socket = directory.resolve("run/qmp-xenjava-" + DOMID);
        try (LogCapture log = LogCapture.ofAll(
                DeviceModels.class, QemuProcesses.class, QmpClient.class, QemuTrials.class, QemuLog.class)) {
            DeviceModelProcess qemu = model.start(DOMID, plan);
            report("running");
            try (QmpServer server = QmpServer.at(
                    socket,
                    request -> request.get("execute").getAsString().equals("query-vnc")
                            ? "{\"return\": {\"enabled\": false}}\n"
                            : "{\"return\": {}}\n")) {
                model.awaitReady(qemu, plan, new Cancellation());
                assertTrue(server.commands().get(0).contains("tops3cr7"));
            }
            String line = Files.readString(Path.of("/proc/" + started().pid() + "/cmdline"));
            String environment =
                    Files.readString(Path.of("/proc/" + started().pid() + "/environ"), StandardCharsets.ISO_8859_1);
            model.stop(DOMID);

            assertTrue(line.contains("password=on"));
            assertFalse(line.contains("tops3cr7"));
            assertFalse(environment.contains("tops3cr7"));
            assertTrue(log.lines().size() > 1);
            assertFalse(log.lines().toString().contains("tops3cr7"), log.lines()::toString);
        }
        assertFalse(plan.toString().contains("tops3cr7"), plan::toString);
    }

    @Test
    void aProcessThatOnlyNamesADomainIsNoQemu() {
        assertEquals(-1, QemuProcess.domidIn(List.of("grep", "-xen-domid", "5")));
        assertEquals(-1, QemuProcess.domidIn(List.of("qemu", "-no-shutdown", "-xen-domid")));
        assertEquals(-1, QemuProcess.domidIn(List.of("qemu", "-no-shutdown", "-xen-domid", "x")));
        assertEquals(5, QemuProcess.domidIn(List.of("qemu", "-xen-domid", "5", "-no-shutdown")));
    }

    @Test
    void withoutQemuAGuestIsRefusedAndEveryPlaceIsNamed() {
        DeviceModelException e = assertThrows(
                DeviceModelException.class, () -> QemuBinary.below(directory).find(Optional.empty()));

        assertTrue(e.getMessage().contains(directory + "/usr/libexec/xen-qemu-system-i386, "), e.getMessage());
    }

    @Test
    void anotherProgramIsTakenWhereOneIsNamed() throws IOException {
        Path program = Files.createFile(
                directory.resolve("my-qemu"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));

        assertEquals(program, QemuBinary.below(directory).find(Optional.of(program)));
    }
}
