// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.userdata;

import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.xenjava.toolstack.config.libxl.LibxlConfig;

/** Stores nothing. */
final class NoUserdata implements Userdata {
    @Override
    public boolean isOn() {
        return false;
    }

    @Override
    public void write(int domid, UUID uuid, LibxlConfig config) {}

    @Override
    public Optional<LibxlConfig> read(int domid, UUID uuid) {
        return Optional.empty();
    }

    @Override
    public void change(int domid, UUID uuid, BooleanSupplier exists, UnaryOperator<LibxlConfig> change) {}

    @Override
    public Optional<String> nextConfig(int domid, UUID uuid) {
        return Optional.empty();
    }

    @Override
    public void writeNextConfig(int domid, UUID uuid, String text) {}

    @Override
    public void removeNextConfig(int domid, UUID uuid) {}

    @Override
    public void move(int domid, UUID before, UUID after) {}

    @Override
    public void remove(int domid, UUID uuid) {}
}
