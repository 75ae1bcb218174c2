// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.xenjava.toolstack.device.plan.ConfinementMeasure.*;

import com.google.common.collect.Sets;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.plan.ConfinementMeasure;
import org.xenjava.toolstack.device.plan.QemuAbilities;
import org.xenjava.toolstack.device.plan.QemuConfinement;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;

/**
 * Finds out what a QEMU program can do on this host by starting it without a domain: its help text lists options that it
 * does not have. A program is tried once: results are kept in memory, and for other processes in a file beside QEMU's
 * sockets, until the program is replaced or the host boots. Safe to use from many threads.
 */
public final class QemuTrials {
    private static final Logger LOG = LoggerFactory.getLogger(QemuTrials.class);

    /** What the programs before QEMU do, from the most on; a container may forbid new namespaces. */
    private static final List<Set<ConfinementMeasure>> LAUNCHERS = List.of(
            Set.of(NAMESPACES, NO_NETWORK, LIMITS, NO_NEW_PRIVILEGES), Set.of(LIMITS, NO_NEW_PRIVILEGES), Set.of());

    private static final Set<ConfinementMeasure> DROP = Set.of(OWN_USER, EMPTY_ROOT);
    private static final String WORKS = "-";
    private static final String FAILED_ONCE = "failed once";
    private static final String FAILS = "fails";
    private static final String RESTRICTION = "restriction";

    private final DeviceModelProcesses processes;
    private final QemuFiles files;
    private final Map<String, String> results = new ConcurrentHashMap<>();

    /** @param processes starts the programs */
    public QemuTrials(DeviceModelProcesses processes) {
        this(processes, QemuFiles.STANDARD);
    }

    QemuTrials(DeviceModelProcesses processes, QemuFiles files) {
        this.processes = processes;
        this.files = files;
    }

    /** {@return how the program can be confined} */
    public synchronized QemuAbilities abilities(Path program) {
        String found = remembered(program, "confinement", () -> text(find(program)));
        QemuAbilities abilities = abilities(found);
        boolean fails = remembered(program, RESTRICTION, () -> WORKS).equals(FAILS);
        return !fails
                ? abilities
                : new QemuAbilities(Sets.difference(abilities.measures(), Set.of(XEN_RESTRICTION)), abilities.drop());
    }

    /** {@return why the program cannot ask viewers for a password, in its own words; empty if it can} */
    public synchronized Optional<String> vncPasswordRefusal(Path program) {
        String found = remembered(program, "vnc-password", () -> {
            Path socket = files.trialSocket();
            return start(program, QemuConfinement.NONE, List.of("-vnc", "unix:" + socket + ",password=on"))
                    .orElse(WORKS);
        });
        return Optional.of(found).filter(reason -> !reason.equals(WORKS));
    }

    /**
     * Remembers that the program ended with Xen's restriction and started without it. One such start may have another
     * reason, such as a host without memory for a moment: the next guest's QEMU is restricted again, and only a second
     * failure in a row counts.
     */
    synchronized void restrictionFailed(Path program) {
        boolean before = !remembered(program, RESTRICTION, () -> WORKS).equals(WORKS);
        remember(program, RESTRICTION, before ? FAILS : FAILED_ONCE);
    }

    /** Remembers that the program started with Xen's restriction. */
    synchronized void restrictionWorks(Path program) {
        if (!remembered(program, RESTRICTION, () -> WORKS).equals(WORKS)) {
            remember(program, RESTRICTION, WORKS);
        }
    }

    private QemuAbilities find(Path program) {
        for (Set<ConfinementMeasure> launcher : LAUNCHERS) {
            for (QemuAbilities.Drop drop : QemuAbilities.Drop.values()) {
                Set<ConfinementMeasure> measures = Sets.union(launcher, DROP);
                if (starts(program, measures, drop)) {
                    return new QemuAbilities(Sets.union(measures, Set.of(XEN_RESTRICTION)), drop);
                }
            }
        }
        return LAUNCHERS.stream()
                .filter(launcher -> starts(program, launcher, QemuAbilities.Drop.CHROOT_AND_RUNAS))
                .findFirst()
                .map(launcher -> new QemuAbilities(launcher, QemuAbilities.Drop.CHROOT_AND_RUNAS))
                .orElse(new QemuAbilities(Set.of(), QemuAbilities.Drop.CHROOT_AND_RUNAS));
    }

    private boolean starts(Path program, Set<ConfinementMeasure> measures, QemuAbilities.Drop drop) {
        Optional<String> refusal = start(program, QemuConfinement.trial(measures, drop), List.of());
        refusal.ifPresent(reason -> LOG.debug("{} with {}, {}: {}", program, measures, drop, reason));
        return refusal.isEmpty();
    }

    private Optional<String> start(Path program, QemuConfinement confinement, List<String> more) {
        List<String> arguments = new ArrayList<>(
                List.of("-machine", "none,accel=qtest", "-nodefaults", "-no-user-config", "-display", "none"));
        arguments.addAll(confinement.arguments(0, files.trialRoot()));
        arguments.addAll(more);
        arguments.addAll(List.of("-qmp", "stdio"));
        return processes.trial(new DeviceModelCommand(
                0,
                confinement.launcher(),
                program,
                arguments,
                Path.of("/dev/null"),
                List.of(files.trialSocket()),
                Optional.of(files.trialRoot())));
    }

    private static String text(QemuAbilities abilities) {
        return Stream.concat(Stream.of(abilities.drop()), abilities.measures().stream())
                .map(Enum::name)
                .collect(Collectors.joining(" "));
    }

    private static QemuAbilities abilities(String text) {
        Set<String> words = Set.of(text.split(" "));
        QemuAbilities.Drop drop = words.contains(QemuAbilities.Drop.RUN_WITH.name())
                ? QemuAbilities.Drop.RUN_WITH
                : QemuAbilities.Drop.CHROOT_AND_RUNAS;
        return new QemuAbilities(
                Stream.of(ConfinementMeasure.values())
                        .filter(measure -> words.contains(measure.name()))
                        .collect(Collectors.toSet()),
                drop);
    }

    private String remembered(Path program, String question, Supplier<String> trial) {
        String key = key(program, question);
        String known = results.get(key);
        if (known == null && processes.identity(program).isPresent()) {
            known = load().getProperty(key);
        }
        if (known == null) {
            known = trial.get();
            remember(program, question, known);
        }
        results.put(key, known);
        return known;
    }

    private String key(Path program, String question) {
        return program + " " + processes.identity(program).orElse("") + " " + question;
    }

    private void remember(Path program, String question, String result) {
        String key = key(program, question);
        results.put(key, result);
        if (processes.identity(program).isPresent()) {
            Properties all = load();
            all.setProperty(key, result);
            save(all);
        }
    }

    private Properties load() {
        Properties all = new Properties();
        try (InputStream in = Files.newInputStream(files.trials())) {
            all.load(in);
        } catch (IOException | IllegalArgumentException e) {
            LOG.debug("{} is not read: {}", files.trials(), e.getMessage());
        }
        return all;
    }

    private void save(Properties all) {
        Path file = files.trials();
        try {
            Path next = Files.createTempFile(file.getParent(), "xenjava-qemu", ".part");
            try {
                try (OutputStream out = Files.newOutputStream(next)) {
                    all.store(out, "what trial starts of QEMU showed");
                }
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(next);
            }
        } catch (IOException e) {
            LOG.debug("{} is not written: {}", file, e.getMessage());
        }
    }
}
