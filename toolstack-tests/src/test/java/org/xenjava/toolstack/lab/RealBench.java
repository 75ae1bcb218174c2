// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.matrix.Bench;
import org.xenjava.toolstack.matrix.Cell;
import org.xenjava.toolstack.matrix.Column;
import org.xenjava.toolstack.pod.GuardListener;

/** The Xen below, with {@code podguest} in the guest. */
final class RealBench implements Bench {
    private static final Duration PASS = Duration.ofMillis(300);

    private final Cell cell;
    private final Toolstack toolstack;
    private Optional<PodGuest> guest = Optional.empty();

    RealBench(Cell cell) {
        this.cell = cell;
        this.toolstack = Toolstack.options()
                .podPolicy(cell.column().policy())
                .backedBoot(cell.column().backedBoot())
                .open();
    }

    @Override
    public Domain create() {
        Path config = config();
        if (cell.column() == Column.XL) {
            Dom0.xl("create", "-q", "-p", config.toString());
            return toolstack.find(Cell.NAME).orElseThrow();
        }
        return toolstack.create(XlConfigReader.read(config).config());
    }

    private Path config() {
        try {
            return Files.writeString(Files.createTempFile("matrix", ".cfg"), cell.config(PodGuest.PROGRAM));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void guard(GuardListener listener) {
        toolstack.guard(cell.guardPolicy(), listener);
    }

    @Override
    public void boot(Domain domain) {
        PodGuest running = PodGuest.boot(domain);
        cell.driver().shortfall().ifPresent(running::balloon);
        guest = Optional.of(running);
    }

    @Override
    public void pass() {
        Dom0.sleep(PASS);
    }

    @Override
    public void load(Domain domain) {
        guest.orElseThrow().fillOrDie(domain);
    }

    @Override
    public String console() {
        return toolstack.xenConsole().read();
    }

    @Override
    public void close() {
        toolstack.close();
    }
}
