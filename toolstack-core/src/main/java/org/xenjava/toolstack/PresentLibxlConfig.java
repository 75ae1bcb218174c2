// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.context.CurrentConfig;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A domain's configuration in libxl's form, with its values of now, as {@code xl list -l} shows it. */
final class PresentLibxlConfig {
    /** What libxl leaves out of {@code memory/target} of an HVM guest with populate on demand ({@code libxl_mem.c}). */
    private static final KiB LIBXL_FUDGE = KiB.ofMiB(1);

    private PresentLibxlConfig() {}

    /** The stored file's, or that of this library's own record; empty if a domain has neither. */
    static Optional<LibxlConfig> of(DomainHandle domain) {
        StoreTransaction store = domain.store().direct();
        Optional<DomainConfig> ours =
                CurrentConfig.of(store, domain.paths(), domain.context().podPolicy());
        return domain.context()
                .userdata()
                .read(domain.domid(), domain.uuid())
                .or(() -> ours.map(LibxlConfig::of))
                .map(stored -> present(domain, stored, ours));
    }

    private static LibxlConfig present(DomainHandle domain, LibxlConfig stored, Optional<DomainConfig> ours) {
        StoreTransaction store = domain.store().direct();
        DomainPaths paths = domain.paths();
        Optional<KiB> most = store.readPlausibleKib(paths.memoryStaticMax());
        Optional<KiB> memory = ours.map(DomainConfig::memory).or(() -> memory(store, paths, most));
        Set<Integer> disks = domain.context().devices().disks(domain.domid()).stream()
                .map(AttachedDisk::number)
                .collect(Collectors.toSet());
        Set<Integer> nics = domain.context().devices().nics(domain.domid()).stream()
                .map(AttachedNic::devid)
                .collect(Collectors.toSet());
        return stored.withPresent(new LibxlConfig.Present(
                        store.read(paths.name()).or(stored::name).orElse(""),
                        domain.uuid(),
                        memory,
                        ours.map(DomainConfig::maxMemory).or(() -> most)))
                .withDevices(disk -> disks.contains(disk.number()), nics::contains);
    }

    private static Optional<KiB> memory(StoreTransaction store, DomainPaths paths, Optional<KiB> most) {
        boolean hvm = store.read(paths.libxlType())
                .filter(DomainType.HVM.word()::equals)
                .isPresent();
        KiB video = store.readPlausibleKib(paths.memoryVideoRam()).orElse(KiB.ZERO);
        return store.readPlausibleKib(paths.memoryTarget())
                .map(target -> target.plus(video))
                .map(memory -> hvm && most.filter(memory::isLessThan).isPresent() ? memory.plus(LIBXL_FUDGE) : memory);
    }
}
