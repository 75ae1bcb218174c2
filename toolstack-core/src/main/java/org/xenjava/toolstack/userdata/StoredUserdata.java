// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.userdata;

import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.xenjava.toolstack.config.libxl.LibxlConfig;

/** Files in a directory. */
final class StoredUserdata implements Userdata {
    private static final String JSON = "libxl-json";
    private static final String XL_CFG = "xl";
    /** libxl's JSON ends with this; xl's text does not. */
    private static final String END = "\0";

    private final Path directory;
    private final UserdataLock lock;

    StoredUserdata(Path directory, UserdataLock lock) {
        this.directory = directory;
        this.lock = lock;
    }

    private <T> T locked(int domid, UUID uuid, Function<DomainFiles, T> work) {
        DomainFiles files = new DomainFiles(directory, domid, uuid);
        return lock.locked(files.lock(), () -> work.apply(files));
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public void write(int domid, UUID uuid, LibxlConfig config) {
        locked(domid, uuid, files -> {
            files.replace(JSON, config.text() + END);
            return config;
        });
    }

    @Override
    public Optional<LibxlConfig> read(int domid, UUID uuid) {
        return locked(domid, uuid, StoredUserdata::read);
    }

    private static Optional<LibxlConfig> read(DomainFiles files) {
        return files.read(JSON)
                .map(text -> LibxlConfig.parse(text, "the stored configuration of domain " + files.domid()));
    }

    @Override
    public void change(int domid, UUID uuid, BooleanSupplier exists, UnaryOperator<LibxlConfig> change) {
        locked(domid, uuid, files -> {
            read(files).ifPresent(before -> {
                LibxlConfig after = change.apply(before);
                if (!after.equals(before) && exists.getAsBoolean()) {
                    files.replace(JSON, after.text() + END);
                }
            });
            return files;
        });
    }

    @Override
    public Optional<String> nextConfig(int domid, UUID uuid) {
        return locked(domid, uuid, files -> files.read(XL_CFG));
    }

    @Override
    public void writeNextConfig(int domid, UUID uuid, String text) {
        locked(domid, uuid, files -> {
            files.replace(XL_CFG, text);
            return files;
        });
    }

    @Override
    public void removeNextConfig(int domid, UUID uuid) {
        locked(domid, uuid, files -> {
            files.delete(XL_CFG);
            return files;
        });
    }

    @Override
    public void move(int domid, UUID before, UUID after) {
        locked(domid, before, files -> {
            files.moveTo(after);
            return files;
        });
    }

    /** The lock is taken only if there is a file, so that a removal leaves none where there was none. */
    @Override
    public void remove(int domid, UUID uuid) {
        DomainFiles present = new DomainFiles(directory, domid, uuid);
        // The directory has files of every guest: it is listed once if the usual file is there.
        if (present.has(JSON) || !present.all().isEmpty()) {
            locked(domid, uuid, files -> {
                files.deleteAll();
                return files;
            });
        }
    }
}
