// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.xenctrl.lib.FirmwareLocator;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/** The host of {@link HostInventory#assumed(FirmwareLocator)}. */
final class AssumedHost implements HostInventory {
    private static final Path QEMU = Path.of("qemu-system-i386");

    private static final int SOME_DOMID = 1;

    private final FirmwareLocator firmware;

    AssumedHost(FirmwareLocator firmware) {
        this.firmware = firmware;
    }

    @Override
    public HostFile file(String path) {
        return path.startsWith("/dev/") ? new HostFile.BlockDevice(0, 0) : new HostFile.Regular(0, 0);
    }

    @Override
    public boolean isDirectory(String path) {
        return true;
    }

    @Override
    public Optional<String> loopFile(int loop) {
        return Optional.empty();
    }

    @Override
    public OptionalInt domid(String nameOrNumber) {
        return OptionalInt.of(SOME_DOMID);
    }

    @Override
    public boolean linkExists(String link) {
        return true;
    }

    @Override
    public Optional<String> passthroughRefusal(PciPlan plan) {
        return Optional.empty();
    }

    @Override
    public Optional<String> usbRefusal(UsbAddress address) {
        return Optional.empty();
    }

    @Override
    public Optional<String> scriptRefusal(String path) {
        return Optional.empty();
    }

    @Override
    public String release() {
        return "";
    }

    @Override
    public Optional<String> runBootLoader(BootLoaderRun run, BooleanSupplier isCancelled) {
        return Optional.of("only a create runs it, and only the host knows what it finds");
    }

    @Override
    public Path deviceModel(Optional<Path> override) {
        return override.orElse(QEMU);
    }

    @Override
    public QemuAbilities abilities(Path program) {
        return QemuAbilities.ALL;
    }

    @Override
    public Optional<String> vncPasswordRefusal(Path program) {
        return Optional.empty();
    }

    @Override
    public Optional<QemuUser> user(String name, QemuUser.Kind kind) {
        return Optional.of(new QemuUser(QemuUser.FIRST_UID, QemuUser.FIRST_UID, kind))
                .filter(user -> !name.equals(QemuUser.RANGE_NAME) && !name.equals(QemuUser.SHARED_NAME));
    }

    @Override
    public Confinement confinement() {
        return Confinement.WHERE_POSSIBLE;
    }

    @Override
    public Path loader(Optional<Path> named) {
        return firmware.loader(named, "");
    }

    @Override
    public Path bios(Bios kind, Optional<Path> named) {
        return firmware.bios(kind.word(), named, "");
    }
}
